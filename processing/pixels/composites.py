"""A mosaic's pixels without the mosaic, period by period: on a grid of one pixel or nine."""

from __future__ import annotations

from collections.abc import Sequence

from processing.compositing import Composite
from processing.granule import Granule
from processing.periods import CompositingPeriod
from processing.pixels.making import Means
from processing.pixels.period_scenes import PeriodScenes, opened, without_damaged
from processing.pixels.series_spec import SeriesSpec
from processing.pixels.steps import PeriodStep, pixels_of, raster_names

# Composed whether they are asked for or not: they tell the granule of each pixel, and how many there were.
_ALWAYS = ("source_index", "valid_obs")


def compose_step(
    spec: SeriesSpec,
    number: int,
    period: CompositingPeriod,
    granules: Sequence[Granule],
    *,
    expected: int,
    means: Means,
) -> PeriodStep:
    """The step of one period from its ``granules``, newest first; without data where there are none.

    Raises SourceUnreachable.
    """
    names = raster_names(spec.bands, spec.layers)
    made, left_out = without_damaged(granules, lambda left: _composed(spec, period, left, means))
    if made is None:
        count = spec.grid.width * spec.grid.height
        pixels = pixels_of(spec.grid, {}, [None] * count, [{"valid_obs": 0}] * count)
        return PeriodStep(number, expected, period, pixels, names, 0, left_out)
    scenes, composite = made
    rasters = composite.rasters
    chosen = [scenes.granules[index] if index >= 0 else None for index in rasters["source_index"].ravel().tolist()]
    counts = [{"valid_obs": count} for count in rasters["valid_obs"].ravel().tolist()]
    shown = {name: values for name, values in rasters.items() if name in names}
    pixels = pixels_of(spec.grid, shown, chosen, counts)
    return PeriodStep(number, expected, period, pixels, names, len(scenes.granules), (*left_out, *scenes.notes))


def _composed(
    spec: SeriesSpec, period: CompositingPeriod, granules: Sequence[Granule], means: Means
) -> tuple[PeriodScenes, Composite]:
    with opened(spec.mosaic(period), spec.grid, granules, means) as scenes:
        means.check()
        return scenes, scenes.compose(spec.grid, also=_ALWAYS)
