"""Home, manual, about, news and the pages for what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from shapely.geometry import box, mapping

from hub.orders.states import Status
from portal.accounts.models import User
from portal.pages.models import News
from portal.pages.views import archive_extent
from processing import registry
from processing.layers import LAYERS
from processing.mosaic import make_product, plan_products
from processing.sample import make_archive
from processing.sentinel2 import BANDS
from processing.sources import open_source
from processing.spec import MosaicSpec

pytestmark = pytest.mark.django_db
PAGES = ["/", "/manual/", "/about/", "/news/", "/support/", "/account/login/"]


def text_of(path: str, client: Client | None = None) -> str:
    return (client or Client()).get(path).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_for_everybody(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert len(re.findall(r"<h1[ >]", response.content.decode())) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_the_licence_and_can_be_entered_by_keyboard(path: str) -> None:
    page = text_of(path)
    assert "modified Copernicus Sentinel data" in page
    assert '<a class="skip-link" href="#main">' in page
    assert '<main id="main"' in page


def test_home_leads_to_the_hub_and_tells_what_the_archive_holds() -> None:
    page = text_of("/")
    assert 'href="/hub/"' in page
    assert "3 June 2024" in page


def test_home_says_so_while_the_archive_cannot_be_reached(settings: Any, tmp_path: Path) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "missing" / "items.json")
    assert archive_extent() is None
    assert "does not answer" in text_of("/")


def test_the_navigation_marks_where_one_is() -> None:
    assert re.search(r'href="/manual/" aria-current="page"', text_of("/manual/"))
    assert not re.search(r'href="/manual/" aria-current', text_of("/about/"))


def test_only_operators_are_shown_the_way_to_the_administration(
    alice: User, olga: User, signed_in: Callable[[User], Client]
) -> None:
    assert 'href="/admin/"' in text_of("/", signed_in(olga))
    assert 'href="/admin/"' not in text_of("/", signed_in(alice))


def test_the_manual_names_everything_that_can_be_ordered() -> None:
    page = text_of("/manual/")
    plug_ins = {**registry.methods(), **registry.masks(), **registry.formats()}
    for name in [*BANDS, *LAYERS, *plug_ins, "day", "dekad", "month", "quarter", "year"]:
        assert re.search(rf">{name}<", page), name
    for plug_in in plug_ins.values():
        assert escape(plug_in.title) in page and escape(plug_in.summary) in page
    for status in Status:
        assert f'class="badge {status.value}"' in page


def test_the_manual_tells_what_can_be_set_of_a_method() -> None:
    """A1-081."""
    page = text_of("/manual/")
    options = [option for method in registry.methods().values() for option in method.options]
    assert options
    for option in options:
        bounds = f"{option.smallest} to {option.largest}, {option.default} by default"
        assert (
            f"<strong>{option.title}</strong> (<code>{option.name}</code>, {bounds}): {escape(option.summary)}" in page
        )


def test_the_manual_tells_of_every_raster_its_file_type_no_data_and_scale() -> None:
    """A1-037."""
    rows = re.findall(r"<tr><th scope=\"row\"><code>(\w+)</code></th>(.*?)</tr>", text_of("/manual/"))
    told = {name: re.findall(r"<td[^>]*>(.*?)</td>", row) for name, row in rows}
    for layer in LAYERS.values():
        says, *numbers = told[layer.name]
        for raster in layer.rasters:
            unit = "" if raster.unit == "1" else f" {raster.unit}"
            assert f"<code>{raster.prefix}</code>" in says
            assert numbers == [raster.dtype, str(raster.nodata), f"{raster.scale:g}{unit}"]


def test_the_manual_gives_every_class_its_name_and_colour() -> None:
    page = text_of("/manual/")
    for raster in [raster for layer in LAYERS.values() for raster in layer.rasters]:
        for flag in raster.flags:
            assert re.search(rf'fill="{flag.colour}"/></svg>{flag.value} {escape(flag.title)}<', page)


def test_the_manual_names_the_scene_classes_that_each_mask_takes() -> None:
    page = text_of("/manual/")
    assert re.search(r">2, 4, 5, 6, 11</td>.*?<code>scl</code>", page)
    assert re.search(r">4, 5, 6, 11</td>.*?<code>scl-strict</code>", page)
    assert re.search(r">2, 4, 5, 6, 7, 11</td>.*?<code>scl-urban</code>", page)


def test_the_manual_states_this_installations_limits(settings: Any) -> None:
    settings.ORDER_LIMIT_AREA_KM2, settings.ORDER_KEPT_DAYS = 1_234_567, 33
    page = text_of("/manual/")
    assert "1,234,567 km²" in page
    assert "33 days" in page


def test_the_manuals_example_order_can_be_ordered() -> None:
    example = re.search(r"order\.json &lt;&lt;.*?END.*?\n(.*?)\nEND", text_of("/manual/"), re.DOTALL)
    assert example is not None
    spec = MosaicSpec.parse(json.loads(unescape(example[1])))
    assert spec.name == "Ispra"


def test_the_manuals_python_examples_are_python() -> None:
    examples = re.findall(r"<code>(import .*?)</code>", text_of("/manual/"), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert compile(unescape(example), "example", "exec")


def test_the_manuals_xarray_example_makes_a_time_series_of_three_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A1-063, A2-007."""
    (example,) = re.findall(r"<code>(import xarray.*?)</code>", text_of("/manual/"), re.DOTALL)
    source = open_source(str(make_archive(tmp_path / "archive", size_km=1.2, dates=18, tiles=("33TWL",))))
    for month in ("2024-06-01", "2024-07-01", "2024-08-01"):
        order = MosaicSpec.parse(
            {
                "name": "Ispra",
                "area": mapping(box(*source.extent().bounds).buffer(-0.004)),
                "period": {"kind": "month", "start": month},
                "resolution": 10,
                "bands": ["B04", "B08"],
                "format": "netcdf",
            }
        )
        (plan,) = plan_products(order, source)
        make_product(order, plan, source=source, into=tmp_path, order_number="385")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec("\n".join(line for line in unescape(example).splitlines() if ".plot()" not in line), names)
    mosaics = names["mosaics"]
    assert mosaics.sizes["time"] == 3
    assert mosaics.time.values[0] == np.datetime64("2024-06-16T00:00")
    assert -1 <= float(names["ndvi"].min()) < float(names["ndvi"].max()) <= 1
    assert float(mosaics["B08"].std("time").max()) > 0
    mosaics.close()


