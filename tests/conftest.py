"""What all tests share."""

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have PostGIS and Redis running before pytest-django makes the test database.

    pytest-django asks for this fixture first, so tests without a database start no server.
    """
