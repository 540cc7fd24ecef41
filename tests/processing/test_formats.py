"""The contract of every output format: what was written is what another program reads."""

from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate

from processing.grid import grid_around
from processing.layers import output_layers
from processing.registry import formats
from processing.sentinel2 import LAYERS, REFLECTANCE_NODATA

GRIDS = {
    "utm": grid_around((500_100, 5_090_000, 516_000, 5_101_340), epsg=32633, resolution_m=20),
    "southern utm": grid_around((500_100, 6_090_000, 505_340, 6_094_000), epsg=32733, resolution_m=20),
    "wgs84": grid_around((15.0, 46.0, 15.07, 46.04), epsg=4326, resolution_m=10),
}
LAYERS_ORDERED = output_layers(SimpleNamespace(bands=("B02", "B8A"), layers=tuple(LAYERS)))

every_format = pytest.mark.parametrize("written_as", formats().values(), ids=formats())
every_grid = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)


def pixels(grid, *, seed=5):
    """Plausible pixels by layer name, with gaps."""
    random = np.random.default_rng(seed)
    made = {}
    for layer in LAYERS_ORDERED:
        values = random.integers(0, 200, (grid.height, grid.width)).astype(layer.dtype)
        values[: grid.height // 5] = layer.nodata
        made[layer.name] = values
    return made


def write(written_as, folder, grid, made, *, size=256, threads=2):
    """Write block by block as the engine does; return the files and the shares that were told."""
    told = []
    folder.mkdir(exist_ok=True)
    with written_as.writer(
        folder, suffix="M20_20230801_Trial", grid=grid, layers=LAYERS_ORDERED, threads=threads
    ) as writer:
        for block in grid.blocks(size):
            writer.write(block, {name: values[block.rows, block.columns] for name, values in made.items()})
        return writer.finish(told.append), told


def datasets(files):
    """Every layer with its open dataset and the number of its band."""
    for file in files:
        with rasterio.open(file.path) as dataset:
            for number, layer in enumerate(file.layers, start=1):
                yield layer, dataset, number


@every_format
def test_a_format_says_what_it_is(written_as):
    assert formats()[written_as.name] is written_as
    assert written_as.title
    assert written_as.summary.endswith(".")
    assert written_as.extension.isalnum()
    assert "/" in written_as.media_type


@every_format
@every_grid
def test_what_was_written_is_what_is_read(written_as, grid, tmp_path):
    made = pixels(grid)
    files, _ = write(written_as, tmp_path / "product", grid, made)
    read = set()
    for layer, dataset, number in datasets(files):
        read.add(layer.name)
        assert dataset.crs.to_epsg() == grid.epsg
        assert dataset.transform.almost_equals(grid.transform, precision=1e-12)
        assert dataset.dtypes[number - 1] == layer.dtype
        assert dataset.nodatavals[number - 1] == layer.nodata
        assert dataset.scales[number - 1] == pytest.approx(layer.scale)
        assert dataset.offsets[number - 1] == 0
        assert np.array_equal(dataset.read(number), made[layer.name])
    assert read == set(made)


@every_format
def test_the_files_are_named_for_their_layers_and_nothing_else_is_left(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    files, _ = write(written_as, tmp_path / "product", grid, pixels(grid))
    assert {file.path for file in files} == set((tmp_path / "product").iterdir())
    for file in files:
        assert file.path.suffix == f".{written_as.extension}"
        if len(file.layers) == 1:
            assert file.path.stem == f"{file.layers[0].prefix}_M20_20230801_Trial"


@every_format
def test_progress_goes_up_to_one(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    _, told = write(written_as, tmp_path / "product", grid, pixels(grid))
    assert told == sorted(told)
    assert told[-1] == 1


@every_format
def test_the_same_pixels_give_the_same_bytes_whatever_the_blocks_and_threads(written_as, tmp_path):
    grid = GRIDS["utm"]
    made = pixels(grid)
    first, _ = write(written_as, tmp_path / "first", grid, made, size=256, threads=1)
    second, _ = write(written_as, tmp_path / "second", grid, made, size=512, threads=2)
    for one, other in zip(first, second, strict=True):
        assert one.path.name == other.path.name
        assert one.path.read_bytes() == other.path.read_bytes()


@every_format
def test_a_writer_that_is_given_up_lets_go_of_its_files(written_as, tmp_path):
    grid = GRIDS["southern utm"]
    with (
        pytest.raises(RuntimeError, match="given up"),
        written_as.writer(tmp_path, suffix="M20_20230801_Trial", grid=grid, layers=LAYERS_ORDERED, threads=1),
    ):
        raise RuntimeError("given up")
    assert list(tmp_path.glob("*.gathered")) == []


# --- GeoTIFF --------------------------------------------------------------------------------------
@every_grid
def test_geotiffs_are_valid_cogs(grid, tmp_path):
    files, _ = write(formats()["geotiff"], tmp_path / "product", grid, pixels(grid))
    for file in files:
        valid, errors, warnings = cog_validate(file.path, strict=True, quiet=True)
        assert valid, (errors, warnings)


def test_geotiffs_larger_than_a_tile_have_overviews_of_real_observations(tmp_path):
    grid = GRIDS["utm"]
    assert max(grid.width, grid.height) > 512
    made = pixels(grid)
    files, _ = write(formats()["geotiff"], tmp_path / "product", grid, made)
    for layer, dataset, number in datasets(files):
        factors = dataset.overviews(number)
        assert factors, layer.name
        with rasterio.open(dataset.name, overview_level=0) as overview:
            assert set(np.unique(overview.read(1))) <= set(np.unique(made[layer.name]))


def test_reflectances_are_told_from_other_layers_by_scale_and_nodata(tmp_path):
    grid = GRIDS["southern utm"]
    files, _ = write(formats()["geotiff"], tmp_path / "product", grid, pixels(grid))
    found = {layer.name: (dataset.scales[0], dataset.nodata) for layer, dataset, _ in datasets(files)}
    assert found == {
        "B02": (1e-4, REFLECTANCE_NODATA),
        "B8A": (1e-4, REFLECTANCE_NODATA),
        "valid_obs": (1.0, 255),
        "source_index": (1.0, -1),
        "scene_classification": (1.0, 255),
    }
