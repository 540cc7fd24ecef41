"""One area given in five ways: what is given in one stays when another is turned to."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.steps import choose_way, confirm, draw_rectangle, open_panel, paste_area

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>Hill</name><Polygon><outerBoundaryIs><LinearRing>
<coordinates>{}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"""
CHOSEN = "Area of interest selected ✓"


def kml(service) -> bytes:
    corners = service.area()[len("POLYGON((") : -2].split(", ")
    return KML.format(" ".join(corner.replace(" ", ",") for corner in corners)).encode()


def upload(page: Page, name: str, content: bytes) -> None:
    choose_way(page, "File upload")
    page.get_by_label("File with the area").set_input_files({"name": name, "mimeType": "", "buffer": content})


def area_text(page: Page) -> str:
    return page.locator("#id_area").input_value()


def test_a_kml_file_is_uploaded_shown_and_ordered(service, open_page):
    """A1-021."""
    page = open_page("alice")
    page.goto("/hub/")
    upload(page, "hill.kml", kml(service))
    expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()
    expect(page.locator("path.map-area")).to_have_count(1)
    expect(page.locator("#area-summary")).to_contain_text("33T")
    open_panel(page)
    confirm(page, "From a file")
    expect(page.get_by_role("heading", name="From a file", level=1)).to_be_visible()


def test_a_crossing_outline_in_a_file_is_mended_and_that_is_said(service, open_page):
    page = open_page()
    page.goto("/hub/")
    x, y = service.centre
    ring = [[x, y], [x + 0.005, y + 0.005], [x + 0.005, y], [x, y + 0.005], [x, y]]
    upload(page, "bow.geojson", json.dumps({"type": "Polygon", "coordinates": [ring]}).encode())
    expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()
    expect(page.locator("#area-notes li").first).to_be_visible()
    expect(page.locator("#estimate")).to_contain_text("km²")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"This is no area."),
        ("empty.kml", b""),
        ("broken.kmz", b"PK\x03\x04 broken"),
        ("point.geojson", b'{"type": "Point", "coordinates": [15, 46]}'),
    ],
)
def test_a_file_that_is_no_area_is_refused_at_the_field_and_changes_nothing(service, open_page, name, content):
    page = open_page()
    page.goto("/hub/")
    draw_rectangle(page)
    before = area_text(page)
    upload(page, name, content)
    expect(page.locator("#area-refusal")).to_be_visible()
    expect(page.locator("#area-refusal")).to_contain_text(".")
    assert area_text(page) == before
    expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()


def test_a_dropped_file_is_taken(service, open_page):
    page = open_page()
    page.goto("/hub/")
    choose_way(page, "File upload")
    page.locator("#area-drop").evaluate(
        """(drop, text) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], "hill.kml"));
            drop.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        kml(service).decode(),
    )
    expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()


def test_a_country_is_chosen_and_ordered(service, open_page):
    """A1-022."""
    page = open_page("alice")
    page.goto("/hub/")
    choose_way(page, "Country")
    page.get_by_label("Country", exact=True).last.select_option("SI")
    expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()
    expect(page.locator("#area-notes")).to_contain_text("Natural Earth")
    expect(page.locator("#area-summary")).to_contain_text("Slovenia")
    open_panel(page)
    page.get_by_text("60 m", exact=True).click()
    confirm(page, "All Slovenia")
    expect(page.get_by_role("heading", name="All Slovenia", level=1)).to_be_visible()


def test_a_continent_is_too_large_and_what_would_fit_is_offered(service, open_page):
    """A1-022."""
    page = open_page()
    page.goto("/hub/")
    choose_way(page, "Continent")
    page.get_by_label("Continent", exact=True).last.select_option("europe")
    expect(page.locator("#area-facts")).to_have_class("area-facts too-large")
    expect(page.locator("#estimate")).to_contain_text("limit")
    page.locator("#estimate").get_by_role("link", name="Where the archive has scenes").click()
    expect(page.locator("#area-facts")).not_to_have_class("area-facts too-large")
    expect(page.locator("#estimate")).to_contain_text("1 product")


def test_turning_to_another_way_loses_nothing(service, open_page):
    """C28."""
    page = open_page()
    page.goto("/hub/")
    draw_rectangle(page)
    drawn = area_text(page)
    for way in ("File upload", "Country", "Continent", "WKT", "Draw"):
        choose_way(page, way)
        assert area_text(page) == drawn
        expect(page.locator("path.map-area")).to_have_count(1)
        expect(page.get_by_role("heading", name=CHOSEN)).to_be_visible()
    upload(page, "hill.kml", kml(service))
    expect(page.locator("#id_area")).not_to_have_value(drawn)
    choose_way(page, "WKT")
    expect(page.get_by_label("Area as WKT or GeoJSON")).to_have_value(area_text(page))


def test_an_open_ring_says_so(service, open_page):
    """A1-023."""
    page = open_page()
    page.goto("/hub/")
    paste_area(page, "POLYGON((15.70 46.04, 15.71 46.04, 15.71 46.05))")
    expect(page.locator("#estimate")).to_contain_text("not closed")
    expect(page.locator("#area-summary")).to_contain_text("no area that can be shown")
    expect(page.get_by_role("button", name="Prepare download")).to_be_disabled()


def test_the_area_is_told_while_it_is_drawn_and_in_words_after(service, open_page):
    page = open_page()
    page.goto("/hub/")
    page.get_by_title("Draw a rectangle").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y - 60)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    expect(page.locator("#map-readout")).to_contain_text("km²")
    small = page.locator("#map-readout").inner_text()
    page.mouse.move(x + 80, y + 60, steps=4)
    expect(page.locator("#map-readout")).not_to_have_text(small)
    page.mouse.up()
    expect(page.locator("#map-readout")).not_to_be_visible()
    expect(page.locator("#area-facts")).to_contain_text("1,000,000 km²")
    for said in ("km²", "33T", "° E", "° N"):
        expect(page.get_by_role("status").filter(has_text="Area of interest selected")).to_contain_text(said)


def test_when_the_server_is_away_the_page_says_so_and_keeps_the_area(service, open_page):
    page = open_page()
    page.goto("/hub/")
    draw_rectangle(page)
    before = area_text(page)
    page.route("**/hub/area/**", lambda route: route.abort())
    upload(page, "hill.kml", kml(service))
    expect(page.locator("#area-refusal")).to_contain_text("did not answer")
    assert area_text(page) == before
