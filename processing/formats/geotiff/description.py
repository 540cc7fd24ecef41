"""What a GeoTIFF says of its pixels: place, CRS, no data, scale, unit and title, in GDAL's own tags."""

from __future__ import annotations

import numpy as np
from rasterio.io import MemoryFile

from processing.formats.geotiff.encoding import DEFLATE, HORIZONTAL_DIFFERENCES
from processing.formats.geotiff.layout import Directory, Tag, read_directory
from processing.gathering import created
from processing.grid import Block, Grid
from processing.layers import OutputLayer
from processing.scratch import ScratchRaster

_GDAL_NODATA = 42113
# GeoTIFF 1.1: ModelPixelScale, ModelTiepoint, GeoKeyDirectory, GeoDoubleParams, GeoAsciiParams; GDAL's metadata.
_PLACE_AND_MEANING = (33550, 33922, 34735, 34736, 34737, 42112)
_SAMPLE_FORMATS = {"u": 1, "i": 2}
_SHORT, _LONG = 3, 4


def described(layer: OutputLayer, grid: Grid) -> dict[int, Tag]:
    """The tags that say what a raster of this layer is, as GDAL writes them: copied from a file of one pixel."""
    with MemoryFile(ext=".tif") as memory:
        created(memory.name, layer, grid.part(Block(0, 0, 1, 1))).close()
        tags = read_directory(memory.read())
    return {number: tags[number] for number in (*_PLACE_AND_MEANING, _GDAL_NODATA) if number in tags}


def directories(resolutions: list[ScratchRaster], tags: Directory) -> list[Directory]:
    """The fields of all resolutions of a raster but for where their tiles lie; the first is the raster itself."""
    whole, *overviews = resolutions
    reduced = {254: Tag.of(_LONG, 1), _GDAL_NODATA: tags[_GDAL_NODATA]}
    return [{**_structure(whole), **tags}, *({**_structure(overview), **reduced} for overview in overviews)]


def _structure(raster: ScratchRaster) -> dict[int, Tag]:
    """TIFF's fields for a raster of one band, by their numbers."""
    return {
        256: Tag.of(_LONG, raster.width),
        257: Tag.of(_LONG, raster.height),
        258: Tag.of(_SHORT, 8 * raster.dtype.itemsize),
        259: Tag.of(_SHORT, DEFLATE),
        # Black is zero.
        262: Tag.of(_SHORT, 1),
        277: Tag.of(_SHORT, 1),
        284: Tag.of(_SHORT, 1),
        317: Tag.of(_SHORT, HORIZONTAL_DIFFERENCES),
        322: Tag.of(_SHORT, raster.tile_width),
        323: Tag.of(_SHORT, raster.tile_height),
        339: Tag.of(_SHORT, _SAMPLE_FORMATS[np.dtype(raster.dtype).kind]),
    }
