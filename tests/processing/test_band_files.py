"""Which raster of a band is read for which pixel size, where an archive holds it in several."""

import json
import re

import pytest
from archive_items import RESOLUTION_M, SHARED, data_space_item, earth_search_item, planetary_computer_item

from processing.band_files import NATIVE_RESOLUTION_M, REFLECTANCES, BandFile
from processing.errors import CorruptInput
from processing.granule import Granule, granule_from_item

# S2GM ATBD table 2-1: the pixel size that each band is read in for a mosaic of 10, 20 and 60 m.
READ_IN_M = {
    10: dict.fromkeys(("B02", "B03", "B04", "B08", "AOT"), 10)
    | dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12", "SCL"), 20)
    | {"B01": 60},
    20: dict.fromkeys(("B02", "B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL", "AOT"), 20)
    | {"B01": 60, "B08": 10},
    60: dict.fromkeys(("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12", "SCL", "AOT"), 60)
    | {"B08": 10},
}


def granule(item: dict) -> Granule:
    return granule_from_item(item, base="/archive")


def sizes_m(read: Granule) -> dict[str, int]:
    """The pixel size in the name of each file."""
    return {band: int(re.search(r"_(\d\d)m\.", file.href)[1]) for band, file in read.files.items()}


def stactools_item(*, plain: dict[str, dict]) -> dict:
    """Bands by common name; the resolution is named of coarser copies only."""
    item = earth_search_item(base="./copies", **{"earthsearch:boa_offset_applied": None})
    item["assets"] = {name: {"href": f"./{name}_plain.tif", **declared} for name, declared in plain.items()}
    item["assets"] |= {f"{name}_60m": {"href": f"./{name}_60m.tif"} for name in plain}
    return item


def with_aot(item: dict) -> dict:
    item["assets"] |= {f"AOT_{size}m": {"href": f"s3://eodata/AOT_{size}m.jp2"} for size in (10, 20, 60)}
    return item


@pytest.mark.parametrize("resolution_m", [10, 20, 60])
def test_each_band_is_read_in_the_pixel_size_that_s2gm_reads_it_in(resolution_m):
    read = granule(with_aot(data_space_item())).for_resolution(resolution_m)
    assert sizes_m(read) == READ_IN_M[resolution_m]


def test_all_copies_of_the_data_space_are_known():
    read = granule(data_space_item())
    expected = {band: sizes for band, sizes in RESOLUTION_M.items() if band != "B09"} | {"SCL": (20, 60)}
    assert {band: tuple(file.copies) for band, file in read.files.items()} == expected


@pytest.mark.parametrize("build", [earth_search_item, planetary_computer_item])
@pytest.mark.parametrize("resolution_m", [10, 20, 60])
def test_without_copies_nothing_changes(build, resolution_m):
    read = granule(build())
    assert all(file.copies == {} for file in read.files.values())
    assert read.for_resolution(resolution_m) == read


def test_going_from_one_pixel_size_to_another_leaves_no_trace():
    read = granule(data_space_item())
    assert read.for_resolution(60).for_resolution(10) == read.for_resolution(10)


def test_offsets_survive_the_change_of_pixel_size():
    read = granule(data_space_item(offset=-0.1)).for_resolution(60)
    assert {read.files[band].offset for band in REFLECTANCES} == {-1000}
    assert read.files["SCL"].offset == 0
    settled = read.with_offset(0, "by pixels").for_resolution(20)
    assert {file.offset for file in settled.files.values()} == {0}
    assert sizes_m(settled)["B02"] == 20


def test_a_copy_finer_than_the_band_serves_only_where_there_is_nothing_else():
    only_fine = BandFile("/b01_20", 0, {20: "/b01_20"})
    assert only_fine.for_resolution(60, native_m=60).href == "/b01_20"
    assert BandFile("/b01_20", 0, {20: "/b01_20", 60: "/b01_60"}).for_resolution(20, native_m=60).href == "/b01_60"


def test_the_coarsest_of_the_finer_copies_is_averaged():
    file = BandFile("/10", 0, {10: "/10", 20: "/20"})
    assert file.for_resolution(60, native_m=10).href == "/20"


def test_the_finest_of_the_coarser_copies_is_looked_up():
    file = BandFile("/20", 0, {60: "/60", 20: "/20"})
    assert file.for_resolution(10, native_m=10).href == "/20"


@pytest.mark.parametrize(
    ("declared", "size_m"),
    [
        ({}, 10),
        ({"gsd": 20}, 20),
        ({"raster:bands": [{"spatial_resolution": 20}]}, 20),
        ({"proj:transform": [20.0, 0.0, 499980.0, 0.0, -20.0, 5100000.0]}, 20),
        ({"gsd": "fine", "proj:transform": [], "raster:bands": [{"spatial_resolution": None}]}, 10),
        ({"gsd": [20], "proj:transform": "20", "raster:bands": {}}, 10),
    ],
)
def test_an_asset_without_a_size_in_its_name_has_the_declared_one_or_that_of_its_band(declared, size_m):
    read = granule(stactools_item(plain={"blue": declared, "scl": {}}))
    assert read.files["B02"].copies == {60: "/archive/blue_60m.tif", size_m: "/archive/blue_plain.tif"}
    assert read.files["SCL"].copies == {60: "/archive/scl_60m.tif", 20: "/archive/scl_plain.tif"}
    assert read.files["B02"].href == "/archive/blue_plain.tif"


def test_a_copy_that_declares_another_offset_is_left_out():
    item = data_space_item(offset=-0.1)
    item["assets"]["B02_60m"]["raster:offset"] = 0
    assert tuple(granule(item).files["B02"].copies) == (10, 20)


def test_a_copy_with_a_scale_that_cannot_be_read_spoils_the_item():
    item = data_space_item()
    item["assets"]["B02_60m"]["raster:scale"] = 0.5
    with pytest.raises(CorruptInput, match=r"declares a scale of 0\.5 for B02"):
        granule(item)


def test_a_copy_at_a_place_that_is_not_opened_spoils_the_item():
    item = data_space_item()
    item["assets"]["B02_60m"]["href"] = "vrt:///etc/passwd"
    with pytest.raises(CorruptInput, match="only paths"):
        granule(item)


@pytest.mark.parametrize("copy", [None, [], "B02_60m.jp2", {}, {"href": ""}])
def test_a_copy_without_an_href_is_none(copy):
    item = data_space_item()
    item["assets"]["B02_60m"] = copy
    assert tuple(granule(item).files["B02"].copies) == (10, 20)


@pytest.mark.parametrize("offset", [1e5, -1e5, 1e300, 10**400, float("nan"), float("inf")])
def test_an_offset_that_no_reflectance_has_spoils_the_item(offset):
    with pytest.raises(CorruptInput, match=r"declares an? (raster:)?offset .*(that is no offset|not a number)"):
        granule(data_space_item(offset=offset))


def test_every_file_of_a_granule_has_a_native_resolution():
    assert set(NATIVE_RESOLUTION_M) == {*REFLECTANCES, "SCL", "CLD", "SNW", "AOT"}


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED.exists(), reason="the sample archives are not beside the repository")
@pytest.mark.parametrize("resolution_m", [10, 20, 60])
def test_real_items_of_stactools_are_read_as_s2gm_reads_them(resolution_m):
    paths = sorted((SHARED / "safe_metadata").glob("*MSIL2A*/expected_output.json"))
    assert len(paths) >= 6
    for path in paths:
        read = granule_from_item(json.loads(path.read_text()), base=str(path.parent)).for_resolution(resolution_m)
        assert sizes_m(read) == READ_IN_M[resolution_m], path
