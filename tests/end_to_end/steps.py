"""What people do on the pages, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Service

MADE_MS = 60_000
"""A small mosaic is made in this time even on a busy machine."""


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
