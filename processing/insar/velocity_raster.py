"""Rasters of mean velocity: EGMS's L3 GeoTIFF, or another in mm a year. Each pixel with a value is a point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from processing.insar.delivery import MOST_POINTS, BadDelivery, Direction, PartFacts, PointBatch
from processing.insar.egms.names import FileName, read_file_name
from processing.insar.pixels import PixelGrid, find_crs, name_pixels
from processing.insar.points import keep_attribute

_DAMAGED = "it cannot be read; the upload is incomplete or damaged: upload the file again."
_MM_A_YEAR = {"": 1.0, "mm/yr": 1.0, "mm/year": 1.0, "mm/a": 1.0, "cm/yr": 10.0, "cm/year": 10.0, "m/yr": 1000.0}
_MM_A_YEAR |= {"m/year": 1000.0, "mm": 1.0}
# Below the -9999 that many write for nothing without saying so.
_FASTEST_MM_A_YEAR = 9_000.0
_MOST_BLOCK_PIXELS = 1 << 26
_LAEA = 3035


class RasterDelivery:
    """Points without series, one for each pixel that is not nodata, in rows from the top."""

    def __init__(self, path: Path, *, wide: bool = False) -> None:
        """Raises BadDelivery where it has no place, several bands, or too many pixels. ``wide`` changes nothing."""
        self.rounded, self.share_read = 0, 0.0
        try:
            # Other drivers would follow what a file says into other files.
            self._raster = rasterio.open(path, driver="GTiff", sharing=False)
        except RasterioError:
            raise BadDelivery(path.name, _DAMAGED) from None
        try:
            self._grid, self._factor = self._check(path.name)
        except BaseException:
            self._raster.close()
            raise
        self._is_laea = self._grid.crs.to_epsg() == _LAEA or "LAEA" in self._grid.crs.name.upper()
        self.facts = self._facts(path.name, read_file_name(path.name))

    def batches(self, size: int = 50_000) -> Iterator[PointBatch]:
        """All points, at most ``size`` at a time; raises BadDelivery for values that are no velocities."""
        self.share_read, count, name = 0.0, 0, self._grid.name
        block_rows = self._raster.block_shapes[0][0]
        for window in self._grid.windows(16, block_rows):
            values = self._velocities(window)
            rows, columns = np.nonzero(np.isfinite(values))
            velocities = values[rows, columns]
            for first in range(0, rows.size, size):
                part = slice(first, first + size)
                yield self._batch(velocities[part], rows[part] + window.start, columns[part])
            count += rows.size
            self.share_read = window.stop / self._grid.height
            if count > MOST_POINTS:
                raise BadDelivery(name, f"it has more than {MOST_POINTS:,} points; cut it into tiles.")
        if not count:
            raise BadDelivery(name, "there are no points in it: all pixels are nodata.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raster.close()

    def _check(self, name: str) -> tuple[PixelGrid, float]:
        raster = self._raster
        if raster.crs is None:
            raise BadDelivery(name, "it has no coordinate system; georeference it.")
        if raster.count != 1:
            raise BadDelivery(name, f"it has {raster.count} bands; one of velocities is needed.")
        if np.dtype(raster.dtypes[0]).kind not in "fiu" or np.dtype(raster.dtypes[0]).itemsize == 1:
            raise BadDelivery(name, f"its numbers are {raster.dtypes[0]}: a picture, not velocities in mm a year.")
        if np.prod(raster.block_shapes[0], dtype=np.float64) > _MOST_BLOCK_PIXELS:
            raise BadDelivery(name, "it is stored in one piece; write it in tiles (gdal_translate -co TILED=YES).")
        unit = (raster.units[0] or "").strip().lower()
        if unit not in _MM_A_YEAR:
            raise BadDelivery(name, f"its unit is {unit[:20]!r}; mm/yr is needed.")
        crs = find_crs(name, raster.crs.to_epsg() or raster.crs.to_wkt())
        return PixelGrid(name, raster.height, raster.width, raster.transform, crs), _MM_A_YEAR[unit]

    def _facts(self, name: str, told: FileName | None) -> PartFacts:
        directions: dict[str, Direction] = {"U": "up", "E": "east"}
        tile = told if told and told.component else None
        return PartFacts(
            format="raster",
            level="L3" if tile else "other",
            direction=directions[tile.component] if tile and tile.component else "los",
            identity=tile.identity if tile else name.partition(".")[0][:100],
            dates=(),
            columns=("easting", "northing", "mean_velocity") if self._is_laea else ("mean_velocity",),
            first_year=tile.first_year if tile else None,
            last_year=tile.last_year if tile else None,
            version=tile.version if tile else None,
            metadata={"crs": self._grid.crs.to_string()[:200]},
        )

    def _velocities(self, window: slice) -> np.ndarray:
        """mm/yr (y, x), NaN where there is none."""
        name = self._grid.name
        try:
            read = self._raster.read(
                1, window=Window(0, window.start, self._grid.width, window.stop - window.start), masked=True
            )
        except RasterioError:
            raise BadDelivery(name, _DAMAGED) from None
        values: np.ndarray = read.astype(np.float64).filled(np.nan) * self._factor
        if np.isinf(values).any() or (np.abs(values[np.isfinite(values)]) > _FASTEST_MM_A_YEAR).any():
            problem = f"it has velocities beyond {_FASTEST_MM_A_YEAR:,.0f} mm a year; is its nodata value declared?"
            raise BadDelivery(name, problem)
        return values

    def _batch(self, velocities: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> PointBatch:
        name = self._grid.name
        lon, lat = self._grid.degrees(rows, columns)
        attributes = {"mean_velocity": keep_attribute(name, "mean_velocity", velocities, rows)}
        if self._is_laea:
            easting, northing = self._grid.places(rows, columns)
            attributes = {"easting": easting, "northing": northing} | attributes
        return PointBatch(
            lon=lon,
            lat=lat,
            pid=name_pixels(rows, columns),
            attributes=attributes,
            displacement=np.empty((rows.size, 0), np.int16),
            first_line=int(rows[0]),
        )
