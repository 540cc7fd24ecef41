"""Watching orders in a browser: live, without the websocket, what owners do with them, and not by strangers."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from hub.areas.text import read_area
from hub.orders.models import Order, Product
from hub.orders.states import Status
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.end_to_end.steps import MADE_MS, status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def order(page: Page, service: Service, name: str, *, resolution: int = 60) -> None:
    """Order a small mosaic as a program would, in the person's session, and open its page."""
    page.goto("/orders/")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    spec = {
        "name": name,
        "area": read_area(service.area()),
        "period": {"kind": "month", "start": "2024-06-01"},
        "resolution": resolution,
        "bands": ["B04", "B03", "B02"],
    }
    taken = page.request.post("/api/v1/orders/", data=spec, headers={"X-CSRFToken": token})
    assert taken.status == 201, taken.text()
    page.goto(f"/orders/{taken.json()['id']}/")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_the_list_is_live_by_websocket_without_polling(service, open_page):
    page, asked = open_page("alice"), []
    order(page, service, "Live")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    watching = page.context.new_page()
    with watching.expect_websocket() as socket:
        watching.goto("/orders/")
    assert "/ws/orders/" in socket.value.url
    watching.on("request", lambda request: asked.append(request.url) if "/row/" in request.url else None)
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "Live too", resolution=10)
        with watching.expect_websocket():
            watching.reload()
        expect(watching.locator("tr", has_text="Live too").locator(".badge")).to_have_text("Accepted")
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
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


# --- The table ------------------------------------------------------------------------------------


def test_the_table_is_searched_filtered_and_sorted_in_place_and_the_address_follows(service, open_page):
    page = open_page("alice")
    for name in ("Beta", "Alpha", "Gamma"):
        order(page, service, name)
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    page.goto("/orders/")
    loaded = page.evaluate("performance.timeOrigin")
    names = page.locator("tbody th a")
    page.get_by_role("link", name="Name").click()
    expect(names).to_have_text(["Alpha", "Beta", "Gamma"])
    expect(page).to_have_url(re.compile(r"/orders/\?sort=name$"))
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Name").click()
    expect(names).to_have_text(["Gamma", "Beta", "Alpha"])
    page.get_by_role("searchbox").fill("a")
    page.get_by_label("Status").select_option("Failed")
    expect(page.get_by_role("heading", name="No order matches")).to_be_visible()
    page.get_by_label("Status").select_option("Successful")
    expect(names).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(page).to_have_url(re.compile(r"\?q=a&status=successful&sort=-name$"))
    expect(page.locator("#news")).to_have_text("Showing 1–3 of 3 orders")
    assert page.evaluate("performance.timeOrigin") == loaded, "without loading the page again"
    address = page.url
    page.go_back()
    expect(page.get_by_role("heading", name="No order matches")).to_be_visible()
    fresh = open_page("alice")
    fresh.goto(address)
    expect(fresh.locator("tbody th a")).to_have_text(["Gamma", "Beta", "Alpha"])
    expect(fresh.get_by_role("searchbox")).to_have_value("a")


def test_rows_are_live_under_a_filter_and_after_sorting(service, open_page):
    page = open_page("alice")
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "Filtered")
        page.goto("/orders/?status=unfinished")
        page.get_by_role("link", name="Name").click()
        expect(page).to_have_url(re.compile("sort=name"))
        row = page.locator("tr", has_text="Filtered")
        expect(row.locator(".unready")).to_be_visible()
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
    expect(row.locator(".badge")).to_have_text("Successful", timeout=MADE_MS)
    expect(row.get_by_role("link", name="Download Filtered")).to_be_visible()


def test_the_table_works_without_scripts(service, open_page):
    page = open_page("alice", java_script_enabled=False)
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(open_page("alice"), service, "Plain")
        page.goto("/orders/")
        page.get_by_label("Search").fill("pla")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("tbody th a")).to_have_text(["Plain"])
        page.get_by_role("link", name="Name").click()
        assert "q=pla" in page.url and "sort=name" in page.url
        page.get_by_role("button", name="Dismiss Plain").click()
        expect(page.locator("tbody .badge")).to_have_text("Dismissed")
        assert "q=pla" in page.url, "back to the table as it was"
        page.get_by_role("button", name="Delete Plain").click()
        page.get_by_role("button", name="Delete the order").click()
        expect(page.get_by_role("heading", name="No order matches")).to_be_visible()
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)


