"""The viewer in a browser: what the screen shows is what the delivered files hold, through the stretch that is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import serializers
from playwright.sync_api import Page, expect

from hub.orders import sharing
from hub.orders.models import Order, Product
from processing.layers import RASTERS
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.end_to_end.test_screens import english
from tests.end_to_end.viewer_pages import (
    BANDS,
    LAYERS,
    Mosaic,
    colours_expected,
    frame_of,
    in_view,
    look,
    made,
    picture_of,
    ranges_asked,
    seen,
    settled,
    zoom_in,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]


@pytest.fixture(scope="module")
def kept() -> dict[str, str]:
    """Rows of the mosaic that the worker makes for the first test."""
    return {}


@pytest.fixture
def mosaic(service: Service, open_page: Callable[..., Page], kept: dict[str, str]) -> Mosaic:
    """Alice's mosaic: made once, its rows put back for each test, which all begin with an empty database."""
    page = open_page("alice")
    if not kept:
        order = made(page, service, "Ljubljana")
        product = order.products.get()
        kept["rows"] = serializers.serialize("json", [order, product, *product.files.all()])
        return Mosaic(page, order)
    for row in serializers.deserialize("json", kept["rows"]):
        if isinstance(row.object, Order):
            row.object.owner = get_user_model().objects.get(username="alice")
        row.save()
    return Mosaic(page, Order.objects.get())


# --- What the map shows ---------------------------------------------------------------------------


