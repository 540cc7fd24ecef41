"""What the page of one series shows, made from its row and its steps."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import shapely
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from hub.areas.text import write_area
from hub.orders.offer import KINDS
from hub.orders.views.code import TOKEN, Snippet
from hub.orders.views.wording import map_config
from hub.series import page_steps
from hub.series.models import Series
from hub.series.page_form import CONTENTS, sentence_of
from hub.wording.sentences import told
from hub.wording.titles import title
from processing.errors import FieldProblem, InvalidOrder
from processing.grid import Block, Grid
from processing.pixels.places import pixel_grid
from processing.pixels.series_spec import SeriesSpec

ROWS_PER_PAGE = 100
ORDERED_DEGREES = 0.03
"""Half the edge of the area that "order this mosaic" begins with."""


def table(series: Series, spec: SeriesSpec, *, pixel: int, band: str, page: Any) -> dict[str, Any]:
    """The table's part of the context: one page of rows."""
    found: Page = Paginator(series.steps.all(), ROWS_PER_PAGE).get_page(page)
    steps = [step.content for step in found.object_list]
    return {
        "columns": page_steps.columns(spec),
        "rows": page_steps.rows(spec, steps, pixel=pixel, band=band),
        "page": found,
        "pixel": pixel,
        "band": band,
    }


def chosen_pixel(spec: SeriesSpec, text: str) -> int:
    """The number of the pixel that an address asks for, row by row; the middle one by default."""
    count = pixels_of(spec)
    return int(text) if text.isdecimal() and len(text) < 3 and int(text) < count else count // 2


def chosen_band(spec: SeriesSpec, text: str) -> str:
    """The band or index whose statistics an address asks for; the vegetation index by default."""
    names = [line.name for line in page_steps.lines(spec)]
    usual = "ndvi" if "ndvi" in names else names[0] if names else ""
    return text if text in names else usual


def pixels_of(spec: SeriesSpec) -> int:
    """How many pixels each step has; 1 for an area, which is shown as a whole."""
    return spec.place.pixels**2 if spec.place else 1


def pixel_choices(spec: SeriesSpec) -> list[tuple[int, str]]:
    """The pixels of a step by number and name."""
    count = pixels_of(spec)
    if count == 1:
        return []
    names = (
        _("north-west"), _("north"), _("north-east"),
        _("west"), _("the centre"), _("east"),
        _("south-west"), _("south"), _("south-east"),
    )  # fmt: skip
    return list(enumerate(names))


def data_panel(spec: SeriesSpec, step: Mapping[str, Any], *, pixel: int, last: int) -> dict[str, Any]:
    """All that is known of one step at one pixel, as "Timeseries data" shows it."""
    found = page_steps.pixel_of(step, pixel)
    lines = page_steps.lines(spec)
    stored = found.get("stored") or {}
    of_spec = [line for line in lines if line.group != "indices"]
    shown = [(line, page_steps.value_text(line.name, found), stored.get(line.name)) for line in of_spec]
    return {
        "step": step,
        "step_title": page_steps.step_title(spec, step),
        "place": found,
        "pixel": pixel,
        "lon": page_steps.degrees(found.get("lon")),
        "lat": page_steps.degrees(found.get("lat")),
        "granule": found.get("granule") or step.get("granule"),
        "sensed_at": page_steps.moment(found.get("sensed_at") or step.get("sensed_at")),
        "bands": [one for one in shown if one[0].group == "bands"],
        "indices": [(line, page_steps.index_text(line.name, found)) for line in lines if line.group == "indices"],
        "quality": [one for one in shown if one[0].group == "quality"],
        "statistics": _statistics_of(spec, step),
        "share": page_steps.share_text(step),
        "has_data": page_steps.has_data(step, found),
        "reason": page_steps.reason_text(step, found),
        "counts": page_steps.of_pixel("counts", step, found),
        "class_title": title(page_steps.of_pixel("class_title", step, found) or ""),
        "note": told(step.get("note") or ""),
        "before": step["number"] - 1 if step["number"] else None,
        "after": step["number"] + 1 if step["number"] < last else None,
        "order_url": order_url(spec, step),
    }


