"""The main job in a real browser: register, order, watch, download. Real server, worker, PostGIS and Redis.

Order of things: the site and its worker run for the whole module; people are made anew for every test.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from processing.sample import make_archive
from processing.sources import open_source
from tests.hub.processes import Process, site, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery staple"
MADE_MS = 60_000
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


@pytest.fixture(scope="module")
def service(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    items = make_archive(folder / "archive", size_km=3, dates=4)
    west, south, east, north = open_source(str(items)).extent().bounds
    places = {
        "MOSAIC_SOURCE": items,
        "MEDIA_ROOT": folder / "media",
        "SCRATCH_ROOT": folder / "scratch",
        "VAR": folder / "var",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    }
    with django_db_blocker.unblock(), site(folder, **places) as (address, _), worker(folder, **places) as process:
        yield Service(address, folder / "var" / "mail", process, ((west + east) / 2, (south + north) / 2))


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


def order(page: Page, service: Service, name: str, *, resolution: int = 60) -> None:
    """Order a small mosaic by pasting its area; ends on the order's page."""
    page.goto("/hub/")
    page.get_by_label("Area as WKT or GeoJSON").fill(service.area())
    page.get_by_text(f"{resolution} m", exact=True).click()
    page.get_by_label("Name of the order").fill(name)
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def status(page: Page) -> Any:
    return page.locator(".status-line .badge")


# --- Ordering -------------------------------------------------------------------------------------


def test_a_visitor_registers_draws_orders_watches_and_downloads(service, open_page, tmp_path):
    page = open_page()
    page.goto("/account/signup/")
    for field, text in {
        "email": "dora@example.org",
        "username": "dora",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }.items():
        page.locator(f"#id_{field}").fill(text)
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/confirm-email/")
    page.goto(re.search(r"http://\S+/confirm-email/\S+", service.newest_mail())[0])
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state()

    page.goto("/hub/")
    draw_rectangle(page)
    expect(page.locator("#estimate")).to_contain_text("km²")
    page.get_by_text("60 m", exact=True).click()
    page.get_by_label("Name of the order").fill("Drawn hills")
    page.get_by_role("button", name="order").click()
    if "/account/login/" in page.url:  # confirming does not always sign in
        page.locator("#id_login").fill("dora")
        page.locator("#id_password").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        expect(page.locator("#estimate")).to_contain_text("km²")
        page.get_by_role("button", name="Order", exact=True).click()
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    assert "Drawn hills" in service.newest_mail()

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"^B04_M60_20240601_.*\.tiff$")).click()
    download.value.save_as(tmp_path / "B04.tiff")
    with rasterio.open(tmp_path / "B04.tiff") as raster:
        assert raster.crs.to_epsg() == 32633 and raster.res == (60, 60)
        pixels = raster.read(1)
    assert (pixels != 65535).mean() > 0.5 and np.unique(pixels).size > 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename.endswith(".zip")


def draw_rectangle(page: Page) -> None:
    """Drag a rectangle over the middle of the map."""
    page.get_by_title("Draw a rectangle").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y - 60)
    page.mouse.down()
    page.mouse.move(x + 80, y + 60, steps=4)
    page.mouse.up()
    expect(page.get_by_text("Area selected")).to_be_visible()


def test_drawn_and_typed_areas_are_one(service, open_page):
    page = open_page()
    page.goto("/hub/")
    text = page.get_by_label("Area as WKT or GeoJSON")
    draw_rectangle(page)
    assert re.fullmatch(r"POLYGON\(\((-?[\d.]+ -?[\d.]+(, )?){5}\)\)", text.input_value())
    text.fill(service.area())
    expect(page.locator("path.map-area")).to_have_count(1)
    x, y = service.centre
    text.fill(f"MULTIPOLYGON({service.area()[7:]}, ((0 0, 1 0, 1 1, 0 0)))")
    expect(page.locator("path.map-area")).to_have_count(2)
    text.fill("POLYGON((1 2, 3 4")
    expect(page.locator("path.map-area")).to_have_count(0)
    expect(page.locator("#estimate")).to_contain_text("slip")
    page.get_by_role("button", name="Clear").click()
    assert text.input_value() == ""
    expect(page.locator("#estimate")).to_contain_text("Choose an area")


def test_a_drawn_area_can_be_edited_and_deleted(service, open_page):
    page = open_page()
    page.goto("/hub/")
    draw_rectangle(page)
    text = page.get_by_label("Area as WKT or GeoJSON")
    before = text.input_value()
    page.get_by_title("Edit layers").click()
    corner = page.locator(".leaflet-editing-icon").last.bounding_box()
    page.mouse.move(corner["x"] + 4, corner["y"] + 4)
    page.mouse.down()
    page.mouse.move(corner["x"] + 40, corner["y"] + 40, steps=4)
    page.mouse.up()
    page.get_by_title("Save changes").click()
    assert text.input_value() not in ("", before)
    page.get_by_title("Delete layers").click()
    page.get_by_title("Clear all layers").click()
    assert text.input_value() == ""


def test_refusals_stand_at_their_fields(service, open_page):
    page = open_page("alice")
    page.goto("/hub/")
    x, y = service.centre
    page.get_by_label("Area as WKT or GeoJSON").fill(
        f"POLYGON(({x} {y}, {x + 0.01} {y + 0.01}, {x + 0.01} {y}, {x} {y + 0.01}, {x} {y}))"
    )
    page.locator("#bands").get_by_role("button", name="None").click()
    page.locator("#layers").get_by_role("button", name="None").click()
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.locator("#id_area_error")).to_contain_text("crosses itself")
    expect(page.locator("#id_name_error")).to_contain_text("The name is missing.")
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_label("Area as WKT or GeoJSON").fill(service.area())
    page.get_by_label("Name of the order").fill("Nothing chosen")
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.locator("#id_bands_error")).to_contain_text("at least one")
    page.goto("/orders/")
    expect(page.get_by_text("No orders yet")).to_be_visible()


