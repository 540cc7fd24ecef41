"""Why this pixel, in a browser: numbers in table and plot are those of the files, and a report reaches the desk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from playwright.sync_api import Locator, Page, expect

from hub.archive import archive
from hub.orders import ordering, sharing, storage
from hub.orders.models import Product
from hub.pixels import places
from hub.pixels.models import Question
from portal.support.models import Ticket
from processing.pixels.explaining import explain
from processing.pixels.places import pixel_place
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.hub.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MADE_MS = 30_000
Place = tuple[float, float]


@pytest.fixture(autouse=True)
def same_places(service: Any, settings: Any) -> None:
    """What the service orders from and delivers to is what this process reads."""
    root = service.mails.parent.parent
    settings.MOSAIC_SOURCE = str(root / "archive" / "items.json")
    settings.MEDIA_ROOT = root / "media"


@pytest.fixture
def mosaic(service: Any, open_page: Callable[..., Page], same_places: None) -> Iterator[Product]:
    """A product that alice ordered and the real worker made."""
    open_page("alice")
    alice = get_user_model().objects.get(username="alice")
    spec = MosaicSpec.parse(
        {
            "name": "Hills",
            "area": json.loads(shapely.to_geojson(shapely.from_wkt(service.area()))),
            "period": {"kind": "month", "start": "2024-06-01"},
            "resolution": 20,
            "bands": ["B02", "B03", "B04", "B08"],
            "layers": ["valid_obs", "source_index", "medoid_mos"],
        }
    )
    product = in_a_thread(lambda: ordering.submit(alice, spec)).products.get()

    def is_made() -> bool:
        product.refresh_from_db()
        return product.status == "successful"

    until(is_made, seconds=60, what="the mosaic", log=service.worker.log)
    yield product


def in_a_thread(verb: Callable[[], Any]) -> Any:
    """Do what tells other processes of itself: Playwright's event loop in this thread is in its way."""

    def do() -> Any:
        try:
            return verb()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result()


def stored(product: Product, beginning: str) -> np.ndarray:
    file = next(file for file in product.files.all() if file.name.startswith(beginning))
    with rasterio.open(storage.path_of(file)) as dataset:
        return dataset.read(1)


def pixel_with(product: Product, valid: int) -> tuple[int, int]:
    """A pixel that so many observations are valid at."""
    rows, columns = np.nonzero(stored(product, "valid_obs") == valid)
    assert len(rows), f"no pixel with {valid}"
    return int(rows[len(rows) // 2]), int(columns[len(rows) // 2])


def centre(product: Product, row: int, column: int) -> Place:
    place = pixel_place(places.cell(places.grid_of(product), row=row, column=column))
    return place.lon, place.lat


def ask_on_its_page(page: Page, product: Product, place: Place) -> None:
    page.goto(f"/orders/{product.order_id}/why/")
    page.get_by_label("Longitude").fill(f"{place[0]:.6f}")
    page.get_by_label("Latitude").fill(f"{place[1]:.6f}")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".why-headline")).to_be_visible(timeout=MADE_MS)
    expect(page.locator(".why-picture img").first).to_be_visible(timeout=MADE_MS)


def numbers_of(row: Locator) -> dict[str, float]:
    """The numbers of a row's bands."""
    names = row.locator(".why-bands dt").all_text_contents()[:11]
    values = row.locator(".why-bands dd").all_text_contents()[:11]
    return {name.split()[0]: float(value) for name, value in zip(names, values, strict=True) if value != "–"}


def plotted(page: Page) -> list[list[float | None]]:
    return page.locator("#why-chart").evaluate("(element) => element.chart.data()")


def colours_of_lines(page: Page) -> list[str]:
    return page.locator("#why-chart").evaluate("(element) => element.chart.options.lines.map(({ colour }) => colour)")