def test_the_map_shows_the_numbers_of_the_files_through_the_stretch(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    zoom_in(page)
    for choice, bands in (("true_colour", ["B04", "B03", "B02"]), ("false_colour", ["B08", "B04", "B03"])):
        look(page, look=choice)
        rasters, ranges, picture = [mosaic.file(band) for band in bands], ranges_asked(page), seen(page)
        for raster, (low, high) in zip(rasters, ranges, strict=True):
            assert low == pytest.approx(np.percentile(raster.known, 2), abs=1)
            assert high == pytest.approx(np.percentile(raster.known, 98), abs=1)
        for row, column, y, x in in_view(page, rasters[0]):
            expected = colours_expected(rasters, ranges, row, column)
            assert np.abs(picture[y, x] - expected).max() <= 3, (choice, row, column)


def test_three_bands_of_ones_own_and_a_stretch_by_hand(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    look(page, look="bands", band_0="B02", band_1="B08", band_2="B04")
    for number, (low, high) in enumerate(((0.0, 0.2), (0.05, 0.5), (0.01, 0.15))):
        page.locator(f"#range-low-{number}").fill(f"{low}")
        page.locator(f"#range-high-{number}").fill(f"{high}")
        page.keyboard.press("Tab")
    settled(page)
    expect(page.locator("#stretch")).to_have_value("hand")
    ranges = ranges_asked(page)
    assert ranges == [(0, 2000), (500, 5000), (100, 1500)]
    rasters, picture = [mosaic.file(band) for band in ("B02", "B08", "B04")], seen(page)
    for row, column, y, x in in_view(page, rasters[0]):
        assert np.abs(picture[y, x] - colours_expected(rasters, ranges, row, column)).max() <= 3
    # Numbers the wrong way round change nothing, and the page says so.
    page.locator("#range-low-0").fill("0.9")
    page.keyboard.press("Tab")
    expect(page.locator("#range-problem")).to_be_visible()
    assert ranges_asked(page) == ranges


def test_classes_have_the_colours_of_their_legend(mosaic: Mosaic) -> None:
    page = mosaic.page
    for name in ("method", "scene_classification"):
        look(page, mosaic.address + f"?look={name}")
        raster, flags = mosaic.file(name), {flag.value: flag for flag in RASTERS[name].flags}
        picture = seen(page)
        for row, column, y, x in in_view(page, raster):
            flag = flags[int(raster.values[row, column])]
            assert "#" + "".join(f"{part:02x}" for part in picture[y, x]) == flag.colour
        legend = page.locator("#legend")
        for value in np.unique(raster.known):
            expect(legend).to_contain_text(flags[int(value)].title)
        assert page.locator("#stretch-part").is_hidden() and page.locator("#histogram-part").is_hidden()


def test_opacity_lets_the_ground_shine_through(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    full = seen(page)
    page.locator("#opacity").fill("20")
    faint = seen(page)
    row, column, y, x = in_view(page, mosaic.file("B04"))[0]
    ground = (full[y, x].astype(float) * 0.2 + np.array([0xF7, 0xF6, 0xF0]) * 0.8, full[y, x] * 0.2 + 0.8 * 0xDD)
    assert min(np.abs(faint[y, x] - one).max() for one in ground) < 20
    expect(page).to_have_url(re.compile("opacity=20"))


# --- Two sides ------------------------------------------------------------------------------------


def test_the_border_parts_two_looks_and_moves_by_range_and_mouse(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    page.get_by_text("Compare", exact=True).click()
    page.get_by_label("Show something else right of a border").check()
    # There is something to see.
    expect(page.get_by_label("Look on the right")).to_have_value(re.compile("^(?!true_colour$)."))
    page.get_by_label("Look on the right").select_option("method")
    settled(page)
    method, flags = mosaic.file("method"), {flag.value: flag.colour for flag in RASTERS["method"].flags}
    colours = [mosaic.file(band) for band in ("B04", "B03", "B02")]
    places = in_view(page, colours[0], 80)
    width = page.locator("#map").bounding_box()["width"]
    border = page.get_by_label("Border", exact=True)
    for percent in (0, 30, 60, 100):
        border.fill(str(percent))
        picture, ranges = seen(page), ranges_asked(page)
        for row, column, y, x in places:
            if abs(x - width * percent / 100) < 4:
                continue
            if x > width * percent / 100:
                is_colour = "#" + "".join(f"{part:02x}" for part in picture[y, x])
                assert is_colour == flags[int(method.values[row, column])], percent
            else:
                assert np.abs(picture[y, x] - colours_expected(colours, ranges, row, column)).max() <= 3, percent
    border.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(border).to_have_value("90")
    page.locator("#swipe-handle").evaluate("(handle) => { handle.style.visibility = 'visible'; }")
    frame, handle = page.locator("#map").bounding_box(), page.locator("#swipe-handle span").bounding_box()
    assert abs(handle["x"] + handle["width"] / 2 - frame["x"] - 0.9 * width) < 3
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.25 * width, handle["y"] + 20, steps=5)
    page.mouse.up()
    expect(border).to_have_value(re.compile("^2[456]$"))
    # Moving the map leaves the border where it is on the screen.
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    settled(page)
    picture = seen(page)
    for row, column, y, x in in_view(page, colours[0], 40):
        if x > 0.25 * width + 4:
            assert "#" + "".join(f"{part:02x}" for part in picture[y, x]) == flags[int(method.values[row, column])]


def test_another_order_of_the_same_place_stands_on_the_right(mosaic: Mosaic, service: Service) -> None:
    page = mosaic.page
    other = made(page, service, "Latest", method="latest", layers=["valid_obs"])
    look(page, mosaic.address + f"?swipe=0&right={other.pk}")
    right = Mosaic(page, other)
    rasters = [right.file(band) for band in ("B04", "B03", "B02")]
    ranges = ranges_asked(page, "right")
    assert ranges == ranges_asked(page), "the same look is stretched alike"
    picture = seen(page)
    for row, column, y, x in in_view(page, rasters[0], side="right"):
        assert np.abs(picture[y, x] - colours_expected(rasters, ranges, row, column)).max() <= 3
    expect(page.locator("#right-name")).to_contain_text("Latest, June 2024")
    # It has no layer "method".
    look(page, look="method")
    expect(page.locator("#right-lacks")).to_be_visible()
    expect(page.locator(".leaflet-look-right-pane img")).to_have_count(0)


# --- Numbers --------------------------------------------------------------------------------------


def test_the_histogram_plots_the_statistics_of_the_file(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address + "?look=B08")
    page.get_by_text("Histogram", exact=True).click()
    chart = page.locator("#histograms .chart")
    expect(chart).to_have_count(1)
    expect(chart.locator("canvas")).to_be_visible()
    plotted = chart.evaluate("(element) => element.chart.data()")
    address = f"/orders/{mosaic.order.pk}/products/{mosaic.order.products.get().pk}/statistics/?show=B08"
    (channel,) = page.request.get(address).json()["channels"]
    assert plotted[1] == channel["histogram"]["counts"]
    raster = mosaic.file("B08")
    known = raster.known
    assert channel["count"] == known.size
    expected, _ = np.histogram(known, channel["histogram"]["edges"])
    assert plotted[1] == expected.tolist()
    table = page.locator("#histogram-rows")
    expect(table).to_contain_text(f"{known.size:,}")
    # Of the view alone there are fewer.
    zoom_in(page, 3)
    page.locator("#histogram-of").select_option("view")
    page.wait_for_load_state("networkidle")
    expect(table).not_to_contain_text(f"{known.size:,}")
    counted = chart.evaluate("(element) => element.chart.data()[1].reduce((sum, count) => sum + count, 0)")
    assert 0 < counted < known.size / 4


def test_the_products_of_an_order_are_counted_stretched_and_read_as_one(mosaic: Mosaic, service: Service) -> None:
    page = mosaic.page
    other = made(page, service, "Latest", method="latest", layers=["valid_obs"])
    files = [mosaic.file("B08"), Mosaic(page, other).file("B08")]
    Product.objects.filter(order=other).update(order=mosaic.order, name="Second")
    look(page, mosaic.address + "?look=B08")
    both = np.concatenate([raster.known for raster in files])
    ((low, high),) = ranges_asked(page)
    # Put together from two histograms, so a bin's width from the truth.
    width = (np.percentile(both, 99.5) - np.percentile(both, 0.5)) / 64
    assert low == pytest.approx(np.percentile(both, 2), abs=2 * width)
    assert high == pytest.approx(np.percentile(both, 98), abs=2 * width)
    page.get_by_text("Histogram", exact=True).click()
    expect(page.locator("#histogram-rows")).to_contain_text(f"{both.size:,}")
    plotted = page.locator("#histograms .chart").evaluate("(element) => element.chart.data()[1]")
    assert sum(plotted) == pytest.approx(0.99 * both.size, rel=0.01)
    lon, lat = files[0].place(60, 60)
    page.get_by_label("Longitude").first.fill(f"{lon:.7f}")
    page.get_by_label("Latitude").first.fill(f"{lat:.7f}")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#values-panel h3")).to_have_text(["Ljubljana", "Second"])
    cells = page.locator("#values-panel tr[data-raster=B08] td:last-child").all_inner_texts()
    assert [int(cell) for cell in cells] == [int(raster.values[60, 60]) for raster in files]


def test_a_click_reads_the_pixel_as_the_file_has_it(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    zoom_in(page, 3)
    raster = mosaic.file("B08")
    row, column, y, x = in_view(page, raster, 30)[7]
    page.locator("#map").click(position={"x": x, "y": y})
    values = page.locator("#values-panel")
    expect(values).to_contain_text(f"{row}, {column}")
    for name in (*BANDS, *LAYERS):
        stored = int(mosaic.file(name).values[row, column])
        cell = values.locator(f"tr[data-raster={name}] td").last
        assert int(re.sub(r"\D", "", cell.inner_text())) == stored, name
    assert values.locator("[data-field=granule]").inner_text().startswith("S2")
    # The square on the map is the pixel.
    outline = page.locator("path.viewer-pixel").bounding_box()
    frame, middle = page.locator("#map").bounding_box(), frame_of(page).at(*raster.place(row, column))
    assert abs(outline["x"] + outline["width"] / 2 - frame["x"] - middle[0]) < 2
    assert abs(outline["y"] + outline["height"] / 2 - frame["y"] - middle[1]) < 2


def test_the_keyboard_and_coordinates_read_pixels_too(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    raster = mosaic.file("B04")
    lon, lat = raster.place(20, 30)
    page.get_by_label("Longitude").first.fill(f"{lon:.6f}".replace(".", ","))
    page.get_by_label("Latitude").first.fill(f"{lat:.6f}")
    page.get_by_role("button", name="Read it").click()
    values = page.locator("#values-panel")
    expect(values).to_contain_text("20, 30")
    expect(page.locator("#series-here")).to_have_attribute("href", re.compile(rf"/series/\?.*lon={lon:.4f}"))
    page.get_by_label("Longitude").first.fill("far away")
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("#place-problem")).to_be_visible()
    page.get_by_label("Longitude").first.fill("0")
    page.get_by_role("button", name="Read it").click()
    expect(values).to_contain_text("There is no product at this place.")
    look(page, mosaic.address)
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    expect(values.locator("[data-field=place]")).to_be_visible()
    box = page.locator("#map").bounding_box()
    row, column = map(int, values.locator("[data-field=place]").inner_text().split(","))
    x, y = frame_of(page).at(*raster.place(row, column))
    assert abs(x - box["width"] / 2) < 12 and abs(y - box["height"] / 2) < 12


# --- Keeping the view -----------------------------------------------------------------------------


def test_the_picture_holds_what_the_map_shows_and_what_the_licence_asks_for(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address + "?look=method")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as picture").click()
    assert download.value.suggested_filename == "ljubljana-method.png"
    picture = picture_of(download.value.path().read_bytes())
    box, screen = page.locator("#map").bounding_box(), seen(page)
    assert picture.shape[1] == round(box["width"]) and picture.shape[0] >= round(box["height"]) + 60
    raster, flags = mosaic.file("method"), {flag.value: flag.colour for flag in RASTERS["method"].flags}
    for row, column, y, x in in_view(page, raster):
        assert "#" + "".join(f"{part:02x}" for part in picture[y, x]) == flags[int(raster.values[row, column])]
        assert (picture[y, x] == screen[y, x]).all()
    strip = picture[round(box["height"]) + 2 :]
    # Letters are written on the strip: the name at its top left, the notice at its bottom left.
    assert dark_share(strip[8:36, 8:120]) > 0.02 and dark_share(strip[-36:-8, 8:300]) > 0.02
    shown = {flags[int(value)] for value in np.unique(raster.known)}
    found = {"#" + "".join(f"{part:02x}" for part in colour) for colour in np.unique(strip.reshape(-1, 3), axis=0)}
    assert shown <= found, "the legend's colours"


def dark_share(picture: np.ndarray) -> float:
    return float((picture.max(axis=-1) < 128).mean())


def test_a_link_opens_the_same_view(mosaic: Mosaic, open_page: Callable[..., Page]) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    look(page, look="bands", band_0="B08", stretch="5-95")
    zoom_in(page)
    page.get_by_text("Compare", exact=True).click()
    page.get_by_label("Show something else right of a border").check()
    page.get_by_label("Look on the right").select_option("valid_obs")
    page.get_by_label("Border", exact=True).fill("35")
    page.locator("#opacity").fill("80")
    settled(page)
    page.wait_for_timeout(400)
    first, address = seen(page), page.url
    again = open_page("alice")
    look(again, address)
    assert (seen(again) == first).mean() > 0.999
    assert again.url == address
    expect(again.locator("#look")).to_have_value("bands")
    expect(again.locator("#border")).to_have_value("35")


NONSENSE = (
    "look=nothing&opacity=-5&gamma=x&at=a,b,c&pixel=x,y&product=0",
    "range=9,1;NaN,2;3,Infinity&at=999,999,99&bands=B04,B04&stretch=hand",
    "look=valid_obs&colours=../x&range=1,2;3,4&swipe=1e9&right=7&rightlook=x&tool=x",
)


def test_an_address_that_makes_no_sense_opens_the_usual_view(mosaic: Mosaic) -> None:
    page = mosaic.page
    for query in NONSENSE:
        look(page, f"{mosaic.address}?{query}")
        expect(page.locator("#trouble")).to_be_hidden()
        assert len(ranges_asked(page)) in (1, 3), query


# --- Whom it stops --------------------------------------------------------------------------------


def test_a_revoked_link_stops_at_once(mosaic: Mosaic, open_page: Callable[..., Page]) -> None:
    alice = get_user_model().objects.get(username="alice")
    shared = sharing.share(mosaic.order, days=7, by=alice)
    visitor = open_page()
    look(visitor, f"{shared.path}view/")
    tile = visitor.locator(".viewer-tile img.leaflet-tile-loaded").first.get_attribute("src")
    fetched = "(address) => fetch(address).then((answer) => answer.status)"
    assert visitor.evaluate(fetched, tile) == HTTPStatus.OK
    expect(visitor.locator("#series-here")).to_have_count(0)
    sharing.revoke(mosaic.order, shared.link.pk, by=alice)
    # The browser has the tile in its cache, and asks all the same.
    assert visitor.evaluate(fetched, tile) == HTTPStatus.GONE
    visitor.get_by_role("button", name="Zoom in").click()
    expect(visitor.locator("#trouble")).to_contain_text("This link has ended.")
    expect(visitor.locator(".viewer-tile img")).to_have_count(0)
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This shared link has ended")).to_be_visible()


def test_a_service_that_does_not_answer_is_said_so_and_tried_again(mosaic: Mosaic) -> None:
    page = mosaic.page
    look(page, mosaic.address)
    page.route("**/tiles/**", lambda route: route.abort())
    page.locator("#look").select_option("valid_obs")
    expect(page.locator("#trouble")).to_contain_text("does not answer")
    page.unroute("**/tiles/**")
    page.get_by_role("button", name="Try again").click()
    settled(page)
    expect(page.locator("#trouble")).to_be_hidden()


# --- How it looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(mosaic: Mosaic, open_page: Callable[..., Page], scheme: str) -> None:
    for viewport in (PHONE, None):
        page = open_page("alice", color_scheme=scheme, **({"viewport": viewport} if viewport else {}))
        look(page, mosaic.address + "?swipe=50&rightlook=method")
        page.locator("#histogram-part summary").click()
        expect(page.locator("#histograms .chart")).to_have_count(3)
        page.locator("#map").click(position={"x": 150, "y": 150})
        expect(page.locator("#values-panel")).not_to_be_empty()
        page.wait_for_load_state("networkidle")
        check_fits(page)
        check_accessible(page)


def test_it_speaks_french(mosaic: Mosaic, open_page: Callable[..., Page], service: Service) -> None:
    page = open_page("alice")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "fr", "url": service.address}])
    for name in ("true_colour", "method", "valid_obs"):
        look(page, mosaic.address + f"?look={name}&swipe=50")
        page.locator("#map").click(position={"x": 300, "y": 300})
        expect(page.locator("#values-panel")).not_to_be_empty()
        assert english(page) == []


def test_without_javascript_the_quicklook_stands_there(mosaic: Mosaic, open_page: Callable[..., Page]) -> None:
    page = open_page("alice", java_script_enabled=False)
    page.goto(mosaic.address)
    expect(page.get_by_role("img", name="Quicklook of Ljubljana")).to_be_visible()
    expect(page.locator(".viewer-panel")).to_be_hidden()
