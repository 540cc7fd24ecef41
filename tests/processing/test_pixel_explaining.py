"""Why this pixel: what the answer holds, scenes that are gone or damaged, archives that do not answer."""

import importlib
import json
import os
import shutil

import explained_products
import pytest
from test_plugins import OLDEST, forget

from processing.errors import NoReadableScene, NoScenes, SourceUnreachable
from processing.grid import Block, Grid
from processing.pixels.explaining import MOST_PIXELS, Explainer, explain
from processing.pixels.places import pixel_grid
from processing.pixels.thumbnails import thumbnails
from processing.sources import open_source
from processing.spec import MosaicSpec

KEYS = {
    "lon", "lat", "epsg", "x", "y", "period", "method", "mask", "resolution", "valid_obs", "decision", "rule",
    "source_index", "recorded_source_index", "chosen", "values", "missing", "notes", "agrees", "candidates",
}  # fmt: skip
CANDIDATE_KEYS = {
    "item", "granule", "sensed_at", "platform", "tile", "source_index", "scene_class", "class_title", "reflectance",
    "cloud_probability", "view_zenith_deg", "valid", "verdict", "reason", "distance", "indices",
}  # fmt: skip


@pytest.fixture
def spec(order):
    return MosaicSpec.parse(order(layers=["valid_obs", "source_index"]))


@pytest.fixture
def source(archive):
    return open_source(str(archive))


@pytest.fixture
def pixel(small_area):
    """The pixel in the middle of the ordered area."""
    (west, south), (east, north) = small_area["coordinates"][0][0], small_area["coordinates"][0][2]
    return pixel_grid((west + east) / 2, (south + north) / 2, resolution_m=20)


@pytest.fixture(scope="module")
def product(archive, small_area, tmp_path_factory):
    """Made from the whole archive, at 60 m."""
    order = {
        "name": "Why", "area": small_area, "period": {"kind": "year", "start": "2024-01-01"}, "resolution": 60,
        "bands": ["B04"], "layers": explained_products.all_layers(),
    }  # fmt: skip
    return explained_products.make(archive, order, tmp_path_factory.mktemp("why-product"))


def archive_without(archive, folder, items):
    """A source of the same archive that has lost some of its items."""
    listed = json.loads(archive.read_text())
    listed["features"] = [item for item in listed["features"] if item["id"] not in items]
    copy = shutil.copytree(archive.parent, folder / "less", copy_function=shutil.copy)
    (copy / "items.json").write_text(json.dumps(listed))
    return open_source(str(copy / "items.json"))


def pixel_from(product, *, of=None):
    """A pixel with data, of the scene ``of`` if that is given: grid, and what source_index says there."""
    for block in product.grid.blocks(1):
        recorded = product.recorded(block.row, block.column)
        if recorded >= 0 and (of is None or product.items[recorded] == of):
            return product.grid.part(block), recorded
    raise LookupError(of)


def test_an_answer_holds_what_the_page_shows(spec, source, pixel):
    told = explain(spec, pixel, source=source).to_json()
    assert set(told) == KEYS
    assert explained_products.is_json(told)
    assert told["period"] == {"kind": "year", "start": "2024-01-01", "title": "2024"}
    assert (told["method"], told["mask"], told["resolution"], told["epsg"]) == ("s2gm", "scl", 20, 32633)
    assert set(told["rule"]) == {"code", "sentence", "steps"}
    for candidate in told["candidates"]:
        assert set(candidate) == CANDIDATE_KEYS
        assert set(candidate["reason"]) == {"code", "sentence"}
        assert candidate["valid"] == (candidate["verdict"] != "rejected")


def test_candidates_come_newest_first_with_all_bands(spec, source, pixel):
    told = explain(spec, pixel, source=source).to_json()
    times = [candidate["sensed_at"] for candidate in told["candidates"]]
    assert len(times) >= 4
    assert times == sorted(times, reverse=True)
    assert all(len(candidate["reflectance"]) == 11 for candidate in told["candidates"])


def test_without_a_list_of_scenes_the_pixel_is_a_mosaic_of_its_own(spec, source, pixel):
    explanation = explain(spec, pixel, source=source)
    numbers = [each.source_index for each in explanation.candidates]
    assert numbers == sorted(numbers, reverse=True)
    assert explanation.agrees


