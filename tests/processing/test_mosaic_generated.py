"""Orders on a generated archive with all bands: resolutions, baselines, overlaps, limits, damage."""

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer

from processing import registry
from processing.errors import InvalidOrder, NoScenes
from processing.layers import LAYERS
from processing.mosaic import Limits, make_product, plan_products, split
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec

COMPARED = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
ALL_BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
THREE_LAYERS = ["valid_obs", "source_index", "scene_classification"]
MONTH = {"kind": "month", "start": "2024-06-01"}


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """A small archive over the border of two tiles, a dozen dates over two months."""
    return make_archive(tmp_path_factory.mktemp("archive") / "a", size_km=3, dates=12, start=date(2024, 6, 3))


@pytest.fixture(scope="module")
def ground(items):
    """Bounds of the archive's ground in EPSG:32633 (west, south, east, north)."""
    bounds = []
    for path in items.parent.glob("*/B02.tif"):
        with rasterio.open(path) as dataset:
            bounds.append(dataset.bounds)
    bounds = np.array(bounds)
    return (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))


def spec_for(bounds, **changes):
    west, south, east, north = bounds
    inner = shapely.segmentize(shapely.box(west + 65, south + 65, east - 65, north - 65), 500)
    to_degrees = Transformer.from_crs(32633, 4326, always_xy=True)
    area = shapely.transform(inner, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    order = {
        "name": "Generated",
        "area": shapely.geometry.mapping(area),
        "period": MONTH,
        "resolution": 20,
        "bands": ALL_BANDS,
        "layers": THREE_LAYERS,
    } | changes
    return MosaicSpec.parse(json.loads(json.dumps(order)))


def make(spec, items, folder, **limits):
    (plan,) = split(spec)
    return make_product(
        spec, plan, source=open_source(str(items)), into=folder, order_number="7", limits=Limits(**limits)
    )


def rasters(made):
    arrays = {}
    for file in made.files:
        if file.role == "data":
            with rasterio.open(made.folder / Path(file.name).name) as dataset:
                arrays[file.layer] = dataset.read(1)
                arrays["profile"] = dataset.profile
    return arrays


@pytest.mark.parametrize("written_as", sorted(registry.formats()))
def test_block_size_and_threads_do_not_show(items, ground, tmp_path, written_as):
    """All bands and layers, in every format: the same order gives the same bytes."""
    spec = spec_for(ground, resolution=20, layers=list(LAYERS), format=written_as)
    ways = (
        {"threads": 1, "memory_mb": 2000},
        {"threads": 3, "memory_mb": 340},
        {"threads": 2, "block_px": 512},
        {"threads": 2, "block_px": 77},
    )
    sums = []
    for number, limits in enumerate(ways):
        made = make(spec, items, tmp_path / str(number), **limits)
        sums.append({file.name: file.sha256 for file in made.files if file.role == "data"})
    assert len(sums[0]) == (1 if written_as == "netcdf" else 29)
    assert all(others == sums[0] for others in sums[1:])


def test_bright_roofs_are_kept_by_the_mask_for_cities(items, ground, tmp_path):
    """A1-086: Sen2Cor leaves them unclassified, so that S2GM's classes lose them."""
    layers = ["valid_obs", "scene_classification", "rejected_obs"]
    made = {
        mask: make(spec_for(ground, bands=["B04"], layers=layers, mask=mask), items, tmp_path / mask)
        for mask in ("scl", "scl-urban", "scl-strict")
    }
    s2gm, urban, strict = (rasters(product) for product in made.values())
    kept = urban["valid_obs"].astype(int) - s2gm["valid_obs"]
    np.testing.assert_array_equal(kept, s2gm["rejected_obs_cloud"].astype(int) - urban["rejected_obs_cloud"])
    assert kept.min() == 0
    assert kept.max() > 0
    assert 7 in urban["scene_classification"]
    assert 7 not in s2gm["scene_classification"]
    assert (strict["valid_obs"] <= s2gm["valid_obs"]).all()
    told = json.loads((made["scl-urban"].folder / "provenance.json").read_text())
    assert told["method"]["mask"] == "scl-urban"


def test_an_order_in_degrees_lies_on_the_lattice_of_0_0(items, ground, tmp_path):
    made = make(spec_for(ground, crs="wgs84", bands=["B04"], layers=[]), items, tmp_path)
    profile = rasters(made)["profile"]
    step = 2 * 8.983152841195215e-05
    assert profile["crs"].to_epsg() == 4326
    assert profile["transform"].a == pytest.approx(step, rel=1e-12)
    assert profile["transform"].c / step == pytest.approx(round(profile["transform"].c / step), abs=1e-6)


def test_a_band_that_is_only_gathered_is_read_from_chosen_scenes_alone(items, ground, tmp_path):
    """Its other files may even be missing."""
    archive = shutil.copytree(items.parent, tmp_path / "archive")
    spec = spec_for(ground, bands=["B05"], layers=["source_index"], method="latest", resolution=60)
    made = make(spec, archive / "items.json", tmp_path / "whole")
    chosen = set(np.unique(rasters(made)["source_index"])) - {-1}
    provenance = json.loads((made.folder / "provenance.json").read_text())
    for scene in provenance["scenes"]:
        if scene["source_index"] not in chosen:
            (archive / scene["item"] / "B05.tif").unlink()
    assert len(chosen) < len(provenance["scenes"])
    again = make(spec, archive / "items.json", tmp_path / "again")
    assert again.warnings == made.warnings
    assert [f.sha256 for f in again.files if f.role == "data"] == [f.sha256 for f in made.files if f.role == "data"]


def test_a_damaged_scene_is_left_out_and_named(items, ground, tmp_path):
    archive = shutil.copytree(items.parent, tmp_path / "archive")
    # Of both granules of a clear day: one file cut short, of the other one missing.
    south, north = sorted(archive.glob("*_20240625_*"))
    damaged = south / "B04.tif"
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 3])
    (north / "SCL.tif").unlink()
    made = make(spec_for(ground), archive / "items.json", tmp_path / "out")
    told = json.loads((made.folder / "provenance.json").read_text())
    assert len(told["scenes"]) == 10
    assert any(south.name in line and "B04.tif" in line and "cut short" in line for line in told["left_out"])
    assert any(north.name in line and "SCL.tif" in line and "missing" in line for line in told["left_out"])
    assert all(any(line in warning for warning in made.warnings) for line in told["left_out"])
    metadata = json.loads(next(made.folder.glob("metadata_*.json")).read_text())
    item = json.loads(next(made.folder.glob("stac_*.json")).read_text())
    assert all(line in metadata["Summary"] and line in item["properties"]["mosaic:notes"] for line in told["left_out"])

    without = json.loads((archive / "items.json").read_text())
    without["features"] = [f for f in without["features"] if "_20240625_" not in f["id"]]
    (archive / "fewer.json").write_text(json.dumps(without))
    wanted = make(spec_for(ground), archive / "fewer.json", tmp_path / "wanted")
    for name, array in rasters(wanted).items():
        if name != "profile":
            np.testing.assert_array_equal(rasters(made)[name], array)


