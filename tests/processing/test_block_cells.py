"""The cells of a block: what lands in a stack is what the raster holds, whatever its type."""

import numpy as np
import rasterio
import shapely

from processing.block_cells import BlockCells, Crew
from processing.cells import BlockView
from processing.clock import Clock
from processing.grid import grid_around
from processing.reading import Reader
from processing.sources import open_source


def test_bands_of_8_bits_are_read_into_arrays_of_16(archive):
    """Cloud probabilities lie beside reflectances in one stack; in the file they are differences of 8 bits."""
    source = open_source(str(archive))
    extent = source.extent()
    granule = source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)[0]
    with rasterio.open(granule.files["CLD"].href) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR") == "2"
        wanted, bounds, epsg = dataset.read(1), dataset.bounds, dataset.crs.to_epsg()
    grid = grid_around(tuple(bounds), epsg=epsg, resolution_m=20)
    with Reader([granule], clock=Clock()) as reader, Crew(2) as crew:
        cells = BlockCells(reader, crew, [BlockView(grid)], None)
        out = np.zeros(wanted.shape, np.uint16)
        cells.load([(0, "CLD")], into=[out])
        np.testing.assert_array_equal(out, wanted)
        np.testing.assert_array_equal(cells.look_up(0, "CLD", BlockView(grid)), wanted)
    assert len(np.unique(wanted)) > 10
