"""What people do on the pages, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Service

MADE_MS = 60_000
"""A small mosaic is made in this time even on a busy machine."""


STEPS = ("Data format", "Band selection", "Order", "Confirm order")
"""The steps of the order panel."""


def order(page: Page, service: Service, name: str, *, resolution: int = 60) -> None:
    """Order a small mosaic by pasting its area; ends on the order's page."""
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    page.get_by_text(f"{resolution} m", exact=True).click()
    confirm(page, name)
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def paste_area(page: Page, text: str) -> None:
    """Give the area as text."""
    choose_way(page, "WKT")
    page.get_by_label("Area as WKT or GeoJSON").fill(text)


def choose_way(page: Page, way: str) -> None:
    """Turn to one of the five ways to give the area."""
    page.locator(".ways .tabs").get_by_text(way, exact=True).click()


def open_panel(page: Page) -> None:
    """Open the order panel, at its first step."""
    page.get_by_role("button", name="Prepare download").click()
    expect_step(page, "Data format")


def go_on(page: Page, *, to: str) -> None:
    """Press Next until the step ``to`` is shown."""
    while not heading(page, to).is_visible():
        page.get_by_role("button", name="Next").click()


def confirm(page: Page, name: str) -> None:
    """In the open panel: go on to the end, under ``name``, and have the mosaic made."""
    go_on(page, to="Order")
    page.get_by_label("Name of the order").fill(name)
    go_on(page, to="Confirm order")
    expect(page.locator("#review .facts, #review .errorlist")).to_be_visible()
    page.get_by_role("button", name="Generate").click()


def heading(page: Page, step: str) -> Locator:
    return page.locator("#order-panel").get_by_role("heading", name=step, exact=True, level=3)


def expect_step(page: Page, step: str) -> None:
    """The panel shows ``step`` and no other."""
    expect(heading(page, step)).to_be_visible()
    for other in STEPS:
        if other != step:
            expect(heading(page, other)).not_to_be_visible()


def status(page: Page) -> Any:
    return page.locator(".status-line .badge")


def draw_rectangle(page: Page) -> None:
    """Drag a rectangle over the middle of the map."""
    page.get_by_title("Draw a rectangle").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y - 60)
    page.mouse.down()
    page.mouse.move(x + 80, y + 60, steps=4)
    page.mouse.up()
    expect(page.get_by_role("heading", name="Area of interest selected ✓")).to_be_visible()
