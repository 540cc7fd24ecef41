"""Scenes are looked at before they are used: A1-090, A1-091."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from processing.clock import Clock
from processing.errors import NoReadableScene
from processing.grid import grid_around
from processing.mosaic import make_product, plan_products
from processing.quality.inputs import forecast_share, inspect_scene
from processing.reading import GranuleUnreadable, Reader
from processing.registry import masks
from processing.sources import open_source
from processing.spec import MosaicSpec

REASONS = masks()["scl"].reasons
BANDS = masks()["scl"].measures


@pytest.fixture
def scene(archive, tmp_path):
    """The folder of one scene in a copy of the archive."""
    copy = shutil.copytree(archive.parent, tmp_path / "archive")
    return min(path for path in copy.iterdir() if path.is_dir())


def rewrite(path: Path, change, **profile):
    """Write a raster anew with its pixels changed, as a plain GeoTIFF."""
    with rasterio.open(path) as dataset:
        pixels, known = change(dataset.read(1)), dataset.profile
    path.unlink()
    kept = {key: known[key] for key in ("crs", "transform", "dtype")}
    size = {"height": pixels.shape[0], "width": pixels.shape[1]}
    with rasterio.open(path, "w", driver="GTiff", count=1, **(kept | size | profile)) as dataset:
        dataset.write(pixels, 1)


def look(scene):
    """What is found of a scene, and its checks by name."""
    items = json.loads((scene.parent / "items.json").read_text())
    items["features"] = [feature for feature in items["features"] if feature["id"] == scene.name]
    (scene.parent / "one.json").write_text(json.dumps(items))
    source = open_source(str(scene.parent / "one.json"))
    extent = source.extent()
    (granule,) = source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)
    finding = inspect_scene(granule, 0, Reader([granule], clock=Clock()), bands=BANDS)
    return finding, {check.name: check for check in finding.checks}


def test_a_sound_scene_passes(scene):
    finding, checks = look(scene)
    assert finding.refused is None
    assert all(check.passed for check in finding.checks)
    assert {check.subject for check in finding.checks} == {scene.name}
    assert "Not a whole tile" in checks["size"].message


def test_a_few_classes_that_do_not_exist_are_written_down(scene):
    def spoil(pixels):
        pixels[0, :3] = 12
        return pixels

    rewrite(scene / "SCL.tif", spoil)
    finding, checks = look(scene)
    assert finding.refused is None
    assert not checks["scene_classes"].passed
    assert 0 < checks["scene_classes"].measured < 0.05


def test_a_scene_of_classes_that_do_not_exist_is_refused(scene):
    rewrite(scene / "SCL.tif", lambda pixels: pixels + 20)
    finding, _ = look(scene)
    assert finding.refused == f"{scene.name}: 100% of its scene classes do not exist"


def test_a_scene_whose_classes_say_the_opposite_of_its_bands_is_refused(scene):
    rewrite(scene / "SCL.tif", lambda pixels: np.where(pixels > 0, 0, 4).astype(np.uint8))
    finding, checks = look(scene)
    assert "disagree on 100% of the pixels" in finding.refused
    assert not checks["agreement"].passed


def test_a_little_disagreement_is_written_down(scene):
    def spoil(pixels):
        pixels[: len(pixels) // 10] = 0
        return pixels

    rewrite(scene / "SCL.tif", spoil)
    finding, checks = look(scene)
    assert finding.refused is None
    assert checks["agreement"].measured == pytest.approx(0.1, abs=0.03)
    assert not checks["agreement"].passed


def test_a_scene_off_the_lattice_is_written_down(scene):
    for path in scene.glob("*.tif"):
        with rasterio.open(path) as dataset:
            moved = rasterio.Affine.translation(3.5, 0) @ dataset.transform
        rewrite(path, lambda pixels: pixels, transform=moved)
    finding, checks = look(scene)
    assert finding.refused is None
    assert not checks["lattice"].passed
    assert "off the lattice" in checks["lattice"].message


def test_a_band_of_another_size_than_the_classes_makes_a_scene_unreadable(scene):
    rewrite(scene / "B02.tif", lambda pixels: pixels[: len(pixels) // 2])
    with pytest.raises(GranuleUnreadable, match="B02.tif cannot be read .it covers other ground"):
        look(scene)


def test_a_single_row_of_classes_is_looked_at_too(scene):
    for path in scene.glob("*.tif"):
        with rasterio.open(path) as dataset:
            rows = round(60 / dataset.transform.a)
        rewrite(path, lambda pixels, rows=rows: pixels[:rows])
    finding, _ = look(scene)
    assert finding.refused is None


def test_the_forecast_is_the_share_that_can_count(scene):
    def half_clear(pixels):
        pixels[:] = 4
        pixels[:, pixels.shape[1] // 2 :] = 9
        return pixels

    rewrite(scene / "SCL.tif", half_clear)
    finding, _ = look(scene)
    grid = grid_of(finding.grid)
    assert forecast_share([finding], grid, REASONS) == pytest.approx(0.5, abs=0.01)
    assert forecast_share([finding, finding], grid, REASONS) == pytest.approx(0.5, abs=0.01)
    assert forecast_share([], grid, REASONS) is None


def grid_of(cells):
    """The output grid that lies where a scene's classes lie."""
    bounds = (
        cells.left_m,
        cells.top_m - cells.height * cells.size_m,
        cells.left_m + cells.width * cells.size_m,
        cells.top_m,
    )
    return grid_around(bounds, epsg=cells.epsg, resolution_m=20)


def test_a_refused_scene_is_left_out_and_named(archive, order, tmp_path):
    """A1-091: corrupt input is eliminated, the others serve."""
    copy = shutil.copytree(archive.parent, tmp_path / "archive")
    spoiled = sorted(copy.glob("*_20240613_*"))
    for folder in spoiled:
        rewrite(folder / "SCL.tif", lambda pixels: pixels + 20)
    made = product(copy, order(), tmp_path / "out")
    told = json.loads((made.folder / "qc.json").read_text())
    left_out = [check for check in told["checks"] if check["name"] == "usable"]
    assert sorted(check["subject"] for check in left_out) == [folder.name for folder in spoiled]
    assert all(not check["passed"] and "left out" in check["message"] for check in left_out)
    assert all(any(folder.name in warning for warning in made.warnings) for folder in spoiled)


def test_where_every_scene_is_refused_nothing_is_made(archive, order, tmp_path):
    copy = shutil.copytree(archive.parent, tmp_path / "archive")
    for path in copy.glob("*/SCL.tif"):
        rewrite(path, lambda pixels: pixels + 20)
    with pytest.raises(NoReadableScene, match="of its scene classes do not exist"):
        product(copy, order(), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def product(archive, order, folder):
    spec, source = MosaicSpec.parse(order), open_source(str(archive))
    (plan,) = plan_products(spec, source)
    return make_product(spec, plan, source=source, into=folder, order_number="1")
