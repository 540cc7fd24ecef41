"""Advanced settings in a browser: every layer at once, options of the method, and the files in every format."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
import rasterio
import xarray
from playwright.sync_api import Page, expect

from hub.orders.offer import S2GM_LAYERS
from processing.layers import LAYERS
from processing.sentinel2 import BANDS
from tests.end_to_end.steps import MADE_MS, confirm, expect_step, go_on, open_panel, paste_area, status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PREFIXES = {*BANDS, *(LAYERS[name].rasters[0].prefix for name in S2GM_LAYERS)}


def fill(page: Page, service, *, format: str) -> None:
    """Choose all layers of S2GM for a small area; ends at the step of the bands."""
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    page.get_by_text("60 m", exact=True).click()
    page.locator(f'input[name="format"][value="{format}"]').check()
    go_on(page, to="Band selection")
    page.get_by_role("button", name="All 22 layers").click()


def unpacked(page: Page, folder: Path) -> Path:
    """The product's folder out of the zip archive that the page gives."""
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    download.value.save_as(folder / "all.zip")
    with zipfile.ZipFile(folder / "all.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (base,) = folder.glob("S2GM_*")
    assert (base / "inspire.xml").is_file()
    (product,) = [path for path in base.iterdir() if path.is_dir()]
    return product


def test_all_twenty_two_layers_come_in_one_netcdf(service, open_page, tmp_path):
    """A1-035, A1-036, A1-063."""
    page = open_page("alice")
    fill(page, service, format="netcdf")
    expect(page.locator("#layers")).to_be_visible()
    expect(page.locator('input[name="layers"]:checked')).to_have_count(11)
    expect(page.locator('input[name="bands"]:checked')).to_have_count(11)
    confirm(page, "Everything")
    product = unpacked(page, tmp_path)
    with xarray.open_dataset(product / "M60_20240601_Everything.nc") as mosaic:
        assert set(mosaic.data_vars) >= PREFIXES
        assert 0 < float(mosaic["B04"].max()) < 2
    expect(page.get_by_role("link", name="M60_20240601_Everything.nc")).to_be_visible()


def test_jpeg_2000_comes_with_its_companions_folded_away(service, open_page, tmp_path):
    page = open_page("alice")
    fill(page, service, format="jp2")
    confirm(page, "Small files")
    product = unpacked(page, tmp_path)
    assert {path.name.split("_M60")[0] for path in product.glob("*.jp2")} == PREFIXES
    with rasterio.open(product / "B04_M60_20240601_Small_files.jp2") as raster:
        assert (raster.nodata, raster.crs.to_epsg(), raster.res) == (65535, 32633, (60, 60))
    companion = page.get_by_role("link", name="B04_M60_20240601_Small_files.jp2.aux.xml")
    expect(companion).not_to_be_visible()
    page.get_by_text("Companions", exact=True).click()
    expect(companion).to_be_visible()


def test_only_the_chosen_methods_options_are_shown_and_a_wrong_one_is_refused_there(service, open_page):
    """A1-081."""
    page = open_page("alice")
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    go_on(page, to="Band selection")
    expect(page.locator("#layers")).not_to_be_visible()
    page.get_by_text("Advanced settings").click()
    ours, older = page.locator("#id_option-s2gm-threshold"), page.locator('[id="id_option-s2gm-1.0-threshold"]')
    expect(ours).to_be_visible()
    expect(older).not_to_be_visible()
    page.locator('input[name="method"][value="latest"]').check()
    expect(ours).not_to_be_visible()
    page.locator('input[name="method"][value="s2gm-1.0"]').check()
    older.fill("1")
    go_on(page, to="Order")
    page.get_by_label("Name of the order").fill("Options")
    go_on(page, to="Confirm order")
    expect(page.locator("#review")).to_contain_text("must be from 2 to 100")
    page.get_by_role("button", name="Generate").click()
    expect_step(page, "Band selection")
    refusal = page.locator('[id="id_option-s2gm-1.0-threshold_error"]')
    expect(refusal).to_contain_text("must be from 2 to 100")
    expect(older).to_be_focused()
    older.fill("3")
    page.get_by_label("Mask", exact=True).select_option("scl-urban")
    confirm(page, "Options")
    expect(page.get_by_text("Medoid from: 3")).to_be_visible()
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)


def test_without_javascript_the_advanced_settings_work(service, open_page):
    page = open_page("alice", java_script_enabled=False)
    page.goto("/hub/")
    paste_area(page, service.area())
    page.get_by_label("Name of the order").fill("Plain and advanced")
    page.get_by_text("Advanced settings").click()
    page.get_by_label("Observation date").check()
    page.get_by_label("Medoid from").first.fill("2")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Medoid from: 2")).to_be_visible()
    expect(page.locator(".facts").get_by_text("Observation date")).to_be_visible()


def test_charlie_gets_none_of_alices_files(service, open_page):
    page, spying = open_page("alice"), open_page("charlie")
    spying.goto("/hub/")
    fill(page, service, format="jp2")
    confirm(page, "Mine")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    addresses = page.locator('.product [href*="/files/"], .product [src*="/files/"]').evaluate_all(
        "found => found.map((each) => each.href || each.src)"
    )
    assert len(addresses) > 40
    for address in addresses:
        assert re.search(r"/orders/\d+/files/\d+/$", address)
        assert spying.request.get(address).status == 404