def test_ordering_works_without_javascript(service, open_page):
    page = open_page("alice", java_script_enabled=False)
    page.goto("/hub/")
    page.get_by_label("Area as WKT or GeoJSON").fill(service.area())
    page.get_by_text("Ten days", exact=True).first.click()
    page.get_by_label("Ten days").last.select_option("2024-06-01")
    page.get_by_role("button", name="Check").click()
    assert "1 product" in page.locator("#estimate").inner_text()
    page.get_by_label("Name of the order").fill("Plain")
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.get_by_role("heading", name="Plain", level=1)).to_be_visible()
    assert "1-10 June 2024" in page.locator(".page-head").inner_text()


# --- Watching -------------------------------------------------------------------------------------


def test_the_list_is_live_by_websocket_without_polling(service, open_page):
    page, asked = open_page("alice"), []
    order(page, service, "Live")
    watching = page.context.new_page()
    with watching.expect_websocket() as socket:
        watching.goto("/orders/")
    assert "/ws/orders/" in socket.value.url
    watching.on("request", lambda request: asked.append(request.url) if "/row/" in request.url else None)
    order(page, service, "Live too", resolution=10)
    watching.reload()
    expect(watching.locator("tr", has_text="Live too").locator(".badge")).to_have_text("Successful", timeout=MADE_MS)
    assert len(asked) <= 2, "only the look after connecting, no polling"
    expect(watching.locator("#news")).to_contain_text("Live too: Successful")


def test_a_page_whose_websocket_is_cut_still_ends_right_by_polling(service, open_page):
    page = open_page("alice")
    page.clock.install()
    cut = []
    page.route_web_socket(re.compile("/ws/orders/"), lambda socket: (cut.append(1), socket.close(code=1000)))
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "No socket")
        expect(status(page)).to_have_text("Accepted")
        assert cut
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
    watched = open_page("alice")
    watched.goto(page.url)
    expect(status(watched)).to_have_text("Successful", timeout=MADE_MS)
    expect(status(page)).to_have_text("Accepted")
    page.clock.fast_forward("00:21")
    expect(status(page)).to_have_text("Successful")


def test_an_order_is_dismissed_after_a_question_and_repeated(service, open_page):
    page = open_page("alice")
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "Second thoughts")
        page.goto("/orders/")
        page.get_by_role("button", name="Dismiss Second thoughts").click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("tbody .badge")).to_have_text("Accepted")
        page.get_by_role("button", name="Dismiss Second thoughts").click()
        page.get_by_role("button", name="Dismiss the order").click()
        expect(page.locator("tbody .badge")).to_have_text("Dismissed")
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
    page.get_by_role("button", name="Repeat Second thoughts").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody .badge").first).to_have_text("Successful", timeout=MADE_MS)
    expect(page.locator("tbody .badge").last).to_have_text("Dismissed")


def test_charlie_sees_nothing_of_alices_order(service, open_page):
    page, spying = open_page("alice"), open_page("charlie")
    heard: list[str] = []
    spying.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    order(spying, service, "Own")
    order(page, service, "Secret")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    assert any("Own" in frame for frame in heard)
    assert not any("Secret" in frame for frame in heard)
    file = page.get_by_role("link", name=re.compile(r"\.tiff$")).first.get_attribute("href")
    for address in (page.url, f"{page.url}row/", f"{page.url}panel/", file):
        assert spying.request.get(address).status == 404
    spying.goto("/orders/")
    expect(spying.locator("tbody tr")).to_have_count(1)


# --- How the pages are ----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(service, open_page, scheme):
    page = open_page("alice", viewport=PHONE, color_scheme=scheme)
    page.goto("/hub/")
    page.get_by_label("Area as WKT or GeoJSON").fill(service.area())
    expect(page.locator("#estimate")).to_contain_text("km²")
    check_look(page)
    order(page, service, "A rather long name of an order for a small screen")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    check_look(page)
    page.goto("/orders/")
    check_look(page)


def check_look(page: Page) -> None:
    """No sideways scrolling, and nothing that axe calls a violation."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_map_shows_land_and_the_area_in_their_colours(service, open_page, tmp_path):
    page = open_page()
    page.goto("/hub/")
    expect(page.locator("path.map-land").first).to_be_attached()
    land = middle_of_map(page, tmp_path)
    page.get_by_label("Area as WKT or GeoJSON").fill(service.area())
    expect(page.locator("path.map-area")).to_have_count(1)
    area = middle_of_map(page, tmp_path)
    assert land.tolist() == [0xF7, 0xF6, 0xF0], "land, by the colour of the style sheet"
    assert area[1] > area[0] and (land - area).max() > 10, "tinted green"


def middle_of_map(page: Page, folder: Path) -> np.ndarray:
    """The commonest colour of the map's middle as (red, green, blue)."""
    box = page.locator("#map").bounding_box()
    clip = {"x": box["x"] + box["width"] / 2 - 30, "y": box["y"] + box["height"] / 2 - 30, "width": 60, "height": 60}
    page.screenshot(path=folder / "map.png", clip=clip)
    with rasterio.open(folder / "map.png") as picture:
        pixels = picture.read((1, 2, 3)).reshape(3, -1).T.astype(int)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return colours[counts.argmax()]
