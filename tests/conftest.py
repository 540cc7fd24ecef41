"""What all tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import IntegrityError, OperationalError, connections
from django.db.transaction import atomic
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware

from processing.sample import make_archive

FLUSHES = 5
FILLED_BY_DJANGO = {"django_content_type", "auth_permission"}


LONG_FILES = (
    "tests/hub/test_insar_policy_model.py",
    "tests/end_to_end/",
    "tests/hub/test_insar_attacks_on_cells.py",
    "tests/reference/test_reference_agrees.py",
    "tests/hub/test_workers.py",
    "tests/hub/test_api_schema.py",
    "tests/processing/test_mosaic_slovenia.py",
    "tests/processing/test_pixel_agreement.py",
    "tests/reference/test_reference_real.py",
    "tests/running/",
)
"""Files that take long, which begin first: one that came last would keep the other processes waiting for its end."""


def pytest_configure(config: pytest.Config) -> None:
    """Have the processes that run tests take the files in the order of `pytest_collection_modifyitems`."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # by the number of tests in a file, says pytest-xdist


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put `LONG_FILES` first; whatever shares a service stays together."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, name in enumerate(LONG_FILES) if item.nodeid.startswith(name)), len(LONG_FILES))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have PostGIS and Redis running before pytest-django makes the test database.

    pytest-django asks for this fixture first, so tests without a database start no server.
    """


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items.json of a generated archive of 3 x 3 km and four dates of June 2024, on two tiles. For reading."""
    return make_archive(tmp_path_factory.mktemp("archive") / "small", size_km=3, dates=4)


@pytest.fixture(autouse=True)
def site_language() -> None:
    """Begin in the site's language: a request leaves its own active in the thread, as between Django's requests."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True, scope="session")
def patient_flush() -> Iterator[None]:
    """Empty the tables quickly after a test with transaction=True, and again where a real site still answered.

    The site's request and the flush can wait for each other; PostgreSQL ends one of them.
    """

    def empty_again(_command: Any, *, database: str, **_options: Any) -> None:
        for attempt in range(1, FLUSHES + 1):
            try:
                return empty_tables(connections[database])
            except (IntegrityError, OperationalError):
                if attempt == FLUSHES:
                    raise
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", empty_again)
        yield


def empty_tables(connection: Any) -> None:
    """Delete the rows of all models' tables but of those that Django would fill again with the same.

    Most tables are empty: to truncate them all takes many times as long.
    """
    tables = [
        connection.ops.quote_name(table)
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False)
        if table not in FILLED_BY_DJANGO
    ]
    with atomic(connection.alias), connection.cursor() as cursor:
        # References are checked at the end of the transaction, so that the order does not matter.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))  # noqa: S608
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608


@pytest.fixture(autouse=True, scope="session")
def static_files_listed_once() -> Iterator[None]:
    """Look through the folders of static files once: each test client is a site of its own, and it takes a while."""
    list_files = WhiteNoiseMiddleware.add_files_from_finders
    listed: dict[Any, dict[str, Any]] = {}

    def list_once(site: Any) -> None:
        key = (site.static_prefix, str(site.static_root), site.max_age, site.charset, site.allow_all_origins)
        if key not in listed:
            list_files(site)
            listed[key] = dict(site.files)
        site.files.update(listed[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", list_once)
        yield
