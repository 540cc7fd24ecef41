"""Granules out of STAC items, their order, and which of two processings stays."""

import itertools
import json
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from archive_items import SHARED, data_space_item, earth_search_item, planetary_computer_item
from shapely.geometry import box

from processing.band_files import REFLECTANCES
from processing.errors import CorruptInput
from processing.granule import Granule, granule_from_item, is_level_2a, newest_first, without_duplicates

BUILDERS = [earth_search_item, planetary_computer_item, data_space_item]


def granule(item=None, **changes) -> Granule:
    return replace(granule_from_item(item or earth_search_item(), base="/archive"), **changes)


@pytest.mark.parametrize("build", BUILDERS)
def test_one_scene_is_the_same_granule_in_every_archive(build):
    read = granule(build())
    assert read.tile == "33TWL"
    assert read.datatake == "GS2A_20230815T095031_042547"
    assert read.sensed_at == datetime(2023, 8, 15, 9, 50, 31, tzinfo=UTC)
    assert (read.platform, read.baseline, read.datastrip_start) == ("S2A", "05.09", "20230815T095630")
    assert read.footprint.equals(box(15.0, 45.0, 16.4, 46.0))
    assert set(read.files) >= {*REFLECTANCES, "SCL"}
    assert is_level_2a(build())


def test_the_granule_id_is_named_where_there_is_one():
    assert granule(earth_search_item()).identifier == ("S2A_OPER_MSI_L2A_TL_2APS_20230815T155057_A042547_T33TWL_N05.09")
    assert granule(data_space_item()).identifier == data_space_item()["id"]


def test_the_cog_is_taken_and_not_its_jpeg_2000_twin():
    assert {file.href.rpartition(".")[2] for file in granule(earth_search_item()).files.values()} == {"tif"}


def test_the_finest_asset_of_each_band_is_taken():
    files = granule(data_space_item()).files
    assert files["B02"].href.endswith("/B02_10m.jp2")
    assert files["B8A"].href.endswith("/B8A_20m.jp2")
    assert files["SCL"].href.endswith("/SCL_20m.jp2")


@pytest.mark.parametrize("build", BUILDERS)
def test_the_granules_metadata_file_is_found(build):
    assert granule(build()).metadata_href.lower().endswith(("mtd_tl.xml", "granule_metadata.xml"))


def test_a_granule_may_lack_bands_and_metadata():
    item = earth_search_item()
    item["assets"] = {name: item["assets"][name] for name in ("blue", "scl")}
    read = granule(item)
    assert set(read.files) == {"B02", "SCL"}
    assert read.metadata_href is None


@pytest.mark.parametrize(
    ("changes", "tile"),
    [
        ({"grid:code": "MGRS-1CCV"}, "01CCV"),
        ({"grid:code": None, "mgrs:utm_zone": 9, "mgrs:latitude_band": "V", "mgrs:grid_square": "XK"}, "09VXK"),
        ({"s2:mgrs_tile": "35MNM", "grid:code": None}, "35MNM"),
        ({"grid:code": None, "mgrs:utm_zone": None}, "33TWL"),
        ({"grid:code": "MGRS-99TWL"}, "33TWL"),
    ],
)
def test_the_tile_is_read_from_whatever_names_it(changes, tile):
    assert granule(earth_search_item(**changes)).tile == tile


def test_the_datatake_comes_from_the_products_name_if_need_be():
    read = granule(earth_search_item(**{"s2:datatake_id": None}))
    assert read.datatake == "GS2A_20230815T095031"
    assert read.sensed_at == datetime(2023, 8, 15, 9, 50, 31, tzinfo=UTC)


def test_the_datatake_comes_from_platform_and_time_at_last():
    bare = {"s2:datatake_id": None, "s2:product_uri": None, "datetime": "2023-08-15T11:58:11+02:00"}
    read = granule(earth_search_item(**bare))
    assert read.datatake == "GS2A_20230815T095811"
    assert read.sensed_at == datetime(2023, 8, 15, 9, 58, 11, tzinfo=UTC)


