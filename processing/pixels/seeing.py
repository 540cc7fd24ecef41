"""One scene at a few pixels: its classes first, and what else a series asks of it where it shows anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from processing import registry
from processing.angles import Angles
from processing.cells import BlockView, CellGrid, CellWindow, look_up
from processing.chosen import Chosen
from processing.clock import Clock
from processing.granule import Granule
from processing.layers import LAYERS, Decision
from processing.masks.base import Mask
from processing.masks.scl import SNOW_BANDS
from processing.methods.base import NO_SPREAD, Choice
from processing.pixels.granule_facts import angles_of, settled
from processing.pixels.period_scenes import offered, scene_classes
from processing.pixels.series_spec import SeriesSpec
from processing.pixels.steps import raster_names
from processing.reading import GranuleUnreadable, Reader
from processing.sentinel2 import SceneClass
from processing.stack import Stack

LAYERS_OF_ONE = (
    "aot",
    "cloud_confidence",
    "scene_classification",
    "snow_confidence",
    "sun_azimuth",
    "sun_zenith",
    "view_azimuth_mean",
    "view_zenith_mean",
)
"""The layers that a single scene has; the others tell of the choice between several."""


@dataclass(frozen=True)
class Plan:
    """What is read of every scene of a series."""

    spec: SeriesSpec
    view: BlockView
    mask: Mask
    bands: tuple[str, ...]
    layers: tuple[str, ...]
    in_all: frozenset[str]
    """What every scene has."""

    notes: tuple[str, ...]
    expected: int

    @property
    def pixels(self) -> int:
        return self.spec.grid.width * self.spec.grid.height

    @property
    def files(self) -> tuple[str, ...]:
        """What of a granule is read beside its classes and angles."""
        of_layers = [LAYERS[layer].read_from for layer in self.layers]
        return (*self.bands, *(name for name in of_layers if name and name != "metadata"))

    @property
    def rasters(self) -> tuple[str, ...]:
        """Of every step."""
        return raster_names(self.spec.bands, [layer for layer in self.spec.layers if layer in LAYERS_OF_ONE])

    @property
    def reads_angles(self) -> bool:
        return any(LAYERS[layer].read_from == "metadata" for layer in self.layers)


@dataclass(frozen=True)
class Seen:
    """One scene at the pixels; arrays are (y, x)."""

    granule: Granule
    scene_class: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.uint8))
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    """Digital numbers of the bands that were read."""

    rasters: dict[str, np.ndarray] = field(default_factory=dict)
    """As a product stores them."""

    view_zenith_deg: np.ndarray | None = None
    note: str = ""
    damage: str = ""
    """Why it cannot be read, one sentence; nothing else is known of it then."""


def plan_for(spec: SeriesSpec, granules: Sequence[Granule]) -> Plan:
    bands, layers, _ = offered(spec, granules)
    layers = tuple(layer for layer in layers if layer in LAYERS_OF_ONE)
    lacking = [name for name in spec.layers if name in LAYERS_OF_ONE and name not in layers]
    lacking += [band for band in spec.bands if band not in bands]
    return Plan(
        spec,
        BlockView(spec.grid),
        registry.masks()[spec.mask or registry.methods()[spec.method].mask],
        bands,
        layers,
        frozenset.intersection(*(frozenset(granule.files) for granule in granules)),
        (f"Not in the archive here: {', '.join(lacking)}.",) if lacking else (),
        len(granules),
    )


def see(plan: Plan, granule: Granule, number: int, reader: Reader) -> Seen:
    try:
        return _see_readable(plan, granule, number, reader)
    except GranuleUnreadable as damage:
        return Seen(granule, damage=f"{str(damage).rstrip('.')}.")


def _see_readable(plan: Plan, granule: Granule, number: int, reader: Reader) -> Seen:
    """What the granule shows at the pixels: its classes first, the rest only where it shows anything."""
    cells = _Cells(reader)
    classes = _scene_class(plan, number, reader)
    if not classes.any():
        return Seen(granule, classes)
    counts = plan.mask.reasons[classes] == 0
    bands = dict.fromkeys(band for band in plan.files if band in granule.files)
    if np.any(counts & (classes == SceneClass.SNOW_ICE)):
        bands |= dict.fromkeys(band for band in SNOW_BANDS if band in granule.files)
    cells.load(number, bands, plan.view)
    edges_matter = plan.mask.most_view_zenith_deg is not None and bool(counts.any())
    angles, note = angles_of(granule, number, reader) if edges_matter or plan.reads_angles else (None, "")
    granule = settled(granule, number, reader)
    here = plan.view.coordinates(reader.grid(number, "SCL").epsg)
    return Seen(
        granule,
        classes,
        {band: cells.look_up(number, band, plan.view) for band in bands},
        _rasters(plan, granule, number, classes, cells, angles),
        angles.view_zenith_mean.at(*here) if angles else None,
        note,
    )


def _scene_class(plan: Plan, number: int, reader: Reader) -> np.ndarray:
    """Scene class (y, x) of every pixel; 0 beyond the raster."""
    rows, columns = plan.view.cells(reader.grid(number, "SCL"))
    window = CellWindow.around(rows, columns)
    return look_up(scene_classes(reader, number, plan.view), rows - window.row, columns - window.column)


def _rasters(
    plan: Plan, granule: Granule, number: int, classes: np.ndarray, cells: _Cells, angles: Angles | None
) -> dict[str, np.ndarray]:
    """What a mosaic holds where it takes all these pixels from the granule."""
    height, width = classes.shape
    stack = Stack(
        observations=[0],
        scene_class=classes[np.newaxis],
        valid=np.ones((1, height, width), bool),
        bands={},
        buffer=np.empty(0, np.uint16),
    )
    taken = Choice(
        np.where(classes > 0, 0, -1).astype(np.int16),
        np.full((height, width), Decision.SINGLE, np.uint8),
        np.full((height, width), NO_SPREAD, np.uint16),
    )
    chosen = Chosen(
        taken,
        stack,
        plan.view,
        granules=[granule],
        reader=_OfOne(cells, number),
        clock=Clock(),
        angles={0: angles} if angles else {},
    )
    day = granule.sensed_at.date()
    return {band: chosen.reflectance(band) for band in plan.bands} | {
        layer: chosen.layer(layer, first_day=day) for layer in plan.layers
    }


class _Cells:
    """The windows of one granule's bands under the pixels, each read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[str, tuple[CellWindow, np.ndarray]] = {}

    def load(self, number: int, bands: Iterable[str], view: BlockView) -> None:
        """Read the bands; those on servers side by side."""
        self._reader.open_remote([(number, band) for band in bands])
        wanted = []
        for band in bands:
            grid = self.grid(number, band).for_pixels_of(view.part.resolution_m)
            wanted.append((band, CellWindow.around(*view.cells(grid)), grid))
        for band, window, grid in wanted:
            self._reader.prefetch(number, band, window, grid, last_row=0)
        for band, window, grid in wanted:
            self._read[band] = window, self._reader.read(number, band, window, grid)

    def grid(self, number: int, band: str) -> CellGrid:
        """See ``Reader``."""
        return self._reader.grid(number, band)

    def read(self, number: int, band: str, window: CellWindow, grid: CellGrid) -> np.ndarray:
        """See ``Reader``; of what was loaded."""
        return self._read[band][1]

    def look_up(self, number: int, band: str, view: BlockView) -> np.ndarray:
        """Digital numbers (y, x) of a band that was loaded."""
        rows, columns = view.cells(self.grid(number, band).for_pixels_of(view.part.resolution_m))
        window, cells = self._read[band]
        return look_up(cells, rows - window.row, columns - window.column)


class _OfOne:
    """The cells of one granule for whoever calls it number 0."""

    def __init__(self, cells: _Cells, number: int) -> None:
        self._cells, self._number = cells, number

    def grid(self, number: int, band: str, /) -> CellGrid:
        """See ``Reader``."""
        return self._cells.grid(self._number, band)

    def read(self, number: int, band: str, window: CellWindow, grid: CellGrid, /) -> np.ndarray:
        """See ``Reader``."""
        return self._cells.read(self._number, band, window, grid)