def test_what_progress_raises_stops_the_making_and_leaves_nothing(items, ground, tmp_path):
    class Dismissed(Exception):
        pass

    def stop(stage, percent):
        if stage == "writing":
            raise Dismissed

    spec = spec_for(ground)
    (plan,) = split(spec)
    with pytest.raises(Dismissed):
        make_product(spec, plan, source=open_source(str(items)), into=tmp_path, order_number="7", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_only_grows(items, ground, tmp_path):
    told = []
    spec = spec_for(ground, bands=["B02"])
    (plan,) = split(spec)
    make_product(
        spec, plan, source=open_source(str(items)), into=tmp_path, order_number="7",
        progress=lambda stage, percent: told.append(percent),
    )  # fmt: skip
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 100)


def test_a_period_without_scenes_names_the_nearest(items, ground):
    with pytest.raises(NoScenes, match="nearest one in the archive is of 2024-06-03") as refused:
        plan_products(spec_for(ground, period={"kind": "month", "start": "2024-05-01"}), open_source(str(items)))
    assert refused.value.field == "period"


def test_an_area_outside_the_archive_is_refused(items):
    spec = spec_for((300000, 4000000, 310000, 4010000))
    with pytest.raises(NoScenes, match="outside the archive") as refused:
        plan_products(spec, open_source(str(items)))
    assert refused.value.field == "area"


def test_a_band_that_the_archive_lacks_is_refused(items, ground, tmp_path):
    stripped = json.loads(items.read_text())
    for feature in stripped["features"]:
        del feature["assets"]["rededge1"]
    (items.parent / "stripped.json").write_text(json.dumps(stripped))
    with pytest.raises(InvalidOrder, match="B05: not in the archive"):
        plan_products(spec_for(ground), open_source(str(items.parent / "stripped.json")))
