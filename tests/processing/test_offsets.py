"""What has to be added to the digital numbers, archive by archive."""

import pytest
from archive_items import data_space_item, earth_search_item, planetary_computer_item

from processing.band_files import REFLECTANCES
from processing.errors import CorruptInput
from processing.granule import Granule, granule_from_item


def granule(item) -> Granule:
    return granule_from_item(item, base="/archive")


def offsets(read: Granule) -> set[int]:
    return {read.files[band].offset for band in REFLECTANCES}


def test_an_offset_declared_applied_is_not_applied_again():
    read = granule(earth_search_item(offset=-0.1, **{"earthsearch:boa_offset_applied": True}))
    assert offsets(read) == {0}
    assert read.offset_rule == "declared applied"
    assert not read.offset_in_doubt


@pytest.mark.parametrize("said", [False, None])
@pytest.mark.parametrize("offset", [-0.1, 0])
def test_earth_search_is_not_believed_that_the_offset_was_left_out(said, offset):
    read = granule(earth_search_item(offset=offset, **{"earthsearch:boa_offset_applied": said}))
    assert read.offset_in_doubt
    assert offsets(read) == {-1000}


def test_a_local_copy_of_an_earth_search_item_is_not_believed_either():
    copied = earth_search_item(base="./files", collection=None, **{"earthsearch:boa_offset_applied": False})
    assert granule(copied).offset_in_doubt


def test_earth_search_without_an_offset_before_04_00_leaves_no_doubt():
    old = {"s2:processing_baseline": "02.14", "earthsearch:boa_offset_applied": False}
    read = granule(earth_search_item(offset=0, **old))
    assert offsets(read) == {0}
    assert not read.offset_in_doubt


def test_the_later_collection_of_earth_search_is_believed():
    item = earth_search_item(
        collection="sentinel-2-c1-l2a",
        base="https://e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com/x",
        **{"earthsearch:boa_offset_applied": False},
    )
    read = granule(item)
    assert offsets(read) == {-1000}
    assert read.offset_rule == "declared by the asset"
    assert not read.offset_in_doubt


def test_an_offset_in_stac_1_1_is_read():
    read = granule(data_space_item(offset=-0.1))
    assert offsets(read) == {-1000}
    assert read.offset_rule == "declared by the asset"


def test_an_offset_declared_for_the_band_of_stac_1_1_is_read():
    item = data_space_item()
    for asset in item["assets"].values():
        if "raster:scale" in asset:
            del asset["raster:scale"], asset["raster:offset"]
            asset["bands"][0] |= {"raster:scale": 0.0001, "raster:offset": -0.1}
    assert granule(item).offset_rule == "declared by the asset"


def test_a_declared_offset_goes_before_the_baseline():
    assert offsets(granule(data_space_item(offset=0))) == {0}


@pytest.mark.parametrize(
    ("baseline", "offset", "rule"),
    [
        ("02.12", 0, "no offset before baseline 04.00"),
        ("03.01", 0, "no offset before baseline 04.00"),
        ("04.00", -1000, "by baseline"),
        ("05.09", -1000, "by baseline"),
        ("10.00", -1000, "by baseline"),
        ("99.99", -1000, "by baseline"),
    ],
)
def test_the_baseline_decides_where_nothing_is_declared(baseline, offset, rule):
    read = granule(planetary_computer_item(**{"s2:processing_baseline": baseline}))
    assert (offsets(read), read.offset_rule, read.offset_in_doubt) == ({offset}, rule, False)


def test_an_old_scene_that_was_processed_again_has_the_offset():
    read = granule(
        planetary_computer_item(
            item_id="S2A_MSIL2A_20180815T095031_R079_T33TWL_20230815T221322",
            **{"s2:datatake_id": "GS2A_20180815T095031_016432_N05.00", "s2:processing_baseline": "05.00"},
        )
    )
    assert offsets(read) == {-1000}


@pytest.mark.parametrize(("year", "offset"), [("2021", 0), ("2023", -1000)])
def test_without_any_baseline_the_date_is_a_guess_and_the_pixels_decide(year, offset):
    read = granule(
        planetary_computer_item(
            item_id=f"S2A_MSIL2A_{year}0815T095031_R079_T33TWL_{year}0815T221322",
            **{
                "s2:processing_baseline": None,
                "s2:product_uri": None,
                "s2:datatake_id": f"GS2A_{year}0815T095031_042547",
            },
        )
    )
    assert read.baseline == ""
    assert (offsets(read), read.offset_in_doubt) == ({offset}, True)


def test_what_is_no_reflectance_gets_no_offset():
    read = granule(planetary_computer_item())
    assert read.files["SCL"].offset == 0
    assert read.files["AOT"].offset == 0


def test_the_pixels_verdict_replaces_the_offsets_and_ends_the_doubt():
    doubtful = granule(earth_search_item(**{"earthsearch:boa_offset_applied": False}))
    settled = doubtful.with_offset(0, "by pixels")
    assert offsets(settled) == {0}
    assert (settled.offset_rule, settled.offset_in_doubt) == ("by pixels", False)
    assert offsets(doubtful) == {-1000}
    assert doubtful.with_offset(-1000, "by pixels").files["SCL"].offset == 0


@pytest.mark.parametrize("scale", [0.001, 1, 0.0002])
def test_another_scale_than_one_ten_thousandth_is_refused(scale):
    with pytest.raises(CorruptInput, match=r"S2A_33TWL_20230815_0_L2A declares a scale of .* for B01"):
        granule(earth_search_item(scale=scale))


@pytest.mark.parametrize("nonsense", ["-0.1", True, float("nan"), float("inf"), [-0.1]])
def test_an_offset_that_is_no_number_is_refused(nonsense):
    with pytest.raises(CorruptInput, match=r"declares a (raster:)?offset for B0\d that is not a number"):
        granule(data_space_item(offset=nonsense))
