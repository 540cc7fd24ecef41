"""Granules out of an ItemCollection file or the folder that holds one."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from archive_items import FOOTPRINT, SHARED, earth_search_item
from shapely.geometry import box

from processing.errors import CorruptInput, SourceUnreachable
from processing.sources import open_source, plugins

HERE = box(15.2, 45.2, 15.3, 45.3)
AUGUST = (date(2023, 8, 1), date(2023, 8, 31))


def write(folder: Path, *items: object, name: str = "items.json") -> str:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return str(path)


def scene(begun: str, *, tile: str = "33TWL", generated: str = "2023-09-01T00:00:00Z", **changes) -> dict:
    """An item whose datatake began at ``begun`` (20230815T095031)."""
    day = f"{begun[:4]}-{begun[4:6]}-{begun[6:8]}"
    return earth_search_item(
        item_id=changes.pop("item_id", f"S2A_{tile}_{begun}"),
        **{
            "datetime": f"{day}T23:59:59Z",
            "grid:code": f"MGRS-{tile}",
            "s2:datatake_id": f"GS2A_{begun}_042547_N05.09",
            "s2:generation_time": generated,
            "s2:granule_id": None,
            **changes,
        },
    )


def found(source, area=HERE, days=AUGUST) -> list[str]:
    return [granule.item_id for granule in source.search(area, *days)]


def test_the_file_and_its_folder_are_the_same_source(tmp_path):
    path = write(tmp_path, scene("20230815T095031"))
    assert found(open_source(path)) == found(open_source(str(tmp_path))) == ["S2A_33TWL_20230815T095031"]


def test_any_json_file_will_do(tmp_path):
    assert found(open_source(write(tmp_path, scene("20230815T095031"), name="august.geojson")))


def test_relative_hrefs_start_from_the_file(tmp_path, monkeypatch):
    (tmp_path / "archive").mkdir()
    write(tmp_path / "archive", earth_search_item(base="./scene"))
    monkeypatch.chdir(tmp_path)
    source = open_source("archive/items.json")
    monkeypatch.chdir("/")
    (granule,) = source.search(HERE, *AUGUST)
    assert granule.files["B02"].href == f"{tmp_path}/archive/scene/B02.tif"


def test_granules_come_newest_first(tmp_path):
    days = ["20230813T095031", "20230820T095031", "20230810T095031"]
    source = open_source(write(tmp_path, *map(scene, days), scene("20230820T095031", tile="33TWM")))
    assert found(source) == [
        "S2A_33TWM_20230820T095031",
        "S2A_33TWL_20230820T095031",
        "S2A_33TWL_20230813T095031",
        "S2A_33TWL_20230810T095031",
    ]


@pytest.mark.parametrize(
    ("begun", "within"),
    [
        ("20230810T235959", False),
        ("20230811T000000", True),
        ("20230815T095031", True),
        ("20230820T235959", True),
        ("20230821T000000", False),
    ],
)
def test_both_ends_of_the_period_are_whole_days_in_utc(tmp_path, begun, within):
    source = open_source(write(tmp_path, scene(begun)))
    assert bool(found(source, days=(date(2023, 8, 11), date(2023, 8, 20)))) is within


def test_only_granules_that_touch_the_area_are_found(tmp_path):
    triangle = {"type": "Polygon", "coordinates": [[[15, 45], [16, 45], [15, 46], [15, 45]]]}
    source = open_source(write(tmp_path, scene("20230815T095031", geometry=triangle)))
    assert found(source, area=box(15.1, 45.1, 15.2, 45.2))
    # In the triangle's bounding box, but not in the triangle.
    assert not found(source, area=box(15.9, 45.9, 15.95, 45.95))


def test_a_scene_that_was_processed_again_is_found_once(tmp_path):
    first = scene("20230815T095031", item_id="first", generated="2023-08-15T12:00:00Z")
    again = scene("20230815T095031", item_id="again", generated="2023-11-15T12:00:00Z")
    assert found(open_source(write(tmp_path, again, first))) == ["again"]


def test_an_item_that_lacks_something_is_left_out_and_named(tmp_path):
    bad = scene("20230816T095031", item_id="bad")
    del bad["assets"]["scl"]
    source = open_source(write(tmp_path, scene("20230815T095031"), bad, "no item at all", {"id": "empty"}))
    assert found(source) == ["S2A_33TWL_20230815T095031"]
    assert source.rejected[0].startswith("Item bad has no scene classification")
    assert source.rejected[1] == "Feature 2 of items.json is not a STAC item."


def test_items_of_other_levels_are_passed_over(tmp_path):
    other = scene("20230816T095031", **{"s2:product_type": "S2MSI1C"})
    source = open_source(write(tmp_path, scene("20230815T095031"), other))
    assert found(source) == ["S2A_33TWL_20230815T095031"]
    assert source.rejected == ()


def test_the_extent_is_that_of_the_items(tmp_path):
    east = json.loads(json.dumps(FOOTPRINT).replace("16.4", "17.5"))
    source = open_source(write(tmp_path, scene("20230815T095031"), scene("20230820T095031", geometry=east)))
    extent = source.extent()
    assert extent.bounds == (15.0, 45.0, 17.5, 46.0)
    assert (extent.first_day, extent.last_day) == (date(2023, 8, 15), date(2023, 8, 20))
    assert extent.days == {date(2023, 8, 15), date(2023, 8, 20)}


@pytest.mark.parametrize("where", ["nowhere/items.json", "nowhere.json"])
def test_a_missing_file_is_a_source_that_cannot_be_reached(tmp_path, where):
    with pytest.raises(SourceUnreachable, match=r"There is no file .*nowhere.*; check the source's path\."):
        open_source(str(tmp_path / where))


def test_a_folder_without_items_is_no_source(tmp_path):
    with pytest.raises(SourceUnreachable, match="No archive is found at .* an items.json file or a folder"):
        open_source(str(tmp_path))


def test_a_file_that_cannot_be_opened_is_a_source_that_cannot_be_reached(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SourceUnreachable, match=r"items\.json cannot be read \(Not a directory\)\."):
        open_source(str(tmp_path / "file" / "items.json"))


@pytest.mark.parametrize(
    "text",
    ["", "<html>", '{"type": "FeatureCollection", "features": [', "\ud800", "[" * 100_000],
    ids=["empty", "html", "cut off", "not unicode", "nested"],
)
def test_a_file_that_is_not_json_is_corrupt(tmp_path, text):
    (tmp_path / "items.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(CorruptInput, match=r"items\.json is not JSON; give a STAC ItemCollection\."):
        open_source(str(tmp_path))


@pytest.mark.parametrize(
    "content",
    [[], 1, None, {}, {"type": "Feature"}, {"type": "Collection", "features": []}, {"features": []}]
    + [{"type": "FeatureCollection", "features": {}}],
    ids=str,
)
def test_json_that_is_no_item_collection_is_corrupt(tmp_path, content):
    (tmp_path / "items.json").write_text(json.dumps(content))
    with pytest.raises(CorruptInput, match="is not a STAC ItemCollection"):
        open_source(str(tmp_path))


def test_a_file_without_one_usable_item_is_corrupt_and_says_why(tmp_path):
    with pytest.raises(CorruptInput, match="holds no Sentinel-2 Level-2A item that can be used. It lists none"):
        open_source(write(tmp_path))
    bad = scene("20230815T095031", item_id="bad")
    del bad["assets"]["scl"]
    with pytest.raises(CorruptInput, match="Item bad has no scene classification"):
        open_source(write(tmp_path, bad))


def test_a_file_needs_no_library_for_stac_apis(tmp_path):
    where = write(tmp_path, scene("20230815T095031"))
    program = (
        "import sys; from processing.sources import open_source; open_source(sys.argv[1]);"
        "sys.exit(bool({'pystac_client', 'requests'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program, where], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("name", sorted(plugins()))
def test_every_module_of_the_package_is_a_source(name):
    plugin = plugins()[name]
    assert name == plugin.NAME
    assert callable(plugin.connect)
    assert plugin.accepts("gopher://host/archive") is False


@pytest.mark.parametrize("where", ["ftp://alice:secret@host/x?token=secret", "gopher://host#secret"])
def test_what_no_source_reads_is_refused_without_its_secrets(where):
    with pytest.raises(SourceUnreachable, match=r"No archive is found at \w+://host; give the URL") as refusal:
        open_source(where)
    assert "secret" not in str(refusal.value)


needs = pytest.mark.skipif(not SHARED.exists(), reason="the sample archives are not beside the repository")


@needs
@pytest.mark.real_data
def test_the_real_archive_is_read_whole():
    source = open_source(str(SHARED / "slovenia_2023" / "items.json"))
    granules = source.search(box(15, 45.95, 15.4, 46.0), *AUGUST)
    assert [(granule.sensed_at.day, granule.tile) for granule in granules] == [
        (day, tile) for day in (20, 18, 15, 13, 10) for tile in ("33TWM", "33TWL")
    ]
    assert source.rejected == ()
    for granule in granules:
        assert granule.offset_rule == "declared applied"
        assert set(granule.files) == {"B02", "B03", "B04", "B08", "SCL", "CLD", "SNW"}
        assert all(file.offset == 0 and Path(file.href).is_file() for file in granule.files.values())
        assert Path(granule.metadata_href).is_file()


@needs
@pytest.mark.real_data
def test_the_dekad_of_the_real_archive_leaves_out_the_day_before_it():
    source = open_source(str(SHARED / "slovenia_2023"))
    granules = source.search(box(15.2, 46.3, 15.4, 46.5), date(2023, 8, 11), date(2023, 8, 20))
    assert [(granule.sensed_at.day, granule.tile) for granule in granules] == [
        (day, "33TWM") for day in (20, 18, 15, 13)
    ]
