"""Rows of cells in PostgreSQL's binary COPY format, with their four corners on the map."""

from __future__ import annotations

from collections.abc import Iterator
from threading import local

import numpy as np
from pyproj import Transformer

from hub.insar.deliveries.copying import NULL, leave_out_nulls
from hub.insar.models.words import MAP_SRID
from hub.insar.pyramid.figures import Cells

_FIGURES = ("mean", "spread", "median", "p05", "p95", "low", "high", "coherence", "std")
_SOMETIMES = ("coherence", "std")
_TYPES = {
    "layer_id": ">i4", "size_m": ">i2", "shown": "?", "column": ">i4", "row": ">i4", "count": ">i4",
    **dict.fromkeys(_FIGURES, ">f4"),
}  # fmt: skip
CELL_COLUMNS = (*_TYPES, "geom")
_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
# A little-endian EWKB polygon of one ring, with its SRID.
_SQUARE = np.dtype(
    [("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("rings", "<u4"), ("corners", "<u4"), ("xy", "<f8", (5, 2))]
)
_POLYGON_WITH_SRID = 0x20000003
_LAEA = 3035
_CELLS_AT_ONCE = 50_000
_made = local()


def packed(cells: Cells, *, size_m: int, shown: np.ndarray, layer: int) -> Iterator[bytes]:
    """The rows, some thousand at a time."""
    to_map = _to_map()
    dtype = _dtype()
    for first in range(0, cells.count.size, _CELLS_AT_ONCE):
        some = slice(first, first + _CELLS_AT_ONCE)
        rows = np.empty(cells.count[some].size, dtype)
        rows["columns"] = len(CELL_COLUMNS)
        for name in _TYPES:
            rows[f"{name}:length"] = dtype[name].itemsize
        rows["layer_id"], rows["size_m"], rows["shown"] = layer, size_m, shown[some]
        rows["column"], rows["row"], rows["count"] = cells.column[some], cells.row[some], cells.count[some]
        for name in _FIGURES:
            rows[name] = cells.figures[name][some]
        for name in _SOMETIMES:
            rows[f"{name}:length"][np.isnan(cells.figures[name][some])] = NULL
        rows["geom:length"] = _SQUARE.itemsize
        _fill_squares(rows["geom"], cells.column[some], cells.row[some], size_m, to_map)
        kept = np.ones((rows.size, dtype.itemsize), bool)
        leave_out_nulls(rows, _SOMETIMES, kept)
        yield rows.view(np.uint8).reshape(kept.shape)[kept].tobytes()


def _to_map() -> Transformer:
    """One for each thread: they must not be shared, and take longer to make than some thousand cells."""
    if not hasattr(_made, "to_map"):
        _made.to_map = Transformer.from_crs(_LAEA, MAP_SRID, always_xy=True)
    return _made.to_map


def _dtype() -> np.dtype:
    fields = [("columns", ">i2")]
    for name, kind in _TYPES.items():
        fields += [(f"{name}:length", ">i4"), (name, kind)]
    return np.dtype([*fields, ("geom:length", ">i4"), ("geom", _SQUARE)])


def _fill_squares(geom: np.ndarray, column: np.ndarray, row: np.ndarray, size_m: int, to_map: Transformer) -> None:
    geom["order"], geom["kind"], geom["srid"], geom["rings"], geom["corners"] = 1, _POLYGON_WITH_SRID, MAP_SRID, 1, 5
    for number, (right, up) in enumerate(_CORNERS):
        x, y = to_map.transform((column + right) * float(size_m), (row + up) * float(size_m))
        geom["xy"][:, number, 0], geom["xy"][:, number, 1] = x, y
