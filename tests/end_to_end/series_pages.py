"""What people do on the pages of time series, and what they see there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rasterio
from playwright.sync_api import Locator, Page, expect
from rasterio.warp import transform

from hub.series.models import Series
from processing.pixels.series import make_series
from processing.pixels.series_spec import SeriesSpec

if TYPE_CHECKING:
    from processing.sources.base import Source
    from tests.end_to_end.conftest import Service

MADE_MS = 60_000
DIGITS = 1e-6


def at_the_middle(service: Service) -> str:
    x, y = service.centre
    return f"lon={x:.6f}&lat={y:.6f}"


def generate(page: Page, query: str) -> SeriesSpec:
    """Ask for the series of the choices in ``query``; ends on its page once it is made."""
    page.goto(f"/series/?{query}")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#series-state[data-state=made]")).to_be_visible(timeout=MADE_MS)
    return asked(page)


def asked(page: Page) -> SeriesSpec:
    """What the page's series was asked for."""
    return Series.objects.get(key=page.url.split("/series/")[1].split("/")[0]).series_spec


def engine(spec: SeriesSpec, source: Source) -> list[dict[str, Any]]:
    """What the engine makes of it, here and now."""
    return [step.to_json() for step in make_series(spec, source)]


def plotted(page: Page) -> list[list[float | None]]:
    """The numbers in the plot: of time, then of each line."""
    expect(page.locator("#series-chart canvas")).to_be_visible()
    return page.locator("#series-chart").evaluate("(chart) => chart.chart.data()")


def choose_lines(page: Page, *names: str) -> None:
    """Plot these lines of the open group and no others."""
    for box in page.locator("#series-lines input:visible").all():
        box.set_checked(box.get_attribute("value") in names)


def same(some: list[float | None], others: list[float | None]) -> bool:
    """Whether two lines are one, gaps included."""
    pairs = zip(some, others, strict=True)
    return all((a is None) == (b is None) and (a is None or abs(a - b) < DIGITS) for a, b in pairs)


def value_of(page: Page, raster: str) -> str:
    """What "Timeseries data" says of a raster."""
    return page.locator(f"#series-data tr[data-raster='{raster}'] td").first.inner_text()


def rows(page: Page) -> Locator:
    return page.locator("#series-rows tbody tr")


def numbers(line: dict[str, str]) -> list[float]:
    found = []
    for value in line.values():
        try:
            found.append(float(value))
        except (TypeError, ValueError):
            continue
    return found


def read(file: Any, spec: SeriesSpec) -> float:
    """Reflectance of a band's file at the place."""
    with rasterio.open(file.href) as dataset:
        (x,), (y,) = transform("EPSG:4326", dataset.crs, [spec.place.lon], [spec.place.lat])
        number = next(dataset.sample([(x, y)]))[0]
    return (int(number) + file.offset) / 10_000


def draw_square(page: Page) -> None:
    page.get_by_title("Draw a rectangle").click()
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()
