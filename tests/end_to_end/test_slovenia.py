"""Real scenes through the whole service: by API and by browser, and the same files as by command line."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import rasterio
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from portal.accounts.models import ApiToken
from tests.end_to_end.conftest import Service, running
from tests.end_to_end.steps import confirm, open_panel, paste_area, status
from tests.hub.processes import ROOT, until

ITEMS = ROOT.parent / "shared" / "data" / "s2" / "slovenia_2023" / "items.json"
BOTH_TILES = [[15.3, 45.6], [16.0, 45.6], [16.0, 46.6], [15.3, 46.6], [15.3, 45.6]]
DEKAD, MONTH = {"kind": "dekad", "start": "2023-08-11"}, {"kind": "month", "start": "2023-08-01"}
PRODUCTS = {"utm": {"33TWL", "33TWM"}, "wgs84": {"Both_tiles"}}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.real_data,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not ITEMS.exists(), reason="the Slovenian sample is not beside the repository"),
]


@pytest.fixture(scope="module")
def service(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Service]:
    with django_db_blocker.unblock(), running(ITEMS, tmp_path_factory.mktemp("slovenia")) as service:
        yield service


def order_of(period: dict[str, str], crs: str) -> dict[str, Any]:
    return {
        "name": "Both tiles",
        "area": {"type": "Polygon", "coordinates": [BOTH_TILES]},
        "period": period,
        "resolution": 60,
        "crs": crs,
        "bands": ["B02", "B03", "B04", "B08"],
        "layers": ["valid_obs", "source_index", "scene_classification"],
        "method": "s2gm",
        "format": "geotiff",
    }


class Client:
    """A program that orders by the API with a token."""

    def __init__(self, service: Service, token: str) -> None:
        self.address, self.token = service.address, token

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = path if path.startswith("http") else self.address + path
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        with urlopen(Request(url, json.dumps(body).encode() if body else None, headers)) as answer:
            return json.load(answer)


def made_by_command_line(order: dict[str, Any], folder: Path) -> dict[str, str]:
    """SHA-256 of the data files that the command line makes of ``order``, by product and name."""
    (folder / "order.json").write_text(json.dumps(order))
    command = [sys.executable, "-m", "processing", folder / "order.json", "--source", ITEMS, "--out", folder / "cli"]
    base = Path(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip())
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in base.glob("*/*.tiff")
    }


@pytest.mark.parametrize("crs", ["utm", "wgs84"])
@pytest.mark.parametrize("period", [DEKAD, MONTH], ids=["dekad", "month"])
def test_an_order_by_api_gives_the_files_of_the_command_line(service: Service, tmp_path: Path, period: Any, crs: str):
    alice = get_user_model().objects.create_user("alice", "alice@example.org", "correct horse battery")
    client = Client(service, ApiToken.create_for(alice, "test")[1])
    order = client.call("/api/v1/orders/", order_of(period, crs))
    until(
        lambda: client.call(order["links"]["self"])["status"] not in ("accepted", "running"),
        seconds=120,
        what="the end of the order",
        log=service.worker.log,
    )
    assert client.call(order["links"]["self"])["status"] == "successful"
    products = client.call(order["links"]["products"])
    products = products["results"] if isinstance(products, dict) else products
    assert {product["name"] for product in products} == PRODUCTS[crs]
    fetched = {}
    for product in products:
        assert any("B06, B11, B12, B8A" in warning for warning in product["warnings"])
        for file in product["files"]:
            with urlopen(file["url"]) as answer:
                content = answer.read()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size_bytes"], file["sha256"])
            if file["role"] == "data":
                fetched[f"{product['name']}/{file['name']}"] = file["sha256"]
    assert fetched == made_by_command_line(order_of(period, crs), tmp_path)


@pytest.mark.parametrize("crs", ["UTM", "WGS"])
@pytest.mark.parametrize("period", [DEKAD, MONTH], ids=["dekad", "month"])
def test_an_order_in_the_browser(service: Service, open_page: Any, tmp_path: Path, period: Any, crs: str):
    page = open_page("alice")
    # The page's state stands in its address: here the period, the rest is chosen by hand.
    page.goto(f"/hub/?kind={period['kind']}&{period['kind']}={period['start']}")
    paste_area(page, "POLYGON((" + ", ".join(f"{x} {y}" for x, y in BOTH_TILES) + "))")
    open_panel(page)
    page.get_by_text("60 m", exact=True).click()
    page.locator("#order-panel label", has_text=crs).first.click()
    confirm(page, "Both tiles")
    expect(status(page)).to_have_text("Successful", timeout=120_000)
    with page.expect_download() as download:
        page.locator("a[href$='.zip'], a:has-text('.zip')").first.click()
    download.value.save_as(tmp_path / "product.zip")
    with zipfile.ZipFile(tmp_path / "product.zip") as archive:
        archive.extractall(tmp_path)
    (path,) = tmp_path.glob("S2GM_*/*/valid_obs_*.tiff")
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == (32633 if crs == "UTM" else 4326)
        # Four passes in the dekad, five in the month.
        assert raster.read(1).max() == (4 if period is DEKAD else 5)
