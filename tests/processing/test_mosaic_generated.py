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
from reference_s2gm import choose, is_valid

from processing.errors import InvalidOrder, NoScenes
from processing.mosaic import Limits, make_product, plan_products, split
from processing.reading import mean_of_measured
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec

COMPARED = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")
ALL_BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
LAYERS = ["valid_obs", "source_index", "scene_classification"]
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
        "layers": LAYERS,
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


def at_resolution(path, resolution, profile):
    """A raster on the product's grid: means of whole pixels where it is finer, its own cells where coarser."""
    with rasterio.open(path) as dataset:
        pixels, transform = dataset.read(1), dataset.transform
    times = resolution / transform.a
    size = transform.a
    if times > 1 and pixels.dtype == np.uint16:
        pixels, size = mean_of_measured(pixels, int(times)), float(resolution)
    x = profile["transform"].c + (np.arange(profile["width"]) + 0.5) * resolution
    y = profile["transform"].f - (np.arange(profile["height"]) + 0.5) * resolution
    columns = np.floor((x - transform.c) / size).astype(int)
    rows = np.floor((transform.f - y) / size).astype(int)
    out = np.zeros((len(y), len(x)), pixels.dtype)
    inside = np.ix_((rows >= 0) & (rows < pixels.shape[0]), (columns >= 0) & (columns < pixels.shape[1]))
    out[inside] = pixels[np.ix_(rows[inside[0].ravel()], columns[inside[1].ravel()])]
    return out


@pytest.mark.parametrize("resolution", [10, 20, 60])
def test_a_mosaic_equals_its_slow_twin(items, ground, tmp_path, resolution):
    """Every band and layer of sampled pixels, with mixed baselines and the overlap of two tiles."""
    spec = spec_for(ground, resolution=resolution)
    made = make(spec, items, tmp_path)
    arrays = rasters(made)
    profile = arrays["profile"]
    listed = json.loads((made.folder / f"metadata_M{resolution}_20240601_Generated.json").read_text())
    number_of = {granule: int(number) for number, granule in listed["Source_product_list"].items()}
    features = [f for f in json.loads(items.read_text())["features"] if f["properties"]["datetime"] < "2024-07"]
    features.sort(key=lambda f: (f["properties"]["datetime"][:10], f["properties"]["grid:code"]), reverse=True)
    assert len(features) == len(number_of) == 12

    def band(feature, name):
        return at_resolution(items.parent / feature["id"] / f"{name}.tif", resolution, profile)

    scl = [band(feature, "SCL") for feature in features]
    numbers = {name: [band(feature, name) for feature in features] for name in ALL_BANDS}
    offsets = [round(feature["assets"]["blue"]["raster:bands"][0]["offset"] * 10000) for feature in features]
    assert set(offsets) == {0, -1000}

    rng = np.random.default_rng(resolution)
    pixels = np.argwhere(np.ones(scl[0].shape))
    for y, x in pixels[rng.choice(len(pixels), min(1500, len(pixels)), replace=False)]:
        seen_days, valid = set(), []
        for o, feature in enumerate(features):
            day = feature["properties"]["s2:datatake_id"][:20]
            first = day not in seen_days
            if scl[o][y, x] > 0:
                seen_days.add(day)
            spectrum = {name: numbers[name][o][y, x] for name in COMPARED}
            if first and is_valid(int(scl[o][y, x]), spectrum, offsets[o]):
                valid.append(o)
        spectra = [{name: float(numbers[name][o][y, x]) + offsets[o] for name in COMPARED} for o in valid]
        position = choose(spectra, [int(scl[o][y, x]) for o in valid])
        assert arrays["valid_obs"][y, x] == len(valid)
        if position is None:
            assert arrays["source_index"][y, x] == -1
            assert arrays["B05"][y, x] == 65535
            continue
        taken = valid[position]
        assert arrays["source_index"][y, x] == number_of[features[taken]["properties"]["s2:granule_id"]]
        assert arrays["scene_classification"][y, x] == scl[taken][y, x]
        for name in ALL_BANDS:
            number = int(numbers[name][taken][y, x])
            assert arrays[name][y, x] == (65535 if number == 0 else max(0, number + offsets[taken]))
    assert len(np.unique(arrays["source_index"])) > 4


def test_block_size_and_threads_do_not_show(items, ground, tmp_path):
    spec = spec_for(ground, resolution=10)
    one = make(spec, items, tmp_path / "one", threads=1, memory_mb=2000)
    many = make(spec, items, tmp_path / "many", threads=3, memory_mb=340)
    sums = [[file.sha256 for file in made.files if file.role == "data"] for made in (one, many)]
    assert sums[0] == sums[1]
    assert len(sums[0]) == 14


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