def test_table_and_plot_show_what_the_files_hold(open_page: Callable[..., Page], mosaic: Product) -> None:
    row, column = pixel_with(mosaic, 2)
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, row, column))
    chosen = page.locator(".why-row.chosen")
    expect(chosen).to_have_count(1)
    chosen.get_by_text("All bands").click()
    shown = numbers_of(chosen)
    for band in ("B02", "B03", "B04", "B08"):
        assert shown[band] == pytest.approx(stored(mosaic, band)[row, column] / 10_000, abs=1e-9)
    expect(page.locator(".why-facts")).to_contain_text(f"{stored(mosaic, 'source_index')[row, column]}")

    grid = places.cell(places.grid_of(mosaic), row=row, column=column)
    found = explain(mosaic.order.mosaic_spec, grid, source=archive(), items=places.made_from(mosaic).items).to_json()
    assert page.locator(".why-row").count() == len(found["candidates"])
    valid = [each for each in found["candidates"] if each["valid"]]
    assert len(valid) == 2
    expect(page.locator(".why-headline")).to_contain_text("among 2 valid observations")
    wavelengths, *lines = plotted(page)
    bands = sorted(
        (name for name in BANDS if valid[0]["reflectance"][name]), key=lambda name: BANDS[name].wavelength_nm
    )
    assert wavelengths == [BANDS[band].wavelength_nm for band in bands]
    # The chosen one is drawn last, over the others.
    order = sorted(valid, key=lambda each: each["verdict"] == "chosen")
    assert lines == [[each["reflectance"][band] / 10_000 for band in bands] for each in order]


def test_what_does_not_count_is_switched_on(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    counted = page.locator("tbody:not(.why-rejected) .why-row").count()
    everything = page.locator(".why-row").count()
    assert counted == 2 < everything
    assert len(plotted(page)) == 1 + counted
    page.get_by_label("Show those that do not count, too").check()
    assert len(plotted(page)) == 1 + everything
    expect(page.locator(".why-rejected .why-row").first).to_contain_text("Does not count")


def test_a_row_marks_its_line_and_a_line_its_row(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    assert colours_of_lines(page) == ["--ink-soft", "--accent"]
    other = page.locator(".why-row.not_chosen")
    other.locator(".why-pick").focus()
    page.keyboard.press("Enter")
    expect(other).to_have_class(re.compile("picked"))
    expect(other.locator(".why-pick")).to_have_attribute("aria-pressed", "true")
    assert colours_of_lines(page) == ["--accent", "--focus"]
    page.keyboard.press("Enter")
    expect(other).not_to_have_class(re.compile("picked"))

    # A click on the plot, at a point of the chosen line; uPlot takes one at its very edge for a drag.
    chart = page.locator("#why-chart")
    chart.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
    x, y = chart.evaluate(
        """(element) => {
            const { plot, options } = element.chart;
            const line = options.lines.length - 1, index = 6;
            const box = plot.over.getBoundingClientRect();
            return [box.left + plot.valToPos(options.x.values[index], "x"),
                    box.top + plot.valToPos(options.lines[line].values[index], "y")];
        }"""
    )
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page.locator(".why-row.chosen")).to_have_class(re.compile("picked"))


def test_a_pixel_that_nothing_is_valid_at_says_so(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 0)))
    expect(page.locator(".why-headline")).to_contain_text("No observation counts here:")
    expect(page.locator(".why-row.chosen")).to_have_count(0)
    assert len(plotted(page)) > 1, "what there was is plotted at once"


def test_the_middle_of_a_picture_is_the_pixel(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    page.locator(".why-row.chosen .why-picture img").evaluate("(image) => image.decode()")
    box = page.locator(".why-row.chosen .why-picture").evaluate(
        """(element) => {
            const frame = getComputedStyle(element, "::after"), image = element.querySelector("img");
            return [image.naturalWidth, image.width, parseFloat(frame.width), frame.left, frame.imageRendering];
        }"""
    )
    assert box[:2] == [41, 82] and box[2] == 6, "20 m: two of the picture's pixels, four on the screen, and a border"


def test_in_the_viewer_a_click_asks(open_page: Callable[..., Page], mosaic: Product) -> None:
    lon, lat = centre(mosaic, *pixel_with(mosaic, 2))
    page = open_page("alice")
    page.goto(f"/orders/{mosaic.order_id}/view/?at={lat:.6f},{lon:.6f},16&tool=why")
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".why-headline")).to_be_visible(timeout=MADE_MS)
    question = Question.objects.get(product=mosaic)
    row, column = pixel_with(mosaic, 2)
    assert abs(question.row - row) <= 1 and abs(question.column - column) <= 1
    expect(page.locator("path.why-outline")).to_have_count(1)
    assert float(page.locator("#why-lon").input_value()) == pytest.approx(lon, abs=3e-4)
    expect(page.locator("#why-news")).to_contain_text("Taken from")