def test_the_baseline_comes_from_the_products_name_if_need_be():
    item = planetary_computer_item(**{"s2:processing_baseline": None})
    assert granule(item).baseline == "05.09"
    item = planetary_computer_item(**{"s2:processing_baseline": None, "s2:product_uri": None})
    assert granule(item).baseline == "05.09"


def test_a_software_version_is_not_taken_for_a_baseline():
    item = planetary_computer_item(**{"s2:processing_baseline": None, "processing:version": "1.2.3"})
    assert granule(item).baseline == "05.09"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"s2:product_type": "S2MSI1C"}, False),
        ({"s2:product_type": "S2MSI2A"}, True),
        ({"s2:product_type": None}, True),
        ({"s2:product_type": None, "s2:product_uri": None, "collection": "sentinel-2-l1c"}, False),
        ({"s2:product_type": None, "s2:product_uri": None, "collection": "mine"}, True),
    ],
)  # fmt: skip
def test_only_level_2a_items_are_granules(changes, expected):
    assert is_level_2a(earth_search_item(**changes)) is expected


def test_a_level_1c_product_is_known_by_its_name():
    name = "S2A_MSIL1C_20230815T095031_N0509_R079_T33TWL_20230815T155057"
    assert not is_level_2a(planetary_computer_item(item_id=name, **{"s2:product_type": None, "s2:product_uri": None}))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda item: item["assets"].pop("scl"), "has no scene classification"),
        (lambda item: item.update(assets={"scl": item["assets"]["scl"]}), "has no reflectance band"),
        (lambda item: item.update(assets=None), "has no scene classification"),
        (lambda item: item.update(assets=[1]), "has no scene classification"),
        (lambda item: item.update(geometry=None), "has no footprint"),
        (lambda item: item["geometry"].update(coordinates=[[[0, 0], [1, 1]]]), "has no footprint"),
        (lambda item: item["geometry"].update(coordinates=[[[0, 0], [1, 0], [2, 0], [0, 0]]]), "has no footprint"),
        (lambda item: item["geometry"].update(coordinates=[[["a", 0], [1, 0], [2, 2]]]), "has no footprint"),
        (lambda item: item["geometry"].update(type="Sphere"), "has no footprint"),
        (lambda item: item.update(properties=None), "names neither its datatake"),
        (lambda item: item["properties"].update({"s2:datatake_id": "GS2A_20231315T095031_042547"}), "does not exist"),
        (lambda item: item["assets"]["blue"].update(href={"to": "nowhere"}), "href is not a plain path or URL"),
        (lambda item: item["assets"]["blue"].update(href="a\0b.tif"), "href is not a plain path or URL"),
    ],
)  # fmt: skip
def test_an_item_that_lacks_something_is_refused_by_name(spoil, complaint):
    item = earth_search_item()
    spoil(item)
    with pytest.raises(CorruptInput, match=f"^Item S2A_33TWL_20230815_0_L2A .*{complaint}") as refusal:
        granule(item)
    assert str(refusal.value).endswith(".")


def test_a_tile_that_nothing_names_is_an_error():
    nameless = {"grid:code": "33T", "mgrs:grid_square": "OO", "s2:product_uri": None, "s2:mgrs_tile": 33}
    with pytest.raises(CorruptInput, match="names no MGRS tile"):
        granule(earth_search_item(**nameless))


def test_the_box_serves_where_there_is_no_geometry():
    assert granule({**earth_search_item(geometry=None), "bbox": [15, 45, 16, 46]}).footprint.equals(box(15, 45, 16, 46))


def test_a_footprint_that_crosses_itself_is_mended():
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    assert granule(earth_search_item(geometry=bow_tie)).footprint.is_valid


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("./a/B02.tif", "/archive/sub/a/B02.tif"),
        ("../B02.tif", "/archive/B02.tif"),
        ("/elsewhere/B02.tif", "/elsewhere/B02.tif"),
        ("file:///else%20where/B02.tif", "/else where/B02.tif"),
        ("https://host/B02.tif?sig=1", "https://host/B02.tif?sig=1"),
        ("s3://bucket/B02.tif", "s3://bucket/B02.tif"),
    ],
)
def test_hrefs_are_resolved_from_the_folder_of_the_items(href, expected):
    item = earth_search_item()
    item["assets"]["blue"]["href"] = href
    assert granule_from_item(item, base="/archive/sub").files["B02"].href == expected


