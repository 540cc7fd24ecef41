"""The whole service and a real browser: server, worker, PostGIS and Redis; people are made anew for every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from processing.sample import make_archive
from processing.sources import open_source
from tests.end_to_end.motion_pages import motion, motion_service, small_motion_archive  # noqa: F401  fixtures
from tests.hub.processes import Process, site, worker

PASSWORD = "correct horse battery staple"
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 360, "height": 740}


@dataclass(frozen=True)
class Service:
    """The running site with its worker."""

    address: str
    mails: Path
    worker: Process
    centre: tuple[float, float]
    """Longitude and latitude of the archive's middle."""

    def area(self, half: float = 0.004) -> str:
        """WKT of a square around the archive's middle."""
        x, y = self.centre
        corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
        return "POLYGON((" + ", ".join(f"{x + dx:.5f} {y + dy:.5f}" for dx, dy in corners) + "))"

    def newest_mail(self) -> str:
        return max(self.mails.iterdir(), key=lambda mail: mail.stat().st_mtime_ns).read_text()


@contextmanager
def running(items: Path, folder: Path) -> Iterator[Service]:
    """The site and a worker that order from ``items``, with everything they write below ``folder``."""
    west, south, east, north = open_source(str(items)).extent().bounds
    places = {
        "MOSAIC_SOURCE": items,
        "MEDIA_ROOT": folder / "media",
        "SCRATCH_ROOT": folder / "scratch",
        "VAR": folder / "var",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    }
    with site(folder, **places) as (address, _), worker(folder, **places) as process:
        yield Service(address, folder / "var" / "mail", process, ((west + east) / 2, (south + north) / 2))


@pytest.fixture(scope="module")
def service(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    items = make_archive(folder / "archive", size_km=3, dates=4)
    with django_db_blocker.unblock(), running(items, folder) as service:
        yield service


@pytest.fixture(scope="module")
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