def test_something_wrong_reaches_the_desk(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    headline = page.locator(".why-headline").text_content().strip()
    page.get_by_role("link", name="This answer on a page of its own").click()
    page.get_by_role("link", name="Something wrong here?").click()
    expect(page.locator("#pixel")).to_contain_text(headline)
    page.get_by_label("Message").fill("This is a cloud.")
    page.wait_for_timeout(3100)  # programs are faster
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    ticket = Ticket.objects.get()
    assert ticket.place["answer"] == Question.objects.get(product=mosaic).answer
    assert len(ticket.place["pictures"]) == len(ticket.place["answer"]["candidates"])
    page.goto(ticket.get_absolute_url())
    expect(page.locator("#main")).to_contain_text(headline)

    users = get_user_model().objects
    users.filter(username="olga").exists() or users.create_superuser("olga", "olga@example.org", "x")
    desk = open_page("olga")
    desk.goto(f"/admin/support/ticket/{ticket.pk}/change/")
    expect(desk.locator(".ticket-pixel")).to_contain_text(headline)
    pictures = desk.locator(".ticket-pixel img")
    assert pictures.count() == len(ticket.place["pictures"])
    assert pictures.first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 41


def test_it_works_without_javascript(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice", java_script_enabled=False)
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    expect(page.get_by_role("table")).to_contain_text("Chosen")


def test_whoever_has_a_link_asks_too(open_page: Callable[..., Page], mosaic: Product) -> None:
    shared = sharing.share(mosaic.order, days=1, by=mosaic.order.owner)
    place = centre(mosaic, *pixel_with(mosaic, 2))
    page = open_page()
    page.goto(f"{shared.path}why/?lon={place[0]:.6f}&lat={place[1]:.6f}")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".why-headline")).to_be_visible(timeout=MADE_MS)
    expect(page.get_by_text("Something wrong here?")).to_have_count(0)
    sharing.revoke(mosaic.order, shared.link.pk, by=mosaic.order.owner)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", name="ended")).to_be_visible()


def test_a_place_outside_is_told_at_once(open_page: Callable[..., Page], mosaic: Product) -> None:
    page = open_page("alice")
    page.goto(f"/orders/{mosaic.order_id}/why/?lon=3&lat=3")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".why-problem")).to_contain_text("There is no pixel of the mosaic at this place.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page: Callable[..., Page], mosaic: Product, scheme: str) -> None:
    page = open_page("alice", color_scheme=scheme)
    ask_on_its_page(page, mosaic, centre(mosaic, *pixel_with(mosaic, 2)))
    page.locator(".why-more summary").first.click()
    page.locator(".why-pick").first.click()
    page.get_by_label("Show those that do not count, too").check()
    check_accessible(page)


def test_it_fits_on_a_phone_and_speaks_french(
    service: Service, open_page: Callable[..., Page], mosaic: Product
) -> None:
    page = open_page("alice", viewport=PHONE)
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": "fr", "url": service.address}
    page.context.add_cookies([cookie])
    page.goto(f"/orders/{mosaic.order_id}/why/")
    lon, lat = centre(mosaic, *pixel_with(mosaic, 2))
    page.locator("#why-lon").fill(f"{lon:.6f}".replace(".", ","))
    page.locator("#why-lat").fill(f"{lat:.6f}".replace(".", ","))
    page.locator(".why-place button").click()
    expect(page.locator(".why-headline")).to_be_visible(timeout=MADE_MS)
    page.locator(".why-more summary").first.click()
    check_fits(page)
    assert page.locator(".why-scroll").evaluate("(element) => element.scrollWidth - element.clientWidth") <= 1
    assert not re.search(r"Taken from|Chosen|View zenith|valid observations", page.locator("#main").text_content())