@pytest.mark.parametrize("href", ["/etc/passwd", "../B02.tif", "B02.tif", "//other/B02.tif"])
def test_hrefs_of_a_remote_item_never_become_local_paths(href):
    item = earth_search_item()
    item["assets"]["blue"]["href"] = href
    resolved = granule_from_item(item, base="https://host/items").files["B02"].href
    assert resolved.startswith("https://")


VIRTUAL_PATHS = [
    "/vsicurl/http://169.254.169.254/latest",
    "/vsizip//tmp/a.zip/B02.tif",
    "//vsimem/x",
    "/a/../vsicurl/http://x",
    "file:///vsicurl/http://x",
]
CONNECTION_STRINGS = [
    "<VRTDataset></VRTDataset>",
    "GTIFF_DIR:1:/etc/x.tif",
    "NETCDF:/x.nc:b",
    "vrt:///etc/passwd",
    "ftp://host/B02.tif",
    "pg:dbname=hub",
]


@pytest.mark.parametrize(
    ("href", "base"),
    [
        *((href, "/archive") for href in VIRTUAL_PATHS + CONNECTION_STRINGS),
        *((href, "https://host/items") for href in [*CONNECTION_STRINGS, "file:///etc/passwd"]),
    ],
)
def test_what_gdal_would_open_beyond_files_and_urls_is_refused(href, base):
    item = earth_search_item()
    item["assets"]["blue"]["href"] = href
    with pytest.raises(CorruptInput, match=r"only paths, http\(s\) and s3 URLs are opened"):
        granule_from_item(item, base=base)


@pytest.mark.parametrize("href", ["https://host/a/B02.tif?sig=secret", "/data/archive/B02.tif", "B02.tif"])
def test_neither_a_signature_nor_a_path_is_part_of_a_files_name(href):
    item = earth_search_item()
    item["assets"]["blue"]["href"] = href
    assert granule(item).files["B02"].name == "B02.tif"


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ([{"rel": "self", "href": "https://host/items/a?token=secret"}], "https://host/items/a"),
        ([{"rel": "parent", "href": "https://host/b"}, {"rel": "self", "href": "https://host/a"}], "https://host/a"),
        ([{"rel": "self", "href": "./a.json"}], ""),
        ([{"rel": "self", "href": "javascript:alert(1)"}], ""),
        ([{"rel": "self"}, None, 5], ""),
        ({"rel": "self"}, ""),
    ],
)
def test_the_items_own_url_is_kept(links, url):
    assert granule(earth_search_item() | {"links": links}).item_url == url


def test_granules_come_newest_datatake_first_then_by_tile_descending():
    old = granule(sensed_at=datetime(2023, 8, 10, tzinfo=UTC), datatake="GS2B_1", tile="33TWM")
    new_low = granule(sensed_at=datetime(2023, 8, 20, tzinfo=UTC), datatake="GS2B_2", tile="33TWL")
    new_high = replace(new_low, tile="33TWM")
    assert newest_first([old, new_low, new_high]) == [new_high, new_low, old]


def test_the_order_does_not_depend_on_the_order_of_the_search():
    varied = {
        "tile": ("33TWL", "33TWM"),
        "datatake": ("GS2A_1", "GS2B_1"),
        "baseline": ("", "05.09"),
        "item_id": ("a", "b"),
        "generated_at": (None, datetime(2023, 1, 1, tzinfo=UTC)),
    }
    granules = [granule(**dict(zip(varied, values, strict=True))) for values in itertools.product(*varied.values())]
    expected = newest_first(granules)
    for seed in range(5):
        random.Random(seed).shuffle(granules)
        assert newest_first(granules) == expected