def test_every_link_of_the_manual_leads_somewhere(client: Client) -> None:
    page = text_of("/manual/")
    anchors = set(re.findall(r'href="#([\w-]+)"', page))
    assert anchors <= set(re.findall(r'id="([\w-]+)"', page))
    for path in set(re.findall(r'href="(/[^"#]*)"', page)):
        assert client.get(path).status_code in (200, 302), path


def test_news_appear_on_their_day_newest_first() -> None:
    today = timezone.now().date()
    News.objects.create(title="Old news", text="a", date=today - timedelta(days=9))
    News.objects.create(title="Fresh news", text="b", date=today)
    News.objects.create(title="Secret news", text="c", date=today + timedelta(days=1))
    for path in ("/", "/news/"):
        page = text_of(path)
        assert 0 < page.index("Fresh news") < page.index("Old news")
        assert "Secret news" not in page


def test_news_cannot_bring_markup_into_the_page() -> None:
    News.objects.create(title="<b>x</b>", text="<script>alert(1)</script> https://example.org")
    page = text_of("/news/")
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert '<a href="https://example.org"' in page


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400, ""])
def test_a_strange_page_number_shows_some_page(client: Client, page: str) -> None:
    assert client.get("/news/", {"page": page}).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/hub/", "/orders/", "/account/signup/", "/account/email/", "/no/such/"])
def test_every_page_names_the_service(
    alice: User, signed_in: Callable[[User], Client], settings: Any, path: str
) -> None:
    settings.SITE_NAME = "Mosaics of the Alps"
    client = signed_in(alice) if path in {"/orders/", "/account/email/"} else Client()
    page = text_of(path, client)
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert "Mosaics of the Alps" in title[1]
    assert re.search(r'class="brand".*?Mosaics of the Alps</a>', page)


def test_what_is_not_there_is_answered_in_the_sites_look(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("name", ["500.html", "400.html"])
def test_the_page_for_a_broken_site_needs_nothing_of_the_site(name: str) -> None:
    page = render_to_string(name)
    assert "css/base.css" in page
    assert "{" not in page


def test_an_unexpected_error_shows_no_code(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("portal.pages.views.archive_extent", broken)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
    assert "secret" not in response.content.decode()
