"""The preview in a browser: a picture where the area is and nowhere else, a border that moves, colours that change."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from rasterio.io import MemoryFile

from tests.end_to_end.accessibility import check_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MADE_MS = 30_000


@pytest.fixture
def hub(service: Any, open_page: Any) -> Page:
    """Alice's hub page with an area, a month and no preview yet."""
    page = open_page("alice")
    page.goto(f"/hub/?kind=month&month=2024-06-01&area={service.area(0.008)}&way=wkt")
    expect(page.locator("path.map-area")).to_have_count(1)
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(400)  # for Leaflet's animation
    return page


def show_preview(page: Page, pictures: int = 1) -> None:
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator("img.preview-picture")).to_have_count(pictures, timeout=MADE_MS)
    for number in range(pictures):
        page.locator("img.preview-picture").nth(number).evaluate("(img) => img.decode()")


def compare_with(page: Page, label: str, title: str) -> None:
    page.get_by_text("Compare with another choice").click()
    page.get_by_label(label).select_option(label=title)


def plain_map(page: Page) -> None:
    """Nothing on the map but the pictures: what lies over them would be seen in every screenshot."""
    page.add_style_tag(url="/static/css/preview.css")
    page.evaluate(
        """() => {
            for (const pane of document.querySelectorAll('#map .leaflet-pane'))
                if (/overlay|marker|graticule|preview-border|forecast/.test(pane.className))
                    pane.style.visibility = 'hidden';
            for (const control of document.querySelectorAll('#map .leaflet-control-container, .map-readout'))
                control.style.visibility = 'hidden';
        }"""
    )


def pixels(page: Page) -> np.ndarray:
    """uint8 (y, x, colour) of what is seen of the map."""
    picture = page.locator("#map").screenshot()
    with MemoryFile(io.BytesIO(picture)) as file, file.open() as dataset:
        return np.moveaxis(dataset.read([1, 2, 3]), 0, -1)


def place(page: Page, side: str = "left") -> tuple[slice, slice]:
    """Rows and columns of the map's screenshot that a picture takes, without its outermost pixels."""
    frame = page.locator("#map").bounding_box()
    box = (
        page.locator("img.preview-picture")
        .nth(0 if side == "left" else 1)
        .evaluate(
            "(img) => { const box = img.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }"
        )
    )
    left, top, right, bottom = (value - frame["x" if number % 2 == 0 else "y"] for number, value in enumerate(box))
    return slice(round(top) + 3, round(bottom) - 3), slice(round(left) + 3, round(right) - 3)


def picture_of(page: Page, side: str, look: str = "truecolour") -> np.ndarray:
    """uint8 (colour, y, x) as the server sends it."""
    address = page.locator(f"[data-side={side}]").get_attribute(f"data-{look}")
    answer = page.request.get(address)
    assert answer.status == 200
    with MemoryFile(io.BytesIO(answer.body())) as file, file.open() as dataset:
        return dataset.read()


