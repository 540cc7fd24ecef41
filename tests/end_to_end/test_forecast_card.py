"""The forecast in a real browser: counted while choosing, shown on the map, another period one click away."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from playwright.sync_api import Page, expect

from hub.forecast.pictures import ENOUGH
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

COUNTED_MS = 30_000


def open_hub(page: Page, service, period: str = "kind=month&month=2024-06-01") -> None:
    page.goto(f"/hub/?{period}&area={service.area()}")
    expect(page.locator(".forecast-numbers dd").first).to_be_visible(timeout=COUNTED_MS)


def test_a_visitor_sees_the_forecast_and_its_map(service, open_page, tmp_path):
    page = open_page()
    open_hub(page, service)
    expect(page.locator(".forecast-numbers dd")).to_have_count(3)
    before = middle_of_map(page, tmp_path)
    page.get_by_role("button", name="at least 1").click()
    expect(page.locator("img.forecast-picture")).to_have_count(1)
    page.locator("img.forecast-picture").evaluate("picture => picture.decode()")
    expect(page.locator('[data-legend="1"]')).to_be_visible()
    after = middle_of_map(page, tmp_path)
    wanted = np.array(list(bytes.fromhex(ENOUGH[1:])))
    assert np.abs(after - wanted).sum() < np.abs(before - wanted).sum(), "the colour of what is seen lies on the map"
    page.get_by_role("button", name="off").click()
    expect(page.locator("img.forecast-picture")).to_have_count(0)


def test_the_picture_lies_on_the_area(service, open_page):
    page = open_page()
    open_hub(page, service)
    page.get_by_role("button", name="counts").click()
    picture = page.locator("img.forecast-picture").bounding_box()
    area = page.locator("path.map-area").first.bounding_box()
    for key in ("x", "y"):
        assert picture[key] == pytest.approx(area[key], abs=4)
    assert picture["width"] == pytest.approx(area["width"], abs=8)
    assert picture["height"] == pytest.approx(area["height"], abs=8)


def test_another_period_is_chosen_by_its_button(service, open_page):
    page = open_page()
    # So that all scenes of the archive are known.
    open_hub(page, service, "kind=quarter&quarter=2024-04-01")
    expect(page.locator(".forecast-known")).to_have_count(0, timeout=COUNTED_MS)
    open_hub(page, service, "kind=day&day=2024-06-13")
    button = page.locator("[data-period-kind]").first
    expect(button).to_be_visible(timeout=COUNTED_MS)
    kind, start = button.get_attribute("data-period-kind"), button.get_attribute("data-period-start")
    with page.expect_response("**/hub/forecast/") as counted:
        button.press("Enter")
    assert f'name="{kind}"\r\n\r\n{start}' in counted.value.request.post_data or re.search(
        rf"(?:^|&){kind}={start}(?:&|$)", counted.value.request.post_data
    )
    expect(page.locator(".forecast-numbers dd").first).to_be_visible(timeout=COUNTED_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_card_is_accessible_and_fits_a_phone(service, open_page, scheme):
    page = open_page(viewport=PHONE, color_scheme=scheme)
    open_hub(page, service)
    page.get_by_role("button", name="counts").click()
    page.locator(".forecast-scenes > summary").click()
    check_fits(page)
    check_accessible(page, part="#forecast")


def middle_of_map(page: Page, folder: Path) -> np.ndarray:
    """The mean colour of the map's middle as (red, green, blue)."""
    box = page.locator("#map").bounding_box()
    clip = {"x": box["x"] + box["width"] / 2 - 30, "y": box["y"] + box["height"] / 2 - 30, "width": 60, "height": 60}
    page.screenshot(path=folder / "map.png", clip=clip)
    with rasterio.open(folder / "map.png") as picture:
        return picture.read((1, 2, 3)).reshape(3, -1).mean(axis=1)