def test_of_two_processings_the_later_baseline_stays():
    first = granule(baseline="02.12", identifier="first")
    again = granule(baseline="05.00", identifier="again")
    assert without_duplicates([first, again]) == without_duplicates([again, first]) == [again]


def test_baselines_are_compared_as_numbers():
    ninth, tenth = granule(baseline="05.09"), granule(baseline="05.10")
    assert without_duplicates([tenth, ninth]) == [tenth]


def test_of_two_processings_with_one_baseline_the_later_stays():
    early = granule(generated_at=datetime(2023, 8, 15, tzinfo=UTC))
    late = granule(generated_at=datetime(2023, 9, 1, tzinfo=UTC))
    unknown = granule(generated_at=None)
    assert without_duplicates([unknown, late, early]) == [late]


def test_both_halves_of_a_split_tile_stay():
    north = granule(datastrip_start="20230815T095630", baseline="05.09")
    south = granule(datastrip_start="20230815T100630", baseline="05.10")
    assert without_duplicates([north, south]) == [north, south]


@pytest.mark.parametrize("change", [{"tile": "33TWM"}, {"platform": "S2B"}, {"sensed_at": datetime.now(UTC)}])
def test_another_tile_platform_or_datatake_is_no_duplicate(change):
    pair = [granule(), granule(**change)]
    assert without_duplicates(pair) == pair


def test_a_granule_can_be_a_key():
    assert {granule(): 1}[granule()] == 1


needs = pytest.mark.skipif(not SHARED.exists(), reason="the sample archives are not beside the repository")


@needs
@pytest.mark.real_data
@pytest.mark.parametrize("path", sorted((SHARED / "stac_items").glob("site*.geojson")), ids=lambda path: path.stem)
def test_real_items_of_planetary_computer_are_read(path):
    items = json.loads(path.read_text())["features"]
    granules = [granule_from_item(item, base=str(path.parent)) for item in items]
    assert len(without_duplicates(granules)) == len(items) == len({read.identifier for read in granules})
    for read in granules:
        assert set(read.files) == {*REFLECTANCES, "SCL", "AOT"}
        assert f"_T{read.tile}_" in read.identifier
        assert read.datatake.startswith(f"G{read.platform}_{read.sensed_at:%Y%m%dT%H%M%S}_")
        assert read.offset_rule == "no offset before baseline 04.00"


@needs
@pytest.mark.real_data
def test_real_level_1c_items_are_not_taken_for_granules():
    items = json.loads((SHARED / "stac_items" / "s2_other_items.json").read_text())["features"]
    assert len(items) > 20
    assert not any(is_level_2a(item) for item in items)


@needs
@pytest.mark.real_data
def test_a_real_item_of_earth_search_before_04_00_is_read():
    name = "S2A_29RKH_20200219_0_L2A"
    path = SHARED / "riotilerpds_29RKH_20200219" / name / f"{name}.json"
    read = granule_from_item(json.loads(path.read_text()), base=str(path.parent))
    assert (read.tile, read.baseline, read.offset_in_doubt) == ("29RKH", "02.14", False)
    assert {file.offset for file in read.files.values()} == {0}


@needs
@pytest.mark.real_data
def test_real_stactools_items_are_read_with_the_offset_of_their_baseline():
    paths = sorted((SHARED / "safe_metadata").glob("*MSIL2A*/expected_output.json"))
    assert len(paths) >= 6
    for path in paths:
        read = granule_from_item(json.loads(path.read_text()), base=str(path.parent))
        expected = -1000 if read.baseline >= "04.00" else 0
        assert {read.files[band].offset for band in REFLECTANCES} == {expected}
        assert read.files["SCL"].href.startswith(str(path.parent))


@pytest.mark.parametrize("identifier", ["S2A\nT33TWL", "S2A_\ud800", "S2A\0"])
def test_an_identifier_that_cannot_be_printed_is_spelt_out(identifier):
    item = earth_search_item()
    item["properties"]["s2:granule_id"] = identifier
    assert granule(item).identifier == ascii(identifier)