def stretched(picture: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Colours (y, x, colour) and where there is data (y, x), at the size the picture has on the screen."""
    rows, columns = (
        ((np.arange(many) + 0.5) * few / many).astype(int) for many, few in zip(shape, picture.shape[1:], strict=True)
    )
    grown = picture[:, rows][:, :, columns]
    return np.moveaxis(grown[:3], 0, -1), grown[3] > 0


def agreement(seen: np.ndarray, picture: np.ndarray) -> float:
    """Share of the pixels with data whose colour on the screen is the picture's at that place or right beside it."""
    wanted, has_data = stretched(picture, seen.shape[:2])
    close = np.zeros(seen.shape[:2], bool)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            moved = np.roll(wanted, (down, right), (0, 1)).astype(int)
            close |= (np.abs(seen.astype(int) - moved) <= 12).all(axis=-1)
    return float(close[has_data].mean())


def test_the_picture_lies_where_the_area_is_and_nothing_outside(hub: Page) -> None:
    plain_map(hub)
    before = pixels(hub)
    show_preview(hub)
    plain_map(hub)
    after = pixels(hub)
    rows, columns = place(hub)
    assert rows.stop - rows.start > 100 and columns.stop - columns.start > 100
    assert agreement(after[rows, columns], picture_of(hub, "left")) > 0.9
    outside = np.ones(before.shape[:2], bool)
    outside[rows.start - 5 : rows.stop + 5, columns.start - 5 : columns.stop + 5] = False
    # The page's bars throw their shadows onto the map's edges.
    outside[:25] = outside[-25:] = outside[:, :25] = outside[:, -25:] = False
    assert (before[outside] == after[outside]).all()
    # The area that was asked for and the picture's rectangle are one.
    area = hub.locator("path.map-area").bounding_box()
    box = hub.locator("img.preview-picture").bounding_box()
    assert all(abs(area[key] - box[key]) < 8 for key in ("x", "y", "width", "height"))
    expect(hub.locator("#preview-result")).to_contain_text("S2GM, June 2024")
    expect(hub.locator("#preview-result")).to_contain_text("of the rectangle has data")


def test_true_and_false_colours_and_opacity(hub: Page) -> None:
    show_preview(hub)
    plain_map(hub)
    rows, columns = place(hub)
    hub.locator("#preview").get_by_text("False colour", exact=True).click()
    picture = hub.locator("img.preview-picture")
    expect(picture).to_have_attribute("src", re.compile("false_colour"))
    picture.evaluate("(img) => img.decode()")
    seen = pixels(hub)[rows, columns]
    assert agreement(seen, picture_of(hub, "left", "falsecolour")) > 0.9
    assert agreement(seen, picture_of(hub, "left")) < 0.5
    hub.get_by_label("Opacity of the preview").fill("10")
    faint = pixels(hub)[rows, columns]
    assert np.abs(faint.astype(int) - seen).mean() > 20
    hub.get_by_role("button", name="Take it off the map").click()
    expect(hub.locator("img.preview-picture")).to_have_count(0)
    expect(hub.get_by_role("button", name="Show the preview")).to_be_focused()


def test_the_slider_moves_the_border_between_two_methods(hub: Page) -> None:
    compare_with(hub, "Period on the right", "The same")
    hub.get_by_label("Method on the right").select_option("latest")
    show_preview(hub, pictures=2)
    expect(hub.locator(".preview-name")).to_have_text(["S2GM, June 2024", "Latest, June 2024"])
    plain_map(hub)
    rows, columns = place(hub)
    width = columns.stop - columns.start
    left, right = (picture_of(hub, side) for side in ("left", "right"))
    border = hub.get_by_label("Border between left and right")
    for percent in (0, 25, 80, 100):
        border.fill(str(percent))
        seen, cut = pixels(hub)[rows, columns], round(width * percent / 100)
        whole = stretched(left, seen.shape[:2]), stretched(right, seen.shape[:2])
        for part, (wanted, has_data) in zip((slice(0, max(0, cut - 6)), slice(cut + 6, width)), whole, strict=True):
            if part.stop - part.start > 20:
                close = (np.abs(seen[:, part].astype(int) - wanted[:, part]) <= 12).all(axis=-1)
                assert close[has_data[:, part]].mean() > 0.6
    # Where the two differ the screen shows the one that is due.
    border.fill("0")
    only_right = pixels(hub)[rows, columns]
    border.fill("100")
    only_left = pixels(hub)[rows, columns]
    assert agreement(only_left, left) > 0.9 and agreement(only_right, right) > 0.95
    assert (np.abs(only_left.astype(int) - only_right) > 12).any(axis=-1).mean() > 0.02


def test_the_border_works_by_keyboard_and_by_mouse(hub: Page) -> None:
    hub.get_by_text("Compare with another choice").click()
    hub.get_by_label("Method on the right").select_option("latest")
    show_preview(hub, pictures=2)
    border = hub.get_by_label("Border between left and right")
    border.focus()
    for _ in range(10):
        hub.keyboard.press("ArrowLeft")
    expect(border).to_have_value("40")
    first = hub.locator("img.preview-picture").first
    expect(first).to_have_attribute("style", re.compile("clip-path:[^;]*60%"))
    handle = hub.locator(".preview-handle").bounding_box()
    picture = first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    assert abs(x - (picture["x"] + 0.4 * picture["width"])) < 3
    hub.mouse.move(x, y)
    hub.mouse.down()
    hub.mouse.move(picture["x"] + 0.75 * picture["width"], y, steps=5)
    hub.mouse.up()
    expect(border).to_have_value(re.compile("^7[456]$"))
    # Dragged beyond the picture it stops at its edge.
    hub.mouse.move(picture["x"] + 0.75 * picture["width"], y)
    hub.mouse.down()
    hub.mouse.move(picture["x"] + 1.4 * picture["width"], y, steps=5)
    hub.mouse.up()
    expect(border).to_have_value("100")


def test_a_preview_of_choices_that_have_changed_says_so(hub: Page) -> None:
    show_preview(hub)
    note = hub.get_by_text("The choices have changed since this preview was made.")
    expect(note).to_be_hidden()
    hub.locator("#preview").get_by_text("False colour", exact=True).click()
    expect(note).to_be_hidden()
    hub.get_by_text("Compare with another choice").click()
    hub.get_by_label("Method on the right").select_option("latest")
    expect(note).to_be_visible()


def test_a_period_without_scenes_says_so(hub: Page, service: Any) -> None:
    compare_with(hub, "Period on the right", "The one before")
    hub.get_by_role("button", name="Show the preview").click()
    expect(hub.locator("img.preview-picture")).to_have_count(1, timeout=MADE_MS)
    expect(hub.locator("#preview-result")).to_contain_text("has no scene of this area", timeout=MADE_MS)


def test_without_an_area_the_sentence_stands_in_the_card(open_page: Any) -> None:
    page = open_page("alice")
    page.goto("/hub/")
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator("#preview-result [role=alert]")).to_contain_text("area")
    page.get_by_role("button", name="Show the preview").click()
    expect(page.locator("#preview-result [role=alert]")).to_have_count(1)