# --- What owners do -------------------------------------------------------------------------------


def test_what_failed_is_tried_again_and_ends_well(service, open_page):
    page = open_page("alice")
    order(page, service, "Bad day")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    Product.objects.update(status=Status.FAILED, error="The archive did not answer.", error_code="source_unreachable")
    Order.objects.update(status=Status.FAILED, error="The archive did not answer.")
    page.reload()
    expect(page.locator("path.map-failed")).to_have_count(1)
    page.get_by_role("button", name="Try the failed product again").click()
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    expect(page.locator("path.map-successful")).to_have_count(1)
    expect(page.locator("path.map-failed")).to_have_count(0)


def test_what_is_unfolded_in_a_finished_product_stays_so_while_others_are_made(service, open_page):
    page = open_page("alice")
    order(page, service, "Two")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    second = Product.objects.get()
    second.pk, second.name, second._state.adding = None, "33TWM", True
    second.status, second.percent, second.stage = Status.RUNNING, 10, "computing"
    second.save()
    Order.objects.update(status=Status.RUNNING)
    page.reload()
    page.get_by_text("Metadata and quality control", exact=True).first.click()
    expect(page.get_by_role("link", name="provenance.json")).to_be_visible()
    Product.objects.filter(pk=second.pk).update(percent=77)
    page.evaluate("htmx.trigger(document.querySelector('.order-main'), 'refresh')")
    expect(page.get_by_text("77 %", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="provenance.json")).to_be_visible()


def test_an_order_is_renamed_and_deleted(service, open_page):
    page = open_page("alice")
    order(page, service, "First name")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    page.get_by_text("Rename", exact=True).click()
    page.get_by_label("New name").fill("Second name")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Second name", level=1)).to_be_visible()
    expect(page.get_by_text("Its folders and files are called “First name”.")).to_be_visible()
    address = page.url
    page.get_by_role("button", name="Delete", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete the order").click()
    expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    assert page.request.get(address).status == 404


def test_a_shared_order_is_seen_and_downloaded_until_the_link_is_ended(service, open_page):
    page, visitor, spying = open_page("alice"), open_page(), open_page("charlie")
    order(page, service, "For all")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("This address is shown only now").input_value()
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="For all", level=1)).to_be_visible()
    expect(visitor.locator("path.map-successful")).to_have_count(1)
    assert visitor.locator("img.quicklook").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    visitor.get_by_text("Scenes", exact=True).click()
    expect(visitor.locator(".scene-list tbody tr").first).to_be_visible()
    with visitor.expect_download() as download:
        visitor.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename.endswith(".zip")
    assert download.value.path().stat().st_size > 10_000
    assert "alice" not in visitor.content()
    other = "y" if address[-2] == "x" else "x"
    assert spying.request.get(f"{address[:-2]}{other}/").status == 404
    page.reload()
    expect(page.get_by_text("This address is shown only now")).not_to_be_visible()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("The shared link has ended.")).to_be_visible()
    file = visitor.get_by_role("link", name=re.compile(r"\.tiff$")).first.get_attribute("href")
    assert visitor.request.get(file).status == 410
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This shared link has ended")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_orders_are_accessible_and_fit_a_phone(service, open_page, scheme):
    page = open_page("alice", viewport=PHONE, color_scheme=scheme)
    order(page, service, "A rather long name of an order for a small screen")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    page.get_by_text("Rename", exact=True).click()
    page.get_by_text("Scenes", exact=True).click()
    expect(page.locator(".scene-list tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("This address is shown only now").input_value()
    look(page)
    page.goto("/orders/")
    look(page)
    page.get_by_role("button", name=re.compile("^Delete ")).click()
    look(page)
    for there in ("/orders/?q=nothing&sort=colour", address, page.url):
        page.goto(there)
        look(page)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto("/orders/?sort=-name")
    look(page)


def look(page):
    check_fits(page)
    check_accessible(page)
