"""What all tests share."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import flush
from django.db import OperationalError
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware

FLUSHES = 5

LONG_FILES = (
    "tests/hub/test_insar_policy_model.py",
    "tests/hub/test_insar_attacks_on_cells.py",
    "tests/reference/test_reference_agrees.py",
    "tests/reference/test_reference_real.py",
    "tests/processing/test_pixel_agreement.py",
    "tests/processing/test_mosaic_slovenia.py",
    "tests/end_to_end/test_screens.py",
)
"""Files of few tests that take long: one that came last would keep the other processes waiting."""


def pytest_configure(config: pytest.Config) -> None:
    """Have the processes that run tests take files in the order of the tests, as sorted below."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with `LONG_FILES`, then those of many tests.

    Browser tests come after all others: their sites leave rows in the database, which tests of the hub would count.
    """
    tests_in = Counter(item.location[0] for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, int]:
        file = item.location[0]
        return file.startswith("tests/end_to_end/"), file not in LONG_FILES, -tests_in[file]

    items.sort(key=place)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have PostGIS and Redis running before pytest-django makes the test database.

    pytest-django asks for this fixture first, so tests without a database start no server.
    """


@pytest.fixture(autouse=True)
def site_language() -> None:
    """Begin in the site's language: a request leaves its own active in the thread, as between Django's requests."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True, scope="session")
def patient_flush() -> Iterator[None]:
    """Empty the tables again where that met a request that a real site was still answering.

    Both wait for a table that the other holds; PostgreSQL ends one of them.
    """
    handle = flush.Command.handle

    def handle_again(command: Any, **options: Any) -> None:
        for attempt in range(1, FLUSHES + 1):
            try:
                return handle(command, **options)
            except CommandError as error:
                if attempt == FLUSHES or not isinstance(error.__cause__, OperationalError):
                    raise
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle_again)
        yield


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