def test_scenes_that_the_archive_got_since_are_left_alone(product, source):
    older = product.items[: len(product.items) // 2]
    pixel, _ = pixel_from(product)
    explanation = explain(product.spec, pixel, source=source, items=older)
    assert {each.candidate.granule.item_id for each in explanation.candidates} <= set(older)
    assert all(older[each.source_index] == each.candidate.granule.item_id for each in explanation.candidates)


def test_a_chosen_scene_that_is_gone_is_named(product, archive, tmp_path):
    pixel, recorded = pixel_from(product)
    gone = product.items[recorded]
    source = archive_without(archive, tmp_path, {gone})
    explanation = explain(product.spec, pixel, source=source, items=product.items, recorded=recorded)
    told = explanation.to_json()
    assert told["missing"] == [gone]
    assert [note["code"] for note in told["notes"]] == ["chosen_missing", "missing"]
    assert gone in told["notes"][0]["sentence"]
    assert "not in the archive any more" in told["notes"][0]["sentence"]
    assert gone not in {candidate["item"] for candidate in told["candidates"]}


def test_another_scene_that_is_gone_is_named_too(product, archive, tmp_path):
    pixel, recorded = pixel_from(product)
    gone = next(item for item in product.items if item != product.items[recorded])
    source = archive_without(archive, tmp_path, {gone})
    told = explain(product.spec, pixel, source=source, items=product.items).to_json()
    assert told["missing"] == [gone]
    assert [note["code"] for note in told["notes"]] == ["missing"]


def test_numbers_of_scenes_stay_those_of_the_product_when_some_are_gone(product, archive, tmp_path):
    gone = product.items[0]
    source = archive_without(archive, tmp_path, {gone})
    pixel, _ = pixel_from(product)
    explanation = explain(product.spec, pixel, source=source, items=product.items)
    assert all(product.items[each.source_index] == each.candidate.granule.item_id for each in explanation.candidates)


@pytest.mark.parametrize(
    ("recorded", "words"), [(-1, "holds no data here"), (0, "chosen anew, it would come from"), (999, "999")]
)
def test_an_answer_that_differs_from_the_product_says_so(product, source, recorded, words):
    pixel, right = pixel_from(product)
    assert right != 0
    told = explain(product.spec, pixel, source=source, items=product.items, recorded=recorded).to_json()
    assert [note["code"] for note in told["notes"]] == ["differs"]
    assert words in told["notes"][0]["sentence"]
    assert told["recorded_source_index"] == recorded
    assert explain(product.spec, pixel, source=source, items=product.items, recorded=right).notes == ()


def test_a_product_of_which_no_scene_is_left_is_refused(product, archive, tmp_path):
    source = archive_without(archive, tmp_path, set(product.items[1:]))
    pixel, _ = pixel_from(product)
    with pytest.raises(NoReadableScene, match="None of the scenes that this product was made from"):
        explain(product.spec, pixel, source=source, items=product.items[1:])


def test_a_damaged_scene_is_left_out_as_a_mosaic_leaves_it_out(damaged_archive, archive, clearest, order, tmp_path):
    items = damaged_archive([clearest])
    made = explained_products.make(
        items, order(resolution=60, layers=explained_products.all_layers()), tmp_path / "out"
    )
    assert clearest not in made.items
    met = explained_products.compare(made, least=400)
    assert met["pixels"]
    grid, _ = pixel_from(made)
    alone = explain(made.spec, grid, source=made.source)
    assert [(scene.item, scene.why) for scene in alone.missing] == [(clearest, "unreadable")]
    assert [note.code for note in alone.notes] == ["unreadable"]


def test_a_scene_damaged_after_the_mosaic_was_made_is_named(product, damaged_archive, clearest):
    number = product.items.index(clearest)
    pixel, recorded = pixel_from(product, of=clearest)
    assert recorded == number
    items = damaged_archive([clearest], band="B08")
    # To its very beginning: a pixel before the damage can still be read.
    os.truncate(items.parent / clearest / "B08.tif", 20)
    source = open_source(str(items))
    told = explain(product.spec, pixel, source=source, items=product.items, recorded=recorded).to_json()
    assert told["missing"] == [clearest]
    assert "cannot be read any more" in told["notes"][0]["sentence"]
    assert str(source) not in json.dumps(told)


def test_an_archive_of_damaged_scenes_is_refused_without_paths(product, damaged_archive, tmp_path):
    items = damaged_archive()
    for raster in items.parent.glob("*/SCL.tif"):
        os.truncate(raster, 20)
    source = open_source(str(items))
    pixel, _ = pixel_from(product)
    with pytest.raises(NoReadableScene, match=r"No scene of this pixel can be read: .*damaged or cut short") as refused:
        explain(product.spec, pixel, source=source, items=product.items)
    assert str(tmp_path) not in str(refused.value)


def test_an_archive_whose_files_are_gone_is_refused(product, archive, tmp_path):
    (tmp_path / "items.json").write_text(archive.read_text())
    pixel, _ = pixel_from(product)
    with pytest.raises(NoReadableScene, match="it is missing"):
        explain(product.spec, pixel, source=open_source(str(tmp_path / "items.json")), items=product.items)


def test_an_archive_that_does_not_answer_is_said_to(product, archive, tmp_path):
    listed = json.loads(archive.read_text())
    for item in listed["features"]:
        for asset in item["assets"].values():
            asset["href"] = f"http://127.0.0.1:9/{asset['href']}"
    (tmp_path / "items.json").write_text(json.dumps(listed))
    pixel, _ = pixel_from(product)
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1:9 stopped answering"):
        explain(product.spec, pixel, source=open_source(str(tmp_path / "items.json")), items=product.items)


def test_a_pixel_without_scenes_is_refused_when_it_is_no_products(spec, source):
    with pytest.raises(NoScenes):
        explain(spec, pixel_grid(2.3, 48.8, resolution_m=20), source=source)


def test_a_pixel_beyond_all_rasters_has_no_candidates(product, source):
    west, _, _, north = product.grid.bounds
    beyond = Grid(product.grid.epsg, int(west // 60) - 2000, product.grid.top, 1, 1, 60)
    with Explainer(product.spec, source, items=product.items) as explainer:
        told = explainer.explain(beyond).to_json()
    assert (told["decision"], told["valid_obs"], told["chosen"], told["candidates"]) == ("none", 0, None, [])
    assert told["rule"]["code"] == "none"
    assert north


def test_only_one_pixel_is_explained_at_a_time(spec, source, pixel):
    nine = Grid(pixel.epsg, pixel.left, pixel.top, 3, 3, 20)
    with pytest.raises(ValueError, match="one pixel"):
        explain(spec, nine, source=source)


def test_more_pixels_than_fit_into_memory_are_refused(product, source):
    with Explainer(product.spec, source, items=product.items) as explainer, pytest.raises(ValueError, match="at most"):
        explainer.explain_each(Grid(32633, 0, 0, MOST_PIXELS, 2, 60))


def test_pixels_of_a_block_are_explained_as_each_alone(product, source):
    block = product.grid.part(Block(3, 4, 3, 3))
    with Explainer(product.spec, source, items=product.items) as explainer:
        together = [explanation.to_json() for explanation in explainer.explain_each(block)]
        alone = [explainer.explain(block.part(Block(c, r, 1, 1))).to_json() for r in range(3) for c in range(3)]
    assert together == alone


@pytest.fixture
def oldest(tmp_path, monkeypatch):
    """One more method, of which only its choice is known."""
    folder = tmp_path / "methods"
    folder.mkdir()
    (folder / "oldest.py").write_text(OLDEST)
    package = importlib.import_module("processing.methods")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.usefixtures("oldest")
def test_a_method_that_is_not_known_is_explained_by_its_choice(archive, order, tmp_path):
    layers = explained_products.all_layers()
    made = explained_products.make(archive, order(method="oldest", resolution=60, layers=layers), tmp_path / "out")
    met = explained_products.compare(made, least=400)
    assert {"method", "not_chosen"} <= set(met)
    pixel, _ = pixel_from(made)
    told = explain(made.spec, pixel, source=made.source, items=made.items).to_json()
    assert told["rule"]["sentence"] == "Chosen by the method Oldest: The oldest valid observation of the period."


DRY = '''
"""Only what is darker than 0.1 in the first shortwave infrared."""

from processing.masks.scl import WEAK_1, SceneClassMask
from processing.layers import Reason


class Dark:
    name = "dark"
    title = "Dark only"
    summary = "Only dark pixels."
    measures = ("B02", "B11")
    most_view_zenith_deg = 11.0
    refines_as = Reason.NO_DATA
    reasons = SceneClassMask("x", "x", "x", classes=WEAK_1).reasons

    def refine(self, stack):
        band = stack.bands["B11"]
        cells = band.values[:, band.cell_row[:, None], band.cell_column[None, :]].astype(int)
        stack.valid &= cells + band.offset[:, None, None] < 1500

    def without(self, missing):
        return ""


PLUGIN = Dark()
'''


@pytest.fixture
def dark_only(tmp_path, monkeypatch):
    """One more mask, whose rules only it knows."""
    folder = tmp_path / "masks"
    folder.mkdir()
    (folder / "dark.py").write_text(DRY)
    package = importlib.import_module("processing.masks")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.usefixtures("dark_only")
def test_a_mask_that_is_not_known_is_explained_by_what_it_clears(archive, order, tmp_path):
    layers = [layer for layer in explained_products.all_layers() if layer != "rejected_obs"]
    made = explained_products.make(archive, order(mask="dark", resolution=60, layers=layers), tmp_path / "out")
    met = explained_products.compare(made, least=400)
    assert met["refined"]


def test_offsets_of_the_product_are_taken_where_the_archive_leaves_them_in_doubt(archive, product, tmp_path):
    listed = json.loads(archive.read_text())
    for item in listed["features"]:
        item["collection"] = "sentinel-2-l2a"
        item["properties"] |= {"earthsearch:boa_offset_applied": False, "s2:processing_baseline": "05.09"}
    copy = shutil.copytree(archive.parent, tmp_path / "doubtful")
    (copy / "items.json").write_text(json.dumps(listed))
    offsets = {scene["item"]: scene["offset"] for scene in product.provenance["scenes"]}
    doubtful = open_source(str(copy / "items.json"))
    pixel, recorded = pixel_from(product)
    explanation = explain(product.spec, pixel, source=doubtful, items=product.items, offsets=offsets, recorded=recorded)
    assert explanation.notes == ()
    assert {each.candidate.granule.files["B04"].offset for each in explanation.candidates} <= set(offsets.values())
    assert not any(each.candidate.granule.offset_in_doubt for each in explanation.candidates)


def test_candidates_have_thumbnails(product, source):
    pixel, _ = pixel_from(product)
    explanation = explain(product.spec, pixel, source=source, items=product.items)
    pictures = thumbnails(explanation.granules, pixel)
    assert list(pictures) == [candidate["item"] for candidate in explanation.to_json()["candidates"]]
