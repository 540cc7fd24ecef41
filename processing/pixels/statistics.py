"""Statistics of a mosaic's pixels inside an area, period by period: of each band, and of the indices.

A pixel is inside where its centre is. The mosaic is composed block by block; only the stored numbers of the pixels
inside are held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import geometry_mask

from processing.blocks import bytes_per_pixel
from processing.errors import FieldProblem, InvalidOrder
from processing.granule import Granule
from processing.grid import WGS84_EPSG, Block, Grid, reproject
from processing.periods import CompositingPeriod
from processing.pixels.indices import indices_of
from processing.pixels.making import Means, side_by_side
from processing.pixels.period_scenes import opened, without_damaged
from processing.pixels.series_spec import LONGEST_EDGE_DEGREES, SeriesSpec
from processing.pixels.steps import StatisticsStep
from processing.sentinel2 import REFLECTANCE_NODATA, REFLECTANCE_SCALE

PERCENTILES = {"p05": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95}

_DECIMALS = 6
_BLOCK_BYTES = 192 * 2**20
_LEAST_BLOCK_PX, _MOST_BLOCK_PX = 64, 2048
# Up to so many pixels two periods are under way at once; of larger areas one fills the memory and both cores.
_FEW_PX = 250_000


@dataclass(frozen=True)
class _Measured:
    """The pixels inside the area in one period."""

    stored: Mapping[str, np.ndarray]
    """Numbers by band, all in the same order."""

    with_data: int
    scenes: int
    notes: tuple[str, ...]


def measure_all(
    spec: SeriesSpec, granules: Sequence[Granule], first: int, means: Means
) -> Generator[StatisticsStep, None, None]:
    """The steps of the periods from number ``first`` on; of a period without data with counts of 0.

    Raises InvalidOrder for an area that holds no pixel's centre, SourceUnreachable.
    """
    inside = pixels_inside(spec)
    if not inside.any():
        message = f"holds the centre of no pixel of {spec.resolution} m; draw it larger, or choose a finer resolution"
        raise InvalidOrder([FieldProblem("area", message)])
    expected = len(spec.periods)

    def make(number: int) -> StatisticsStep:
        period = spec.periods[number]
        of_period = [each for each in granules if period.first_day <= each.sensed_at.date() <= period.last_day]
        made, left_out = without_damaged(of_period, lambda left: _measured(spec, period, left, inside, means))
        made = made or _Measured({}, 0, 0, ())
        return StatisticsStep(
            number,
            expected,
            period,
            pixels_total=int(inside.sum()),
            pixels_with_data=made.with_data,
            bands=_figures_of_all(spec, made.stored),
            scenes=made.scenes,
            notes=(*left_out, *made.notes),
        )

    at_once = means.threads if inside.size <= _FEW_PX else 1
    yield from side_by_side(make, range(first, expected), at_once=at_once, means=means)


def pixels_inside(spec: SeriesSpec) -> np.ndarray:
    """bool (y, x) of the series' grid: whether the pixel's centre lies in the area."""
    outline = shapely.segmentize(spec.geometry, LONGEST_EDGE_DEGREES)
    geometry = reproject(outline, WGS84_EPSG, spec.grid.epsg)
    shape = (spec.grid.height, spec.grid.width)
    inside: np.ndarray = geometry_mask([geometry], shape, spec.grid.transform, invert=True)
    return inside


def _measured(
    spec: SeriesSpec, period: CompositingPeriod, granules: Sequence[Granule], inside: np.ndarray, means: Means
) -> _Measured:
    order = spec.mosaic(period).model_copy(update={"layers": ("source_index",)})
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    with_data = 0
    with opened(order, spec.grid, granules, means) as scenes:
        pixel_bytes = bytes_per_pixel(
            observations=len(granules),
            compared=scenes.compared,
            rasters=len(spec.bands) + 1,
            resolution_m=spec.resolution,
        )
        for block in _blocks(spec.grid, inside, pixel_bytes):
            means.check()
            rasters = scenes.compose(spec.grid.part(block), also=()).rasters
            here = inside[block.rows, block.columns]
            with_data += int((rasters["source_index"][here] >= 0).sum())
            for band in scenes.bands:
                parts[band].append(rasters[band][here])
        stored = {band: np.concatenate(numbers) for band, numbers in parts.items()}
        return _Measured(stored, with_data, len(scenes.granules), scenes.notes)


def _blocks(grid: Grid, inside: np.ndarray, pixel_bytes: float) -> Iterator[Block]:
    """The blocks of the grid that hold a pixel of the area, as large as the memory allows."""
    edge = int(np.clip((_BLOCK_BYTES / pixel_bytes) ** 0.5, _LEAST_BLOCK_PX, _MOST_BLOCK_PX))
    return (block for block in grid.blocks(edge) if inside[block.rows, block.columns].any())


def _figures_of_all(spec: SeriesSpec, stored: Mapping[str, np.ndarray]) -> dict[str, dict[str, float | int | None]]:
    """The figures of the ordered bands, in reflectance, and of the indices that can be made of them."""
    nothing = np.empty(0, np.uint16)
    figures = {}
    for band in spec.bands:
        numbers = stored.get(band, nothing)
        figures[band] = figures_of(numbers[numbers != REFLECTANCE_NODATA] * REFLECTANCE_SCALE)
    for index in indices_of(spec.bands):
        values = index.of_stored(*(stored.get(band, nothing) for band in index.bands))
        figures[index.name] = figures_of(values[np.isfinite(values)].astype(np.float64))
    return figures


def figures_of(values: np.ndarray) -> dict[str, float | int | None]:
    """Count, mean, standard deviation (of all, not of a sample), extremes and percentiles; None where there is none."""
    if not values.size:
        return {"count": 0} | dict.fromkeys(("mean", "std", "min", *PERCENTILES, "max"))
    percentiles = dict(zip(PERCENTILES, np.percentile(values, list(PERCENTILES.values())).tolist(), strict=True))
    figures = {
        "mean": float(values.mean()),
        "std": float(values.std()),
        "min": float(values.min()),
        **percentiles,
        "max": float(values.max()),
    }
    return {"count": int(values.size)} | {name: round(value, _DECIMALS) for name, value in figures.items()}
