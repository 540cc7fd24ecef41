"""Products as the formats' tests write them: plausible pixels on small grids."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np

from processing.formats.base import Heading, SourceScene
from processing.grid import Grid, grid_around
from processing.layers import LAYERS, output_layers
from processing.periods import CompositingPeriod
from processing.sentinel2 import BANDS

SUFFIX = "M20_20180301_Trial"
GRIDS = {
    "utm": grid_around((500_100, 5_090_000, 516_000, 5_101_340), epsg=32633, resolution_m=20),
    "southern utm": grid_around((500_100, 6_090_000, 505_340, 6_094_000), epsg=32733, resolution_m=20),
    "wgs84": grid_around((15.0, 46.0, 15.07, 46.04), epsg=4326, resolution_m=10),
}
TINY_GRIDS = {
    "one pixel": Grid(32633, 50_010, -509_000, 1, 1, 10),
    "one row": Grid(32633, 50_010, -509_000, 700, 1, 10),
    "one column": Grid(4326, 166_980, -512_070, 1, 700, 10),
}
SOME_LAYERS = output_layers(SimpleNamespace(bands=("B02", "B8A"), layers=tuple(LAYERS)))
ALL_LAYERS = output_layers(SimpleNamespace(bands=tuple(BANDS), layers=tuple(LAYERS)))


def heading(*, start=date(2018, 3, 1), kind="month", suffix=SUFFIX, scenes=3, **attributes):
    """A heading with so many scenes, a day and a bit apart."""
    first = datetime(start.year, start.month, start.day, 10, 1, 21, tzinfo=UTC)
    return Heading(
        "S2GM_M20_20180301_20180331_Trial_STD_v0.1.0_7",
        suffix,
        CompositingPeriod(kind=kind, start=start),
        [SourceScene(f"S2A_33TWM_{number:05}", first + number * timedelta(hours=25)) for number in range(scenes)],
        attributes,
    )


def pixels(grid, *, layers=SOME_LAYERS, seed=5):
    """Random pixels by layer name: a fifth of no data, the ends of the valid range, and what lies between."""
    random = np.random.default_rng(seed)
    made = {}
    for layer in layers:
        smallest, largest = layer.valid_range
        values = random.integers(smallest, min(largest, smallest + 200) + 1, (grid.height, grid.width))
        values[: grid.height // 5] = layer.nodata
        values[-1, -1] = largest
        values[-1, 0] = smallest
        made[layer.name] = values.astype(layer.dtype)
    return made


def part(made, block):
    """The pixels of a block."""
    return {name: values[block.rows, block.columns] for name, values in made.items()}


def write(written_as, folder, grid, made, *, layers=SOME_LAYERS, blocks=None, threads=2, of=None):
    """Write block by block as the engine does; return the files and the shares that were told."""
    told = []
    folder.mkdir(parents=True, exist_ok=True)
    with written_as.writer(folder, heading=of or heading(), grid=grid, layers=layers, threads=threads) as writer:
        for block in blocks or grid.blocks(256):
            writer.write(block, part(made, block))
        return writer.finish(told.append), told
