"""How the pages are: accessible, fit for a phone, the map in its colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from playwright.sync_api import Page, expect

from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE
from tests.end_to_end.steps import MADE_MS, order, paste_area, status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(service, open_page, scheme):
    page = open_page("alice", viewport=PHONE, color_scheme=scheme)
    page.goto("/hub/")
    paste_area(page, service.area())
    expect(page.locator("#estimate")).to_contain_text("km²")
    check_look(page)
    order(page, service, "A rather long name of an order for a small screen")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    page.locator(".file-group").evaluate_all("groups => groups.forEach((group) => { group.open = true })")
    check_look(page)
    page.goto("/orders/")
    check_look(page)


def check_look(page: Page) -> None:
    check_fits(page)
    check_accessible(page)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_map_shows_land_and_the_area_in_their_colours(service, open_page, tmp_path):
    page = open_page()
    page.goto("/hub/")
    expect(page.locator("path.map-land").first).to_be_attached()
    land = middle_of_map(page, tmp_path)
    paste_area(page, service.area())
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
