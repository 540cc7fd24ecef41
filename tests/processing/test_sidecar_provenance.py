"""provenance.json and qc: how the product came about, and what was checked."""

import json
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from importlib.metadata import version

import numba
import numpy
import pytest
import rasterio
from accounts import TITLE, account_of

from processing import __version__
from processing.quality.report import Check, Level
from processing.registry import masks, methods
from processing.sidecars import write_sidecars
from processing.spec import MosaicSpec


def told_of(folder, **changes):
    account = account_of(folder, **changes)
    write_sidecars(folder, account)
    return account, json.loads((folder / "provenance.json").read_text(encoding="utf-8"))


def test_the_order_can_be_made_again_from_the_provenance(tmp_path):
    account, told = told_of(tmp_path / "Trial", method="latest", mask="scl-strict", layers=("aot", "valid_obs"))
    again = MosaicSpec.parse(told["order"], today=date(2024, 1, 1))
    assert again == account.spec
    assert again.digest() == account.spec.digest()
    assert told["order_number"] == "7"
    assert told["source"] == "Archive of the tests"


def test_the_software_is_named_with_the_versions_that_were_at_work(tmp_path):
    _, told = told_of(tmp_path / "Trial")
    assert told["software"] == {
        "name": "mosaic-hub",
        "version": __version__,
        "libraries": {
            "numpy": numpy.__version__,
            "numba": numba.__version__,
            "rasterio": rasterio.__version__,
            "isal": version("isal"),
            "gdal": rasterio.__gdal_version__,
        },
    }


@pytest.mark.parametrize("name", sorted(methods()))
def test_a_method_without_further_wishes_is_told_with_its_own_options_and_mask(tmp_path, name):
    _, told = told_of(tmp_path / "Trial", method=name)
    method = methods()[name]
    assert told["method"] == {
        "name": name,
        "title": method.title,
        "options": {option.name: option.default for option in method.options},
        "mask": method.mask,
    }
    assert told["method"]["mask"] in masks()


def test_options_and_mask_that_were_ordered_are_those_in_effect(tmp_path):
    (name, option) = next((name, option) for name, method in methods().items() for option in method.options)
    other_mask = next(mask for mask in masks() if mask != methods()[name].mask)
    wanted = option.smallest if option.default != option.smallest else option.largest
    _, told = told_of(tmp_path / "Trial", method=name, method_options={option.name: wanted}, mask=other_mask)
    assert told["method"]["options"][option.name] == wanted != option.default
    assert told["method"]["mask"] == other_mask


def test_every_scene_is_told_with_what_was_decided_about_it(tmp_path):
    account, told = told_of(tmp_path / "Trial", scenes=3)
    assert [scene["source_index"] for scene in told["scenes"]] == [0, 1, 2]
    for scene, granule, judged in zip(told["scenes"], account.granules, [True, False, True], strict=True):
        assert scene["granule"] == granule.identifier
        assert scene["item"] == granule.item_id
        assert datetime.fromisoformat(scene["sensed_at"]) == granule.sensed_at
        assert (scene["tile"], scene["baseline"]) == ("33TWM", "02.06")
        assert (scene["offset"], scene["offset_rule"]) == (0, granule.offset_rule)
        assert scene["swath_edge_cut"] is judged
    assert all(scene["offset_rule"] for scene in told["scenes"])


def test_offsets_that_differ_between_bands_are_told_by_band(tmp_path):
    folder = tmp_path / "Trial"
    account = account_of(folder, scenes=2)
    first, second = account.granules
    shifted = second.with_offset(-1000, "found by its pixels")
    files = {**first.files, "B02": replace(first.files["B02"], offset=-1000)}
    write_sidecars(folder, replace(account, granules=[replace(first, files=files), shifted]))
    scenes = json.loads((folder / "provenance.json").read_text())["scenes"]
    assert (scenes[0]["offset"]["B02"], scenes[0]["offset"]["B03"]) == (-1000, 0)
    assert (scenes[1]["offset"], scenes[1]["offset_rule"]) == (-1000, "found by its pixels")


def test_a_name_that_is_no_sound_text_is_told_as_it_is(tmp_path):
    folder = tmp_path / "Trial"
    account = account_of(folder, scenes=1)
    odd = "half a character \ud800, a zero \0, and ä"
    account = replace(account, granules=[replace(account.granules[0], identifier=odd)], notes=[odd])
    write_sidecars(folder, account)
    assert json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["scenes"][0]["granule"] == odd
    assert json.loads(next(folder.glob("stac_*.json")).read_text(encoding="utf-8"))["links"][-1]["title"] == odd


def test_an_account_that_misses_a_scenes_decision_is_refused(tmp_path):
    folder = tmp_path / "Trial"
    account = account_of(folder, scenes=3)
    with pytest.raises(ValueError, match="shorter"):
        write_sidecars(folder, replace(account, judged_by_angle=[True, False]))


def test_what_was_left_out_and_done_otherwise_is_told_apart(tmp_path):
    left_out = ["S2A_1: B04.tif is cut short; it was left out.", "S2B_2: ä"]
    _, told = told_of(tmp_path / "Trial", rejected=left_out, notes=["B11 is missing."])
    assert told["left_out"] == left_out
    assert told["notes"] == ["B11 is missing."]


def test_checks_that_failed_are_named_in_the_provenance_and_all_of_them_in_qc_json(tmp_path):
    checks = [
        Check(Level.INTEGRITY, "readable", passed=True, message="Every file can be read."),
        Check(Level.PLAUSIBILITY, "coverage", passed=False, message="Only 3 % hold data.", measured=0.03),
        Check(Level.INPUT, "readable", passed=False, message="It is cut short.", subject="S2A_1"),
    ]
    account, told = told_of(tmp_path / "Trial", checks=checks)
    assert told["quality"] == {
        "deliverable": True,
        "checks_made": 3,
        "checks_failed": 2,
        "failed": [
            {"level": "L1", "name": "coverage", "subject": "", "message": "Only 3 % hold data."},
            {"level": "input", "name": "readable", "subject": "S2A_1", "message": "It is cut short."},
        ],
    }
    assert json.loads((tmp_path / "Trial" / "qc.json").read_text()) == account.quality.to_json()


def test_a_product_without_a_failed_check_says_so(tmp_path):
    _, told = told_of(tmp_path / "Trial", checks=())
    assert told["quality"] == {"deliverable": True, "checks_made": 0, "checks_failed": 0, "failed": []}


def test_the_quality_page_shows_the_checks_and_nothing_in_them_becomes_markup(tmp_path):
    hostile = "<script>alert(1)</script> & 3 > 2"
    told_of(tmp_path / "Trial", checks=[Check(Level.PIXEL, "seen", passed=False, message=hostile, subject="<b>")])
    page = (tmp_path / "Trial" / "qc.html").read_text(encoding="utf-8")
    tags, texts = [], []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attributes: tags.append(tag)
    reader.handle_data = texts.append
    reader.feed(page)
    assert hostile in "".join(texts)
    assert TITLE in "".join(texts)
    assert not {"script", "b"} & set(tags)