def test_what_comes_of_it_is_said_aloud(hub: Page) -> None:
    show_preview(hub)
    news = hub.locator("#preview-news")
    expect(news).to_contain_text("S2GM, June 2024")
    expect(news).to_contain_text("of the rectangle has data")


def test_a_service_that_does_not_answer_is_said_so(hub: Page) -> None:
    hub.route("**/hub/preview/", lambda route: route.abort())
    hub.get_by_role("button", name="Show the preview").click()
    expect(hub.locator("#preview-result [role=alert]")).to_contain_text("does not answer")
    hub.unroute("**/hub/preview/")
    show_preview(hub)
    expect(hub.locator("#preview-result [role=alert]")).to_have_count(0)


def test_a_visitor_is_told_to_sign_in(open_page: Any) -> None:
    page = open_page()
    page.goto("/hub/")
    expect(page.get_by_role("link", name="Sign in to preview")).to_be_visible()
    expect(page.get_by_role("button", name="Show the preview")).to_have_count(0)


def test_it_works_without_javascript(service: Any, open_page: Any) -> None:
    page = open_page("alice", java_script_enabled=False)
    page.goto(f"/hub/?kind=month&month=2024-06-01&area={service.area()}&way=wkt")
    page.get_by_role("button", name="Show the preview").click()
    expect(page.get_by_role("img", name="Preview: S2GM, June 2024")).to_be_visible(timeout=MADE_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_card(hub: Page, scheme: str) -> None:
    hub.emulate_media(color_scheme=scheme)
    hub.get_by_text("Compare with another choice").click()
    hub.get_by_label("Method on the right").select_option("latest")
    show_preview(hub, pictures=2)
    check_accessible(hub, part="#preview")
