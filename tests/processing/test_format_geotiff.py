"""GeoTIFFs are valid Cloud Optimized GeoTIFFs whose overviews show real observations."""

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate
from written_products import GRIDS, SOME_LAYERS, TINY_GRIDS, pixels, write

from processing.registry import formats
from processing.sentinel2 import REFLECTANCE_NODATA

GEOTIFF = formats()["geotiff"]


# Not the single column: the validator goes by its width, which no overview halves.
VALIDATED = {name: grid for name, grid in (GRIDS | TINY_GRIDS).items() if name != "one column"}


@pytest.mark.parametrize("grid", VALIDATED.values(), ids=VALIDATED)
def test_geotiffs_are_valid_cogs(grid, tmp_path):
    files, _ = write(GEOTIFF, tmp_path, grid, pixels(grid))
    assert len(files) == len(SOME_LAYERS)
    for file in files:
        valid, errors, warnings = cog_validate(file.path, strict=True, quiet=True)
        assert valid, (errors, warnings)
        with rasterio.open(file.path) as dataset:
            assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.companions == ()


def test_geotiffs_larger_than_a_tile_have_overviews_of_real_observations(tmp_path):
    grid = GRIDS["utm"]
    assert max(grid.width, grid.height) > 512
    made = pixels(grid)
    files, _ = write(GEOTIFF, tmp_path, grid, made)
    for file in files:
        (layer,) = file.layers
        with rasterio.open(file.path) as dataset:
            assert dataset.overviews(1) == [2], layer.name
        with rasterio.open(file.path, overview_level=0) as overview:
            assert set(np.unique(overview.read(1))) <= set(np.unique(made[layer.name]))


def test_layers_are_told_apart_by_scale_and_nodata(tmp_path):
    grid = GRIDS["southern utm"]
    files, _ = write(GEOTIFF, tmp_path, grid, pixels(grid))
    found = {}
    for file in files:
        with rasterio.open(file.path) as dataset:
            found[file.layers[0].name] = (dataset.dtypes[0], dataset.scales[0], dataset.nodata)
    assert found["B02"] == found["B8A"] == ("uint16", 1e-4, REFLECTANCE_NODATA)
    assert found["valid_obs"] == found["scene_classification"] == ("uint8", 1, 255)
    assert found["source_index"] == ("int16", 1, -1)
    assert found["sun_zenith"] == ("int16", 0.01, -32768)
    assert found["aot"] == ("uint16", 0.001, 65535)
