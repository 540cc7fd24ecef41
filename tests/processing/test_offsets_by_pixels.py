"""Earth Search says of many scenes that the offset is still to be applied; their pixels tell whether that is so."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from processing.clock import Clock
from processing.mosaic import make_product, split
from processing.offsets import settle_offset
from processing.reading import Reader
from processing.sources import open_source
from processing.spec import MosaicSpec


def claimed_not_applied(items, folder):
    """The archive as Earth Search would describe it: baseline 05.09, offset said to be not applied."""
    archive = shutil.copytree(items.parent, folder / "archive")
    collection = json.loads((archive / "items.json").read_text())
    for item in collection["features"]:
        item["collection"] = "sentinel-2-l2a"
        item["properties"] |= {"earthsearch:boa_offset_applied": False, "s2:processing_baseline": "05.09"}
    (archive / "items.json").write_text(json.dumps(collection))
    return archive


def rewrite(path, change):
    with rasterio.open(path) as dataset:
        pixels, profile = dataset.read(1), dataset.profile
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(change(pixels).astype(pixels.dtype), 1)


@pytest.fixture
def granules(archive, tmp_path):
    """Two clear granules in doubt: one raw, one whose pixels hold the offset already."""
    described = claimed_not_applied(archive, tmp_path)
    source = open_source(str(described / "items.json"))
    bounds = shapely.box(*source.extent().bounds)
    found = [g for g in source.search(bounds, *_days(source)) if "_202406" in g.item_id]
    by_clear = sorted(found, key=clear_share, reverse=True)
    original = {item["id"]: item for item in json.loads(archive.read_text())["features"]}
    raw = [g for g in by_clear if original[g.item_id]["assets"]["blue"]["raster:bands"][0]["offset"] != 0]
    harmonised = next(g for g in raw[1:])
    for band in ("B02", "B03", "B04", "B08"):
        rewrite(Path(harmonised.files[band].href), lambda dn: np.where(dn > 0, np.maximum(dn.astype(int) - 1000, 1), 0))
    return raw[0], harmonised


def _days(source):
    return source.extent().first_day, source.extent().last_day


def clear_share(granule):
    with rasterio.open(granule.files["SCL"].href) as dataset:
        return np.isin(dataset.read(1), (4, 5, 6)).mean()


def test_both_are_in_doubt_by_their_metadata(granules):
    assert all(granule.offset_in_doubt for granule in granules)


def test_raw_pixels_get_the_offset(granules):
    raw, _ = granules
    settled = settle_offset(raw, 0, Reader([raw], clock=Clock()))
    assert settled.files["B02"].offset == -1000
    assert settled.offset_rule.startswith("by pixels")
    assert settled.offset_rule.endswith("not applied")


def test_pixels_that_hold_the_offset_are_left_alone(granules):
    _, harmonised = granules
    settled = settle_offset(harmonised, 0, Reader([harmonised], clock=Clock()))
    assert settled.files["B02"].offset == 0
    assert settled.offset_rule.endswith("already applied")
    assert not settled.offset_in_doubt


def test_without_doubt_nothing_is_read(granules):
    sure = replace(granules[0], offset_in_doubt=False)
    assert settle_offset(sure, 0, reader=None) is sure


def test_the_decision_stands_in_the_provenance(granules, small_area, tmp_path):
    raw, harmonised = granules
    items = Path(raw.files["B02"].href).parents[1] / "items.json"
    order = {
        "name": "Doubt", "area": small_area, "period": {"kind": "month", "start": "2024-06-01"}, "resolution": 60,
        "bands": ["B02"],
    }  # fmt: skip
    spec = MosaicSpec.parse(order)
    (plan,) = split(spec)
    made = make_product(spec, plan, source=open_source(str(items)), into=tmp_path / "out", order_number="1")
    told = {scene["item"]: scene for scene in json.loads((made.folder / "provenance.json").read_text())["scenes"]}
    assert told[raw.item_id]["offset"] == -1000
    assert told[harmonised.item_id]["offset"] == 0
    assert all(scene["offset_rule"].startswith("by pixels: ") for scene in told.values())
