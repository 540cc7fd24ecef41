"""The whole service and a real browser: server, worker, PostGIS and Redis; people are made anew for every test.

All modules of this folder share one service and one Chromium in each process that runs tests; they end with its last
test, so that no worker of theirs takes what the tests of other folders put into the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from processing.mosaic import warm_up
from processing.sources import open_source
from tests.end_to_end.motion_pages import motion, motion_service  # noqa: F401  fixtures
from tests.hub.processes import READY, Process, site, until, worker

PASSWORD = "correct horse battery staple"
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 360, "height": 740}


@dataclass(frozen=True)
class Service:
    """The running site with its worker."""

    address: str
    items: Path
    """What it orders from."""
    folder: Path
    """Below it lies all that it writes."""
    worker: Process
    centre: tuple[float, float]
    """Longitude and latitude of the archive's middle."""

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def mails(self) -> Path:
        return self.folder / "var" / "mail"

    def area(self, half: float = 0.004) -> str:
        """WKT of a square around the archive's middle."""
        x, y = self.centre
        corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
        return "POLYGON((" + ", ".join(f"{x + dx:.5f} {y + dy:.5f}" for dx, dy in corners) + "))"

    def mail(self, *words: str) -> str:
        """The mail with all these words in it, once it has been sent."""

        def sent() -> str | None:
            letters = [file.read_text() for file in self.mails.glob("*")]
            return next((letter for letter in letters if all(word in letter for word in words)), None)

        return until(sent, seconds=20, what=f"a mail with {words}")


@contextmanager
def running(items: Path, folder: Path, **variables: Any) -> Iterator[Service]:
    """The site and a worker that order from ``items``, with everything they write below ``folder``.

    ``variables`` of the environment are for both.
    """
    west, south, east, north = open_source(str(items)).extent().bounds
    places = {
        "MOSAIC_SOURCE": items,
        "MEDIA_ROOT": folder / "media",
        "SCRATCH_ROOT": folder / "scratch",
        "VAR": folder / "var",
        "INSAR_ROOT": settings.INSAR_ROOT,
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    } | variables
    warm_up()  # or the first order would wait until the worker has compiled the kernels: once per clone, but slow
    with worker(folder, is_awaited=False, **places) as process, site(folder, **places) as (address, _):
        process.wait_for(READY)
        yield Service(address, items, folder, process, ((west + east) / 2, (south + north) / 2))


@pytest.fixture(scope="package")
def shared_service(django_db_setup: None, small_archive: Path, tmp_path_factory: Any) -> Iterator[Service]:
    """A service with an archive of 3 x 3 km and four dates of June 2024."""
    with running(small_archive, tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture(scope="package")
def service(shared_service: Service) -> Service:
    """What ``open_page`` opens: the shared service, unless a module puts another in its place."""
    return shared_service


@pytest.fixture(scope="package")
def browser(chromium_path: Path | None) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, and Django would take every query for an async one.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=20_000)  # for machines that are busy with other things
        chromium = playwright.chromium.launch(executable_path=chromium_path)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complained about, on any page of the test: there must be nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(service: Service, browser: Browser, complaints: list[str], db: None) -> Iterator[Callable[..., Page]]:
    """``open_page("alice", **options)``: a browser of that person's, signed in; without a name a visitor's."""
    contexts = []

    def make(name: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=service.address, **({"viewport": DESKTOP} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("request", lambda request: complaints.append(request.url) if is_outside(request, service) else None)
        if name:
            context.add_cookies([signed_in(name, service)])
        return page

    yield make
    for context in contexts:
        context.close()


def is_complaint(message: Any) -> bool:
    """Errors and broken policies; not that a refusal's status is no 200, nor that leaving a page cuts a request."""
    harmless = ("Failed to load resource", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
    return message.type == "error" and not message.text.startswith(harmless)


def is_outside(request: Any, service: Service) -> bool:
    return not request.url.startswith((service.address, "data:", "blob:"))


def signed_in(name: str, service: Service) -> Any:
    """The session cookie of a user of that name, who is made when missing."""
    users = get_user_model().objects
    user = users.filter(username=name).first() or users.create_user(name, f"{name}@example.org", PASSWORD)
    EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": service.address}