def _statistics_of(spec: SeriesSpec, step: Mapping[str, Any]) -> list[page_steps.Row]:
    """The statistics of a step, a row for each band and index."""
    if spec.contents != "statistics":
        return []
    columns = page_steps.columns(spec)[1:]
    texts = [(line, page_steps.statistics_texts(step, line.name)) for line in page_steps.lines(spec)]
    return [
        page_steps.Row(0, line.title, counts=True, cells=tuple((found[column.name], True) for column in columns))
        for line, found in texts
    ]


def order_url(spec: SeriesSpec, step: Mapping[str, Any]) -> str:
    """The order form, filled for the mosaic of this step's period around the place."""
    kind = "day" if spec.contents == "observations" else spec.kind
    start = (step.get("sensed_at") or "")[:10] if kind == "day" and "sensed_at" in step else step.get("first_day")
    if not start or kind not in KINDS:
        return ""
    if spec.place:
        around = shapely.Point(spec.place.lon, spec.place.lat).buffer(ORDERED_DEGREES, cap_style="square")
        area = shapely.to_wkt(around, rounding_precision=5)
    else:
        area = write_area(dict(spec.area or {}))
    choices = {"kind": kind, kind: start, "area": area, "resolution": spec.resolution, "crs": spec.crs}
    return f"{reverse('orders:hub')}?{urlencode(choices | {'method': spec.method, 'mask': spec.mask or ''})}"


def problems_of(series: Series) -> list[str]:
    """Why a series came to nothing, in sentences."""
    return [_sentence(**problem) for problem in series.problems]


def _sentence(field: str, message: str) -> str:
    return sentence_of(FieldProblem(field, message)) if field else told(message)


def contents_title(spec: Mapping[str, Any]) -> str:
    return next((str(choice.title) for choice in CONTENTS if choice.value == spec.get("contents")), "")


def shown_config(series: Series, spec: SeriesSpec) -> dict[str, Any]:
    """What the page's script needs to know of the series, for its map, its plot and its feed."""
    return map_config() | {
        "key": series.key,
        "contents": spec.contents,
        "lines": [asdict(line) for line in page_steps.lines(spec)],
        "steps": reverse("series:steps", args=[series.key]),
        "socket": f"/ws/series/{series.key}/",
        "unfinished": series.is_unfinished,
        "pixels": outlines(spec.grid) if spec.place else [],
        "area": spec.area,
    }


def outlines(grid: Grid) -> list[list[list[float]]]:
    """The corners [longitude, latitude] of each of the grid's pixels, row by row."""
    pixels = (grid.part(Block(column, row, 1, 1)) for row in range(grid.height) for column in range(grid.width))
    return [_corners(pixel) for pixel in pixels]


def _corners(grid: Grid) -> list[list[float]]:
    outline = shapely.get_coordinates(shapely.simplify(grid.footprint, 0))
    return [[round(x, 7), round(y, 7)] for x, y in outline.tolist()]


def snippets(spec: SeriesSpec) -> tuple[Snippet, ...]:
    """Code that asks for the series; each text can be run as it stands once the token is put in."""
    url = settings.SITE_URL + reverse("api:series-list")
    text = json.dumps(spec.to_json(), indent=2, ensure_ascii=False)
    curl = (
        f"curl {shlex.quote(url)} \\\n  -H 'Authorization: Bearer {TOKEN}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(text)}"
    )
    command = "python -m processing series series.json --source SOURCE --out series.csv"
    return (
        ("json", _("Time series"), _("What the service and the command line take, say as series.json."), text),
        ("curl", "curl", "", curl),
        ("command", _("Command line"), _("Makes the time series without the service."), command),
    )


def grid_of(lon: float, lat: float, *, resolution: str, crs: str, pixels: str) -> Grid:
    """The pixels around a point. Raises InvalidOrder, also for choices that there are not."""
    if resolution not in ("10", "20", "60") or crs not in ("utm", "wgs84") or pixels not in ("1", "3"):
        raise InvalidOrder([FieldProblem("resolution", "must be 10, 20 or 60")])
    return pixel_grid(lon, lat, resolution_m=int(resolution), crs=crs, side=int(pixels))
