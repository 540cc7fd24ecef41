"""What all tests share."""

import pytest
from django.conf import settings
from django.utils import translation


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have PostGIS and Redis running before pytest-django makes the test database.

    pytest-django asks for this fixture first, so tests without a database start no server.
    """


@pytest.fixture(autouse=True)
def site_language() -> None:
    """Begin in the site's language: a request leaves its own active in the thread, as between Django's requests."""
    translation.activate(settings.LANGUAGE_CODE)
