"""The generated archive: what its granules hold and what its items say."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pystac
import pytest
import rasterio
from pyproj import Transformer
from rio_cogeo import cog_validate
from shapely import box, contains_xy, transform
from shapely.geometry import shape

from processing.angles import AngleGrid, Angles, read_angles
from processing.sample import make_archive
from processing.sample.geometry import view_nodes
from processing.sample.granule_xml import granule_xml
from processing.sample.grids import archive_window
from processing.sample.names import Names
from processing.sample.passes import plan_passes
from processing.sample.scene import Scene

SLOVENIA = Path(__file__).parents[2].parent / "shared" / "data" / "s2" / "slovenia_2023"
SMALL = {"size_km": 3, "dates": 4}
TILE_CORNERS = {"33TWL": (499980, 5100000), "33TWM": (499980, 5200020)}
BAND_METRES = {
    "coastal": 60,
    "blue": 10,
    "green": 10,
    "red": 10,
    "rededge1": 20,
    "rededge2": 20,
    "rededge3": 20,
    "nir": 10,
    "nir08": 20,
    "swir16": 20,
    "swir22": 20,
}
MEASURED_METRES = BAND_METRES | {"scl": 20, "aot": 20}
"""The rasters that are 0 exactly where nothing was measured."""

NATIVE_METRES = MEASURED_METRES | {"cloud": 20, "snow": 20}


class Archive:
    """Reads a made archive as any other program would, by its items.json."""

    def __init__(self, items: Path):
        self.folder = items.parent
        self.items = json.loads(items.read_text())["features"]

    def of_tile(self, tile: str) -> list[dict]:
        return [item for item in self.items if item["properties"]["grid:code"] == f"MGRS-{tile}"]

    def angles(self, item: dict) -> Angles:
        return read_angles((self.folder / item["assets"]["granule_metadata"]["href"]).read_bytes())

    def places(self, item: dict) -> tuple[np.ndarray, np.ndarray]:
        """East and north of every pixel of 20 m, metres."""
        left, top = (item["assets"]["scl"]["proj:transform"][i] for i in (2, 5))
        height, width = item["assets"]["scl"]["proj:shape"]
        return np.meshgrid(left + 10 + 20 * np.arange(width), top - 10 - 20 * np.arange(height))

    def read(self, item: dict, key: str) -> np.ndarray:
        with rasterio.open(self.folder / item["assets"][key]["href"]) as source:
            return source.read(1)

    def reflectance(self, item: dict, key: str) -> np.ndarray:
        """By the item's own scale and offset; NaN where nothing was measured."""
        numbers = self.read(item, key)
        band = item["assets"][key]["raster:bands"][0]
        return np.where(numbers == band["nodata"], np.nan, numbers * band["scale"] + band["offset"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Archive:
    return Archive(make_archive(tmp_path_factory.mktemp("archive") / "small", **SMALL))


@pytest.fixture(scope="module")
def clear_archive(tmp_path_factory) -> Archive:
    return Archive(make_archive(tmp_path_factory.mktemp("archive") / "clear", **SMALL, cloudiness=0))


@pytest.fixture(scope="module")
def cloudy_archive(tmp_path_factory) -> Archive:
    """Larger than the tiles' overlap, in spring: cumulus and decks, cirrus, and snow on the mountains."""
    folder = tmp_path_factory.mktemp("archive") / "cloudy"
    return Archive(make_archive(folder, size_km=10.2, dates=7, start=date(2024, 4, 20), cloudiness=0.5))


def test_every_date_is_there_on_both_tiles_as_one_datatake(archive):
    southern, northern = archive.of_tile("33TWL"), archive.of_tile("33TWM")
    assert len(southern) == len(northern) == 4
    for south, north in zip(southern, northern, strict=True):
        assert south["properties"]["s2:datatake_id"] == north["properties"]["s2:datatake_id"]
        assert south["properties"]["s2:granule_id"] != north["properties"]["s2:granule_id"]
    assert len({item["properties"]["s2:datatake_id"] for item in archive.items}) == 4


def test_twelve_dates_lie_within_two_months_from_the_start_on_two_orbits_and_both_satellites(tmp_path):
    items = Archive(make_archive(tmp_path / "a", size_km=1.2, dates=12, start=date(2023, 3, 1))).items
    days = sorted({item["properties"]["datetime"][:10] for item in items})
    assert len(days) == 12
    assert days[0] == "2023-03-01"
    assert (date.fromisoformat(days[-1]) - date(2023, 3, 1)).days <= 61
    assert {item["properties"]["sat:relative_orbit"] for item in items} == {79, 122}
    assert {item["properties"]["platform"] for item in items} == {"sentinel-2a", "sentinel-2b"}


@pytest.mark.parametrize(("layout", "files"), [("cog", 2 * 2 * 16 + 2), ("safe", None)])
def test_the_same_seed_gives_the_same_bytes_in_any_process_with_any_number_of_threads(tmp_path, layout, files):
    make_archive(tmp_path / "one", size_km=1.8, dates=2, threads=1, layout=layout)
    command = [sys.executable, "-m", "processing.sample", str(tmp_path / "two"), "--size-km", "1.8", "--dates", "2"]
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    subprocess.run([*command, "--threads", "3", "--layout", layout], check=True, env=environment, timeout=60)
    one, two = sums_of(tmp_path / "one"), sums_of(tmp_path / "two")
    assert len(one) == (files or len(one)) > 60
    assert any(name.endswith("MTD_TL.xml") for name in one)
    assert one == two


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_another_seed_gives_another_land(tmp_path):
    one = Archive(make_archive(tmp_path / "one", size_km=1.8, dates=1, cloudiness=0))
    two = Archive(make_archive(tmp_path / "two", size_km=1.8, dates=1, cloudiness=0, seed=8))
    first, second = one.read(one.items[0], "red"), two.read(two.items[0], "red")
    assert (first != second)[first > 0].mean() > 0.9


def test_bands_are_at_their_native_resolution_on_the_lattice_of_their_tile(archive):
    for item in archive.items:
        west, north = TILE_CORNERS[item["properties"]["grid:code"][5:]]
        assert set(item["assets"]) == {*NATIVE_METRES, "granule_metadata"}
        for key, metres in NATIVE_METRES.items():
            asset = item["assets"][key]
            with rasterio.open(archive.folder / asset["href"]) as source:
                assert source.crs.to_epsg() == item["properties"]["proj:epsg"] == 32633
                assert source.res == (metres, metres)
                # A probability of 0 is a number like any other.
                assert source.nodata == asset["raster:bands"][0].get("nodata")
                assert source.nodata == (None if key in ("cloud", "snow") else 0)
                assert source.dtypes[0] == asset["raster:bands"][0]["data_type"]
                assert list(source.shape) == asset["proj:shape"]
                assert list(source.transform)[:6] == asset["proj:transform"]
                for edge in (source.bounds.left - west, source.bounds.right - west):
                    assert edge % 60 == 0 and 0 <= edge <= 109800
                for edge in (north - source.bounds.top, north - source.bounds.bottom):
                    assert edge % 60 == 0 and 0 <= edge <= 109800


def test_all_files_are_valid_deflated_cogs_with_the_block_size_that_was_asked_for(tmp_path):
    archive = Archive(make_archive(tmp_path / "a", size_km=6, dates=1, blocksize=256))
    for item in archive.items:
        for key in NATIVE_METRES:
            path = archive.folder / item["assets"][key]["href"]
            valid, errors, _ = cog_validate(path)
            assert valid, errors
            with rasterio.open(path) as source:
                assert source.compression.name == "deflate"
                if max(source.shape) >= 256:
                    assert source.block_shapes == [(256, 256)]
                if max(source.shape) > 512:
                    assert source.overviews(1)


def test_the_tiles_agree_where_they_overlap(archive):
    for south, north in zip(archive.of_tile("33TWL"), archive.of_tile("33TWM"), strict=True):
        for key, metres in NATIVE_METRES.items():
            below, above = archive.read(south, key), archive.read(north, key)
            top_gap = int(north["assets"][key]["proj:transform"][5] - south["assets"][key]["proj:transform"][5])
            assert top_gap > 0, "the northern tile reaches further north"
            rows = min(above.shape[0] - top_gap // metres, below.shape[0])
            assert rows > 0
            np.testing.assert_array_equal(above[top_gap // metres :][:rows], below[:rows])


def test_a_large_window_has_parts_that_only_one_tile_covers_and_the_true_overlap(cloudy_archive):
    south, north = cloudy_archive.of_tile("33TWL")[0], cloudy_archive.of_tile("33TWM")[0]
    with rasterio.open(cloudy_archive.folder / south["assets"]["red"]["href"]) as source:
        south_bounds = source.bounds
    with rasterio.open(cloudy_archive.folder / north["assets"]["red"]["href"]) as source:
        north_bounds = source.bounds
    assert (south_bounds.top, north_bounds.bottom) == (5100000, 5090220)
    assert south_bounds.bottom < 5090220 < 5100000 < north_bounds.top


def test_scene_classes_are_zero_exactly_where_every_band_is(archive):
    partial = 0
    for item in archive.items:
        measured = archive.read(item, "scl") != 0
        partial += 0 < measured.mean() < 1
        for key, metres in MEASURED_METRES.items():
            numbers = archive.read(item, key) != 0
            if metres == 60:
                np.testing.assert_array_equal(numbers.repeat(3, 0).repeat(3, 1), measured)
            else:
                factor = 20 // metres
                np.testing.assert_array_equal(numbers, measured.repeat(factor, 0).repeat(factor, 1))
    assert partial == 4, "orbit 122 covers the window only partly, on two of the four dates and both tiles"


def test_the_footprint_is_the_measured_part(archive):
    to_metres = Transformer.from_crs(4326, 32633, always_xy=True).transform
    for item in archive.items:
        with rasterio.open(archive.folder / item["assets"]["scl"]["href"]) as source:
            measured_m2 = np.count_nonzero(source.read(1)) * 400
            grid = box(*source.bounds)
        footprint = transform(shape(item["geometry"]), to_metres, interleaved=False)
        assert footprint.area == pytest.approx(measured_m2, rel=0.01)
        assert grid.buffer(1).contains(footprint)
        assert item["bbox"] == pytest.approx(shape(item["geometry"]).bounds)


def test_percentages_are_true_to_the_scene_classes(cloudy_archive):
    for item in cloudy_archive.items:
        classes = cloudy_archive.read(item, "scl")
        measured = classes[classes != 0]
        said = item["properties"]
        assert said["eo:cloud_cover"] == pytest.approx(100 * np.isin(measured, (8, 9, 10)).mean(), abs=1e-5)
        assert said["s2:nodata_pixel_percentage"] == pytest.approx(100 * (classes == 0).mean(), abs=1e-5)
        assert said["s2:water_percentage"] == pytest.approx(100 * (measured == 6).mean(), abs=1e-5)


def test_scene_classes_match_what_the_bands_show(cloudy_archive):
    seen = {number: {"blue": [], "nir08": [], "swir16": [], "ndvi": []} for number in range(1, 12)}
    for item in cloudy_archive.items:
        classes = cloudy_archive.read(item, "scl")
        red = cloudy_archive.reflectance(item, "red").reshape(classes.shape[0], 2, -1, 2).mean((1, 3))
        blue = cloudy_archive.reflectance(item, "blue").reshape(classes.shape[0], 2, -1, 2).mean((1, 3))
        nir, swir = (cloudy_archive.reflectance(item, key) for key in ("nir08", "swir16"))
        for number in np.unique(classes[classes > 0]):
            where = classes == number
            seen[number]["blue"].append(blue[where])
            seen[number]["nir08"].append(nir[where])
            seen[number]["swir16"].append(swir[where])
            seen[number]["ndvi"].append(((nir - red) / (nir + red))[where])
    median = {
        number: {key: float(np.median(np.concatenate(parts))) for key, parts in bands.items()}
        for number, bands in seen.items()
        if bands["blue"]
    }
    assert set(median) >= {2, 3, 4, 5, 6, 8, 9, 10, 11}
    assert median[9]["blue"] > median[8]["blue"] > 0.12 > median[4]["blue"]
    assert median[9]["nir08"] > 0.35 and median[9]["swir16"] > 0.2
    assert median[4]["ndvi"] > 0.6 > 0.4 > median[5]["ndvi"]
    assert median[6]["ndvi"] < 0 and median[6]["swir16"] < 0.02
    assert median[11]["blue"] > 0.4 and median[11]["swir16"] < 0.2, "snow is bright, and dark in the infrared"
    assert median[3]["nir08"] < 0.6 * median[4]["nir08"]
    assert median[2]["nir08"] < 0.6 * median[4]["nir08"]


def test_cloud_probabilities_keep_to_their_scene_classes(cloudy_archive):
    seen = {number: set() for number in range(12)}
    for item in cloudy_archive.items:
        classes, percent = cloudy_archive.read(item, "scl"), cloudy_archive.read(item, "cloud")
        for number in np.unique(classes):
            seen[number] |= set(np.unique(percent[classes == number]).tolist())
    assert seen[0] <= {0}
    assert min(seen[9]) >= 65 and max(seen[9]) == 100
    assert min(seen[8]) >= 35 and max(seen[8]) < 65
    assert min(seen[10]) >= 15 and max(seen[10]) < 50
    for ground in (2, 3, 4, 5, 6, 11):
        assert max(seen[ground]) < 35 and len(seen[ground]) > 3


def test_snow_probability_is_high_on_snow_alone(cloudy_archive):
    snow, clear, hidden = [], [], []
    for item in cloudy_archive.items:
        classes, percent = cloudy_archive.read(item, "scl"), cloudy_archive.read(item, "snow")
        snow.append(percent[classes == 11])
        clear.append(percent[np.isin(classes, (2, 4, 5, 6, 7))])
        hidden.append(percent[classes == 9])
        assert not percent[classes == 0].any()
    snow, clear, hidden = (np.concatenate(parts) for parts in (snow, clear, hidden))
    assert snow.min() >= 50 and snow.max() == 100 and np.median(snow) > 80
    assert clear.max() <= 50 and np.median(clear) == 0
    assert not hidden.any()


def test_aerosol_is_a_smooth_field_that_differs_by_date_and_grows_under_clouds(cloudy_archive):
    levels = []
    for item in cloudy_archive.of_tile("33TWM"):
        thickness = cloudy_archive.read(item, "aot").astype(float)
        classes, declared = cloudy_archive.read(item, "scl"), item["assets"]["aot"]["raster:bands"][0]
        assert (declared["scale"], declared["offset"]) == (0.001, 0)
        clear = np.isin(classes, (4, 5, 6))
        if clear.mean() > 0.05:
            levels.append(round(np.median(thickness[clear]) * declared["scale"], 3))
        pairs = clear[:, 1:] & clear[:, :-1]
        assert np.abs(np.diff(thickness, axis=1)[pairs]).max(initial=0) <= 30
        if clear.any() and (classes == 9).any():
            assert np.median(thickness[classes == 9]) > np.median(thickness[clear]) + 50
    assert len(set(levels)) == len(levels) >= 4
    assert all(0.03 < level < 0.4 for level in levels)


def test_granule_metadata_give_plausible_angles_everywhere_it_was_measured(archive):
    for item in archive.items:
        said = item["properties"]
        angles, measured = archive.angles(item), archive.read(item, "scl") > 0
        at = {name: getattr(angles, name).at(*archive.places(item))[measured] for name in vars(angles)}
        assert all(np.isfinite(values).all() for values in at.values())
        assert at["sun_zenith"].mean() == pytest.approx(90 - said["view:sun_elevation"], abs=0.5)
        assert at["sun_azimuth"].mean() == pytest.approx(said["view:sun_azimuth"], abs=1)
        # Orbit 79 flies in the east of the window, orbit 122 in the west.
        side, near, far = (104, 5, 8) if said["sat:relative_orbit"] == 79 else (284, 10, 12)
        assert np.abs(at["view_azimuth_mean"] - side).max() < 15
        assert near < at["view_zenith_mean"].min() < at["view_zenith_mean"].max() < far


@pytest.mark.parametrize("size_km", [2.4, 12, 60])
def test_the_swath_ends_beyond_eleven_degrees_and_less_oblique_parts_remain(size_km):
    whole = archive_window(size_km, ("33TWL", "33TWM"))
    (passing,) = plan_passes(date(2024, 6, 3), 1)
    for tile in ("33TWL", "33TWM"):
        grid = whole.part_in_tile(tile)
        zenith = view_zenith(passing, grid, whole)
        steps = np.linspace(0, 1, 241)
        east, north = np.meshgrid(grid.left + steps * grid.width_m, grid.top - steps * grid.height_m)
        inside = contains_xy(passing.swath(whole), east, north)
        angle = zenith.at(east, north)
        # The last measured points of every row.
        edge = inside[:, :-1] & ~inside[:, 1:]
        assert edge.any(axis=1).all()
        assert angle[:, :-1][edge].min() > 11
        assert angle[inside].max() < 12
        # As wide as a fifth of the window, up to the ten kilometres or so of the true swath.
        strip_m = (inside & (angle >= 11)).sum(axis=1).mean() / 240 * grid.width_m
        assert strip_m == pytest.approx(min(0.2 * whole.width_m * np.hypot(1, 0.25), 10_600), rel=0.1)
        assert (inside & (angle < 11)).mean() > 0.25


def view_zenith(passing, grid, whole) -> AngleGrid:
    """Mean over all bands and detectors, as a reader of the file makes it."""
    scene = Scene({"SCL": np.full(grid.shape(20), 4, np.uint8), "AOT": np.full(grid.shape(20), 100, np.uint16)})
    return read_angles(granule_xml(Names(passing, "33TWL"), grid, whole, scene)).view_zenith_mean


def test_granule_metadata_are_built_like_a_real_file(archive):
    for item in archive.items:
        root = ElementTree.parse(archive.folder / item["assets"]["granule_metadata"]["href"]).getroot()
        assert root.findtext(".//TILE_ID") == item["properties"]["s2:granule_id"]
        assert root.findtext(".//SENSING_TIME") == item["properties"]["datetime"]
        assert root.findtext(".//HORIZONTAL_CS_CODE") == "EPSG:32633"
        for metres in (10, 20, 60):
            key = {10: "red", 20: "scl", 60: "coastal"}[metres]
            size, place = (root.find(f".//{tag}[@resolution='{metres}']") for tag in ("Size", "Geoposition"))
            west, north = (item["assets"][key]["proj:transform"][i] for i in (2, 5))
            assert [int(e.text) for e in size] == item["assets"][key]["proj:shape"]
            assert [int(e.text) for e in place] == [west, north, metres, -metres]
        grids = list(root.iter("Viewing_Incidence_Angles_Grids"))
        assert {int(grid.attrib["bandId"]) for grid in grids} == set(range(13))
        for values in root.iter("Values_List"):
            assert [len(row.text.split()) for row in values] == [23] * 23
        assert {step.text for kind in ("COL_STEP", "ROW_STEP") for step in root.iter(kind)} == {"5000"}
        assert len(root.findall(".//Mean_Viewing_Incidence_Angle")) == 13
        said = item["properties"]
        assert float(root.findtext(".//CLOUDY_PIXEL_PERCENTAGE")) == said["eo:cloud_cover"]
        for name in ("nodata_pixel", "thin_cirrus", "snow_ice", "vegetation"):
            assert float(root.findtext(f".//{name.upper()}_PERCENTAGE")) == said[f"s2:{name}_percentage"]


def test_detectors_overlap_look_ahead_and_back_in_turn_and_leave_the_rest_unknown():
    whole = archive_window(109, ("33TWL",))
    (passing,) = plan_passes(date(2024, 6, 3), 1)
    nodes = view_nodes(passing, whole, whole)
    detectors = sorted({detector for _, detector in nodes})
    assert detectors[-1] == 12 and len(detectors) >= 3
    for before, after in pairwise(detectors):
        first, second = nodes[0, before], nodes[0, after]
        both = np.isfinite(first.zenith) & np.isfinite(second.zenith)
        assert 1 <= both.sum() < np.isfinite(first.zenith).sum() / 2
        assert np.isnan(first.zenith).any() and np.isnan(second.zenith).any()
        # Even detectors look back: the satellite stands further north then.
        ahead, back = (first, second) if before % 2 else (second, first)
        turned = back.azimuth[both] - ahead.azimuth[both]
        assert turned.min() > 10 and turned.max() < 50
    bands = [np.nanmean(nodes[band, 12].zenith) for band in range(13)]
    assert len(set(np.round(bands, 3))) == 13, "every band looks another way"


@pytest.mark.real_data
@pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository")
@pytest.mark.parametrize("tile", ["33TWL", "33TWM"])
def test_the_sun_stands_where_it_stood_over_the_real_granules(tmp_path, tile):
    real = read_angles((SLOVENIA / f"S2A_{tile}_20230818_0_L2A" / "MTD_TL.xml").read_bytes())
    archive = Archive(make_archive(tmp_path / "a", size_km=1.8, dates=1, start=date(2023, 8, 18), tiles=(tile,)))
    (item,) = archive.items
    made, places = archive.angles(item), archive.places(item)
    for name, tolerance_deg in (("sun_zenith", 0.7), ("sun_azimuth", 2.0)):
        difference = getattr(made, name).at(*places) - getattr(real, name).at(*places)
        assert np.abs(difference).max() < tolerance_deg


def test_shadows_lie_on_the_side_away_from_the_sun(cloudy_archive):
    item = cloudy_archive.of_tile("33TWM")[3]
    classes = cloudy_archive.read(item, "scl")
    cloud, shadow = np.isin(classes, (8, 9)), classes == 3
    # The morning sun stands in the south-east, so a shadow has its cloud below and to the right.
    towards_sun = [(shadow[:-n, :-m] & cloud[n:, m:]).mean() for n, m in ((20, 12), (40, 24), (60, 36))]
    away = [(shadow[n:, m:] & cloud[:-n, :-m]).mean() for n, m in ((20, 12), (40, 24), (60, 36))]
    assert max(towards_sun) > 2 * max(away)


def test_cloudiness_sets_the_mean_and_dates_differ(tmp_path):
    archive = Archive(make_archive(tmp_path / "a", size_km=3, dates=12, cloudiness=0.5))
    whole = [item for item in archive.items if item["properties"]["s2:nodata_pixel_percentage"] == 0]
    covers = [item["properties"]["eo:cloud_cover"] for item in whole]
    assert 30 < np.mean(covers) < 70
    assert min(covers) < 15 and max(covers) > 75


def test_without_clouds_the_sky_is_clear(clear_archive):
    assert [item["properties"]["eo:cloud_cover"] for item in clear_archive.items] == [0] * 8
    for item in clear_archive.items:
        assert not np.isin(clear_archive.read(item, "scl"), (3, 8, 9, 10)).any()


def test_with_nothing_but_clouds_no_ground_is_seen(tmp_path):
    archive = Archive(make_archive(tmp_path / "a", size_km=1.8, dates=1, cloudiness=1))
    assert [item["properties"]["eo:cloud_cover"] for item in archive.items] == [100, 100]


def test_items_say_by_their_baseline_whether_an_offset_was_added(archive):
    offsets = {}
    for item in archive.items:
        bands = [item["assets"][key]["raster:bands"][0] for key in BAND_METRES]
        assert {band["scale"] for band in bands} == {0.0001}
        (offsets[item["properties"]["s2:processing_baseline"]],) = {band["offset"] for band in bands}
        baseline = item["properties"]["s2:processing_baseline"].replace(".", "")
        assert f"_N{baseline}_" in item["properties"]["s2:product_uri"]
        assert item["properties"]["s2:datatake_id"].endswith(item["properties"]["s2:processing_baseline"])
    assert offsets == {"04.00": -0.1, "03.01": 0, "05.09": -0.1}


def test_mixed_baselines_give_one_reflectance_for_one_clear_pixel(clear_archive):
    first, second = clear_archive.of_tile("33TWM")[:2]
    assert first["properties"]["s2:processing_baseline"] == "04.00"
    assert second["properties"]["s2:processing_baseline"] == "03.01"
    for key in BAND_METRES:
        earlier, later = clear_archive.reflectance(first, key), clear_archive.reflectance(second, key)
        both = np.isfinite(earlier) & np.isfinite(later)
        difference = np.median((later - earlier)[both])
        assert abs(difference) < 0.02, f"{key} changed by {difference:.3f} in a week"
        numbers = clear_archive.read(first, key).astype(float) - clear_archive.read(second, key)
        assert np.median(numbers[both]) > 800, "the stored numbers are an offset apart"


def test_crops_ripen_over_two_months_while_lakes_stay(tmp_path):
    archive = Archive(make_archive(tmp_path / "a", size_km=3, dates=8, cloudiness=0))
    whole = [i for i in archive.of_tile("33TWM") if i["properties"]["s2:nodata_pixel_percentage"] == 0]
    first, last = whole[0], whole[-1]
    change = np.abs(archive.reflectance(last, "red") - archive.reflectance(first, "red"))
    assert (change > 0.04).mean() > 0.05
    assert (change < 0.01).mean() > 0.2
    water = (archive.read(first, "scl") == 6) & (archive.read(last, "scl") == 6)
    assert water.any()
    assert np.median(change.reshape(water.shape[0], 2, -1, 2).mean((1, 3))[water]) < 0.005


def test_coarse_bands_are_means_of_the_same_land(clear_archive):
    item = clear_archive.of_tile("33TWM")[1]
    nir = clear_archive.reflectance(item, "nir")
    coarse = nir.reshape(nir.shape[0] // 2, 2, -1, 2).mean((1, 3))
    narrow = clear_archive.reflectance(item, "nir08")
    assert np.corrcoef(coarse.ravel(), narrow.ravel())[0, 1] > 0.98
    blue = clear_archive.reflectance(item, "blue")
    coarse = blue.reshape(blue.shape[0] // 6, 6, -1, 6).mean((1, 3))
    assert np.corrcoef(coarse.ravel(), clear_archive.reflectance(item, "coastal").ravel())[0, 1] > 0.98


def test_pystac_reads_the_collection_and_finds_every_file(archive):
    path = archive.folder / "items.json"
    items = list(pystac.ItemCollection.from_file(str(path)))
    assert len(items) == 8
    for item in items:
        item.set_self_href(str(path))
        assert item.datetime is not None and item.bbox is not None
        for key, asset in item.assets.items():
            assert Path(asset.get_absolute_href()).is_file()
            assert asset.media_type == (pystac.MediaType.COG if key in NATIVE_METRES else pystac.MediaType.XML)


def test_one_tile_alone_can_be_had_for_a_benchmark(tmp_path):
    items = Archive(make_archive(tmp_path / "a", size_km=1.8, dates=1, tiles=("33TWM",))).items
    assert [item["properties"]["grid:code"] for item in items] == ["MGRS-33TWM"]
    assert items[0]["assets"]["red"]["proj:shape"] == [180, 180]
