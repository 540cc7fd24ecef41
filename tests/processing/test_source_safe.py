"""Granules out of Level-2A products as ESA delivers them: folders whose names end in .SAFE."""

import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from safe_products import SIZES_M, SafeProduct, change, corners
from shapely.geometry import Polygon, box

from processing.band_files import REFLECTANCES
from processing.errors import CorruptInput, SourceUnreachable
from processing.granule import Granule
from processing.sources import open_source

HERE = box(15.01, 46.03, 15.02, 46.04)
AUGUST = (date(2023, 8, 1), date(2023, 8, 31))
GOOD = SafeProduct()
BAD = SafeProduct(begun="20230820T095031")


def search(archive: Path, area=HERE, days=AUGUST) -> list[Granule]:
    return open_source(str(archive)).search(area, *days)


def the_granule(archive: Path) -> Granule:
    (granule,) = search(archive)
    return granule


def test_a_product_is_read_with_all_that_a_granule_needs(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    granule = the_granule(tmp_path)
    assert granule.identifier == "S2A_OPER_MSI_L2A_TL_2APS_20230815T155057_A042547_T33TWL_N05.09"
    assert granule.item_id == folder.name.removesuffix(".SAFE")
    assert (granule.tile, granule.platform, granule.baseline) == ("33TWL", "S2A", "05.09")
    assert granule.datatake == "GS2A_20230815T095031_042547"
    assert granule.sensed_at == datetime(2023, 8, 15, 9, 50, 31, tzinfo=UTC)
    assert granule.generated_at == datetime(2023, 8, 15, 15, 50, 57, tzinfo=UTC)
    assert granule.datastrip_start == "20230815T095037"
    assert granule.footprint.equals_exact(Polygon(corners()), 1e-9)
    assert granule.metadata_href == str(folder / GOOD.granule / "MTD_TL.xml")
    assert not granule.offset_in_doubt


def test_every_raster_of_a_known_band_is_found_in_every_pixel_size(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    files = the_granule(tmp_path).files
    expected = {
        band: {size: f"{folder / GOOD.image(band, size)}.jp2" for size in sizes}
        for band, sizes in SIZES_M.items()
        if band != "B09"
    }
    for band, name in (("CLD", "MSK_CLDPRB"), ("SNW", "MSK_SNWPRB")):
        expected[band] = {size: f"{folder / GOOD.granule}/QI_DATA/{name}_{size}m.jp2" for size in (20, 60)}
    assert {band: dict(file.copies) for band, file in files.items()} == expected
    assert all(Path(href).is_file() for file in files.values() for href in file.copies.values())


def test_by_itself_a_band_is_read_in_its_native_pixel_size(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    files = the_granule(tmp_path).files
    sizes = {
        band: next(size for size, href in file.copies.items() if href == file.href) for band, file in files.items()
    }
    assert {band for band, size in sizes.items() if size == 10} == {"B02", "B03", "B04", "B08", "AOT"}
    assert {band for band, size in sizes.items() if size == 60} == {"B01"}


def test_names_of_before_baseline_02_09_are_read_too(tmp_path):
    old = SafeProduct(baseline="02.06", offset=None, prefix="L2A_", quality=("CLD", "SNW"))
    folder = old.write(tmp_path, rasters=False)
    change(folder / "MTD_MSIL2A.xml", "(BOA|AOT)_QUANT", r"L2A_\1_QUANT")
    change(folder / "MTD_MSIL2A.xml", "IMAGE_FILE", "IMAGE_FILE_2A")
    change(folder / old.granule / "MTD_TL.xml", "(?<!L1C_)TILE_ID>", "TILE_ID_2A>")
    change(folder / old.granule / "MTD_TL.xml", "DATASTRIP_ID>", "DATASTRIP_ID_2A>")
    granule = the_granule(tmp_path)
    assert {Path(granule.files[band].href).name for band in ("B02", "CLD", "SNW")} == {
        f"L2A_T33TWL_20230815T095031_{name}.jp2" for name in ("B02_10m", "CLD_20m", "SNW_20m")
    }
    assert set(granule.files) == {*SIZES_M, "CLD", "SNW"} - {"B09"}
    assert granule.datastrip_start == "20230815T095037"


def test_geotiff_rasters_are_read_as_well(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    for path in folder.rglob("*.jp2"):
        path.rename(path.with_suffix(".tif"))
    assert {Path(file.href).suffix for file in the_granule(tmp_path).files.values()} == {".tif"}


def test_a_product_without_quality_rasters_will_do(tmp_path):
    shutil.rmtree(GOOD.write(tmp_path, rasters=False) / GOOD.granule / "QI_DATA")
    assert set(the_granule(tmp_path).files) == set(SIZES_M) - {"B09"}


def test_what_else_lies_in_a_product_is_left_alone(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    images = folder / GOOD.granule / "IMG_DATA" / "R10m"
    stray = ("._T33TWL_20230815T095031_B05_10m.jp2", "T33TWM_20230815T095031_B05_10m.jp2", "B05_10m.jp2")
    for name in (*stray, "T33TWL_20230815T095031_B05_20m.jp2", "T33TWL_20230815T095031_B05_10m.vrt"):
        (images / name).touch()
    (images / "T33TWL_20230815T095031_B06_10m.jp2").mkdir()
    (folder / "GRANULE" / ".DS_Store").touch()
    (folder / "GRANULE" / ".trash").mkdir()
    assert all(10 not in the_granule(tmp_path).files[band].copies for band in ("B05", "B06"))


# --- Where products lie -----------------------------------------------------------------------------


def test_a_product_may_be_given_by_itself(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    BAD.write(tmp_path, rasters=False)
    assert the_granule(folder).item_id == GOOD.name
    assert open_source(f"{folder}/").title == f"SAFE product {folder.name}"


@pytest.mark.parametrize("below", ["", "S2A", "Sentinel-2/MSI/L2A/2023/08/15"])
def test_products_may_lie_in_folders_of_folders(tmp_path, below):
    GOOD.write(tmp_path / below, folder_name=f"{GOOD.name}.safe", rasters=False)
    assert the_granule(tmp_path).item_id == GOOD.name


def test_a_relative_folder_stays_the_same_when_the_working_directory_changes(tmp_path, monkeypatch):
    folder = GOOD.write(tmp_path / "archive", rasters=False)
    monkeypatch.chdir(tmp_path)
    source = open_source("archive")
    monkeypatch.chdir("/")
    (granule,) = source.search(HERE, *AUGUST)
    assert granule.files["B02"].href.startswith(str(folder))


def test_a_product_may_be_a_link_to_where_there_is_room(tmp_path):
    folder = GOOD.write(tmp_path / "large_disk", rasters=False)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / folder.name).symlink_to(folder)
    assert the_granule(tmp_path / "archive").item_id == GOOD.name


def test_a_folder_is_not_followed_through_links(tmp_path):
    GOOD.write(tmp_path / "archive", rasters=False)
    (tmp_path / "archive" / "again").symlink_to(tmp_path / "archive")
    BAD.write(tmp_path / "elsewhere", rasters=False)
    (tmp_path / "archive" / "elsewhere").symlink_to(tmp_path / "elsewhere")
    assert the_granule(tmp_path / "archive").item_id == GOOD.name


def test_a_link_within_the_product_is_followed(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    image = folder / f"{GOOD.image('B02', 10)}.jp2"
    image.rename(folder / "B02.jp2")
    image.symlink_to(folder / "B02.jp2")
    assert the_granule(tmp_path).files["B02"].href == str(image)


def test_an_items_file_beside_the_products_goes_first(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    (tmp_path / "items.json").write_text("{}")
    with pytest.raises(CorruptInput, match=r"items\.json is not a STAC ItemCollection"):
        open_source(str(tmp_path))


# --- Which of them are found --------------------------------------------------------------------------


def test_granules_come_newest_first_and_of_the_days_asked_for(tmp_path):
    for begun in ("20230813T095031", "20230820T095031", "20230810T095031", "20230901T000000"):
        SafeProduct(begun=begun).write(tmp_path, rasters=False)
    SafeProduct(begun="20230820T095031", tile="33TWM").write(tmp_path, rasters=False)
    found = [(granule.sensed_at.day, granule.tile) for granule in search(tmp_path)]
    assert found == [(20, "33TWM"), (20, "33TWL"), (13, "33TWL"), (10, "33TWL")]
    assert len(search(tmp_path, days=(date(2023, 8, 13), date(2023, 8, 13)))) == 1


def test_what_does_not_touch_the_area_is_not_found(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    assert search(tmp_path, area=box(16, 46, 17, 47)) == []


def test_of_two_baselines_of_one_datatake_the_later_wins(tmp_path):
    SafeProduct(baseline="02.12", offset=None, made="20230901T000000").write(tmp_path, rasters=False)
    later = SafeProduct(baseline="05.10", made="20230815T155057")
    later.write(tmp_path, rasters=False)
    assert the_granule(tmp_path).item_id == later.name


def test_the_extent_is_that_of_the_products(tmp_path):
    GOOD.write(tmp_path, rasters=False)
    BAD.write(tmp_path, rasters=False)
    extent = open_source(str(tmp_path)).extent()
    assert extent.bounds == pytest.approx(Polygon(corners()).bounds)
    assert (extent.first_day, extent.last_day) == (date(2023, 8, 15), date(2023, 8, 20))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("S2A_MSIL1C_20230815T095031_N0509_R079_T33TWL_20230815T120000.SAFE", "MTD_MSIL1C.xml"),
        ("S2A_MSIL1C_20230815T095031_N0509_R079_T33TWL_20230815T120000.SAFE", "manifest.safe"),
        ("renamed.SAFE", "MTD_MSIL1C.xml"),
        ("S1A_IW_GRDH_1SDV_20230815T165849_20230815T165914_049886_05FFC6_7A5C.SAFE", "manifest.safe"),
    ],
)
def test_products_of_other_kinds_are_passed_over(tmp_path, name, file):
    GOOD.write(tmp_path, rasters=False)
    (tmp_path / name).mkdir()
    (tmp_path / name / file).touch()
    source = open_source(str(tmp_path))
    assert [granule.item_id for granule in source.search(HERE, *AUGUST)] == [GOOD.name]
    assert source.rejected == ()


# --- What is added to the digital numbers ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "declared", "expected", "rule"),
    [
        ("02.11", None, 0, "no offset before baseline 04.00"),
        ("03.01", None, 0, "no offset before baseline 04.00"),
        ("04.00", -1000, -1000, "declared by the product"),
        ("04.00", None, -1000, "by baseline"),
        ("05.00", -1000, -1000, "declared by the product"),
        ("05.09", 0, 0, "declared by the product"),
    ],
)
@pytest.mark.parametrize("begun", ["20180815T095031", "20230815T095031"])
def test_the_offset_is_the_declared_one_or_else_that_of_the_baseline_whatever_the_year(
    tmp_path, baseline, declared, expected, rule, begun
):
    SafeProduct(baseline=baseline, offset=declared, begun=begun).write(tmp_path, rasters=False)
    (granule,) = search(tmp_path, days=(date(2018, 1, 1), date(2023, 12, 31)))
    assert {granule.files[band].offset for band in REFLECTANCES} == {expected}
    assert {granule.files[name].offset for name in ("SCL", "CLD", "SNW", "AOT")} == {0}
    assert granule.offset_rule == rule


def test_each_band_has_the_offset_of_its_own_band_id(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    xml = folder / "MTD_MSIL2A.xml"
    xml.write_text(re.sub(r'(band_id="(\d+)">)-1000', lambda found: f"{found[1]}-{found[2]}", xml.read_text()))
    offsets = {band: -file.offset for band, file in the_granule(tmp_path).files.items() if band in REFLECTANCES}
    assert offsets == {
        "B01": 0, "B02": 1, "B03": 2, "B04": 3, "B05": 4, "B06": 5, "B07": 6, "B08": 7, "B8A": 8, "B11": 11, "B12": 12,
    }  # fmt: skip


# --- Where it lies ----------------------------------------------------------------------------------------


def test_without_a_footprint_the_whole_tile_serves(tmp_path):
    folder = GOOD.write(tmp_path, rasters=False)
    change(folder / "MTD_MSIL2A.xml", "<EXT_POS_LIST>.*</EXT_POS_LIST>", "")
    west, south, east, north = open_source(str(tmp_path)).extent().bounds
    assert (west, north) == pytest.approx((14.99974, 46.05357), abs=1e-3)
    assert (east - west, north - south) == pytest.approx((1.42, 0.99), abs=0.01)


@pytest.mark.parametrize(
    "positions", [None, "46 179.5 46 -179.5 45 -179.5 45 179.5 46 179.5"], ids=["tile", "footprint"]
)
def test_a_product_across_the_antimeridian_lies_on_both_sides_of_it(tmp_path, positions):
    folder = GOOD.write(tmp_path, rasters=False)
    listed = f"<EXT_POS_LIST>{positions}</EXT_POS_LIST>" if positions else ""
    change(folder / "MTD_MSIL2A.xml", "<EXT_POS_LIST>.*</EXT_POS_LIST>", listed)
    change(folder / GOOD.granule / "MTD_TL.xml", "EPSG:32633", "EPSG:32660")
    change(folder / GOOD.granule / "MTD_TL.xml", "<ULX>.*</ULX>", "<ULX>690000</ULX>")
    for area in (box(179.8, 45.4, 179.9, 45.6), box(-179.9, 45.4, -179.8, 45.6)):
        (granule,) = search(tmp_path, area=area)
        assert granule.footprint.area < 2
    assert search(tmp_path, area=box(0, 45, 1, 46)) == []


# --- Sources that are no good ---------------------------------------------------------------------------


def test_an_empty_folder_is_no_source(tmp_path):
    with pytest.raises(SourceUnreachable, match=r"No archive is found at .*, or a folder of \.SAFE products\."):
        open_source(str(tmp_path))


def test_a_product_that_is_not_there_cannot_be_reached(tmp_path):
    with pytest.raises(SourceUnreachable, match=r"There is no folder .*x\.SAFE; check the source's path\."):
        open_source(str(tmp_path / "x.SAFE"))


def test_a_file_is_no_product(tmp_path):
    (tmp_path / "x.SAFE").touch()
    with pytest.raises(SourceUnreachable, match=r"x\.SAFE is a file; unpack the product and give its folder\."):
        open_source(str(tmp_path / "x.SAFE"))
    with pytest.raises(SourceUnreachable, match="No archive is found"):
        open_source(str(tmp_path))


def test_a_folder_without_one_usable_product_is_corrupt_and_says_why(tmp_path):
    for scene_classes in BAD.write(tmp_path, rasters=False).rglob("*_SCL_*"):
        scene_classes.unlink()
    with pytest.raises(CorruptInput, match=rf"no Sentinel-2 Level-2A product .* Product {BAD.name} has no scene"):
        open_source(str(tmp_path))


def test_a_folder_of_level_1c_alone_is_corrupt_and_says_why(tmp_path):
    (tmp_path / "S2A_MSIL1C_20230815T095031_N0509_R079_T33TWL_20230815T120000.SAFE").mkdir()
    with pytest.raises(CorruptInput, match="can be used. It holds products of other kinds only."):
        open_source(str(tmp_path))
