"""The generated archive: what its granules hold, what its items say, and how it comes onto the disk."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pyproj import Transformer
from rio_cogeo import cog_validate
from shapely import box, transform
from shapely.geometry import shape

from processing.sample import make_archive

SMALL = {"size_km": 3, "dates": 4}
TILE_CORNERS = {"33TWL": (499980, 5100000), "33TWM": (499980, 5200020)}
NATIVE_METRES = {
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
    "scl": 20,
}


class Archive:
    """Reads a made archive as any other program would, by its items.json."""

    def __init__(self, items: Path):
        self.folder = items.parent
        self.items = json.loads(items.read_text())["features"]

    def of_tile(self, tile: str) -> list[dict]:
        return [item for item in self.items if item["properties"]["grid:code"] == f"MGRS-{tile}"]

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


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_threads(tmp_path):
    one = make_archive(tmp_path / "one", size_km=1.8, dates=2, threads=1).parent
    two = make_archive(tmp_path / "two", size_km=1.8, dates=2, threads=3).parent
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(names) == 2 * 2 * 12 + 2
    assert names == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert [n for n in names if (one / n).read_bytes() != (two / n).read_bytes()] == []


def test_another_seed_gives_another_land(tmp_path):
    one = Archive(make_archive(tmp_path / "one", size_km=1.8, dates=1, cloudiness=0))
    two = Archive(make_archive(tmp_path / "two", size_km=1.8, dates=1, cloudiness=0, seed=8))
    first, second = one.read(one.items[0], "red"), two.read(two.items[0], "red")
    assert (first != second)[first > 0].mean() > 0.9


def test_bands_are_at_their_native_resolution_on_the_lattice_of_their_tile(archive):
    for item in archive.items:
        west, north = TILE_CORNERS[item["properties"]["grid:code"][5:]]
        assert set(item["assets"]) == set(NATIVE_METRES)
        for key, metres in NATIVE_METRES.items():
            asset = item["assets"][key]
            with rasterio.open(archive.folder / asset["href"]) as source:
                assert source.crs.to_epsg() == item["properties"]["proj:epsg"] == 32633
                assert source.res == (metres, metres)
                assert source.nodata == 0
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
        for asset in item["assets"].values():
            path = archive.folder / asset["href"]
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
        for key, metres in NATIVE_METRES.items():
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
        bands = [a["raster:bands"][0] for key, a in item["assets"].items() if key != "scl"]
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
    for key in set(NATIVE_METRES) - {"scl"}:
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
        for asset in item.assets.values():
            assert Path(asset.get_absolute_href()).is_file()
            assert asset.media_type == pystac.MediaType.COG


def test_one_tile_alone_can_be_had_for_a_benchmark(tmp_path):
    items = Archive(make_archive(tmp_path / "a", size_km=1.8, dates=1, tiles=("33TWM",))).items
    assert [item["properties"]["grid:code"] for item in items] == ["MGRS-33TWM"]
    assert items[0]["assets"]["red"]["proj:shape"] == [180, 180]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size_km": 0.5}, "The size must be between 1.2 and 109.8 km, not 0.5."),
        ({"size_km": 500}, "The size must be between 1.2 and 109.8 km, not 500."),
        ({"size_km": float("nan")}, "The size must be between 1.2 and 109.8 km, not nan."),
        ({"dates": 0}, "The number of dates must be between 1 and 400, not 0."),
        ({"start": date(1999, 1, 1)}, "launch of Sentinel-2"),
        ({"seed": -1}, "The seed must be 0 or a positive whole number, not -1."),
        ({"cloudiness": 1.5}, "The cloudiness must be between 0 and 1, not 1.5."),
        ({"blocksize": 100}, "The block size must be a multiple of 128 up to 4096 pixels, not 100."),
        ({"tiles": ("32TQM",)}, "The tiles must be 33TWL or 33TWM or both, each once, not 32TQM."),
        ({"tiles": ()}, "not none."),
        ({"threads": 0}, "The number of threads must be between 1 and 64, not 0."),
    ],
)
def test_nonsense_arguments_are_refused_with_one_sentence_and_leave_nothing(tmp_path, arguments, sentence):
    with pytest.raises(ValueError) as refusal:
        make_archive(tmp_path / "a", **(SMALL | arguments))
    assert sentence in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_made_archive_is_reused(tmp_path):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    before = items.stat().st_mtime_ns, items.parent.stat().st_ino
    assert make_archive(tmp_path / "a", size_km=1.2, dates=1) == items
    assert (items.stat().st_mtime_ns, items.parent.stat().st_ino) == before
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_other_arguments_replace_an_earlier_archive(tmp_path):
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert len(Archive(make_archive(tmp_path / "a", size_km=1.2, dates=2)).items) == 4


@pytest.mark.parametrize("harm", ["missing", "truncated"])
def test_an_archive_with_a_damaged_file_is_made_again(tmp_path, harm):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    victim = next(items.parent.glob("*/B04.tif"))
    whole = victim.read_bytes()
    victim.unlink() if harm == "missing" else victim.write_bytes(whole[:100])
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert victim.read_bytes() == whole


def test_a_partial_folder_is_neither_taken_for_an_archive_nor_overwritten(tmp_path):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    (items.parent / "archive.json").unlink()
    with pytest.raises(FileExistsError, match="is no generated archive: name another folder, or remove it first"):
        make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert items.is_file()


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    assert make_archive(tmp_path / "a", size_km=1.2, dates=1).is_file()


def test_a_making_that_fails_leaves_nothing_behind(tmp_path):
    class Stop(Exception):
        pass

    def stop(percent: float) -> None:
        if percent > 50:
            raise Stop

    with pytest.raises(Stop):
        make_archive(tmp_path / "a", size_km=1.2, dates=3, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_making_left_is_cleared_away(tmp_path):
    (tmp_path / ".a.making" / "S2A_33TWL_20240603_0_L2A").mkdir(parents=True)
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def run_module(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "processing.sample", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_command_prints_the_path_of_the_items(tmp_path):
    made = run_module(str(tmp_path / "a"), "--size-km", "1.2", "--dates", "1", "--start", "2022-01-15")
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"{tmp_path / 'a' / 'items.json'}\n"
    assert "100 %" in made.stderr


def test_the_command_refuses_with_one_sentence(tmp_path):
    refused = run_module(str(tmp_path / "a"), "--dates", "0")
    assert refused.returncode == 2
    assert refused.stderr == "The number of dates must be between 1 and 400, not 0.\n"


def test_two_makings_of_one_archive_at_a_time_both_end_with_it(tmp_path):
    command = [sys.executable, "-m", "processing.sample", str(tmp_path / "a"), "--size-km", "1.2", "--dates", "2"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0] == answers[1]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path):
    (tmp_path / "file").write_text("in the way")
    refused = run_module(str(tmp_path / "file" / "a"), "--size-km", "1.2", "--dates", "1")
    assert refused.returncode in (2, 4)
    assert len(refused.stderr.splitlines()) == 1
