"""Products made the ordinary way, and every pixel of them explained: both have to say the same."""

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from processing.grid import Grid
from processing.layers import LAYERS
from processing.mosaic import Limits, make_product, plan_products
from processing.pixels.deciding import DECISIONS
from processing.pixels.explaining import Explainer
from processing.sources import open_source
from processing.sources.base import Source
from processing.spec import MosaicSpec

BLOCK_PX = 20
_CLOUDS = {"cloud_medium", "cloud_high", "cirrus", "unclassified"}
_SHADOWS = {"cloud_shadow", "dark"}
_EDGES = {"edge", "edge_unknown"}


@dataclass(frozen=True)
class Product:
    """A product as it lies in its folder."""

    spec: MosaicSpec
    source: Source
    grid: Grid
    rasters: dict[str, np.ndarray]
    """(y, x) by raster name."""

    provenance: dict[str, Any]

    @property
    def items(self) -> list[str]:
        """Of its scenes, in the order of source_index."""
        return [scene["item"] for scene in self.provenance["scenes"]]

    def recorded(self, row: int, column: int) -> int:
        return int(self.rasters["source_index"][row, column])


def make(items: Path, order: dict[str, Any], folder: Path) -> Product:
    """The first product of an order, of all the layers that are ordered."""
    spec = MosaicSpec.parse(order)
    source = open_source(str(items))
    plan = plan_products(spec, source)[0]
    made = make_product(spec, plan, source=source, into=folder, order_number="7", limits=Limits(threads=2))
    rasters = {}
    for file in made.files:
        if file.role == "data":
            with rasterio.open(made.folder / Path(file.name).name) as dataset:
                rasters[file.layer] = dataset.read(1)
    return Product(spec, source, plan.grid, rasters, json.loads((made.folder / "provenance.json").read_text()))


def blocks(product, *, least=None, seed=0, size=BLOCK_PX):
    """Blocks of a product in random order: all of them, or as many as hold ``least`` pixels."""
    found = list(product.grid.blocks(size))
    chosen, pixels = [], 0
    for number in np.random.default_rng(seed).permutation(len(found)):
        if least is not None and pixels >= least:
            break
        chosen.append(found[number])
        pixels += found[number].width * found[number].height
    return chosen


def compare(product, *, least=None, size=BLOCK_PX, **changes):
    """Assert that explanations say what the product says, pixel by pixel; count what was met."""
    met = Counter()
    with Explainer(product.spec, product.source, **({"items": product.items} | changes)) as explainer:
        for block in blocks(product, least=least, size=size):
            recorded = product.rasters["source_index"][block.rows, block.columns].ravel().tolist()
            explanations = explainer.explain_each(product.grid.part(block), recorded=recorded)
            assert len(explanations) == block.width * block.height
            for (row, column), explanation in zip(np.ndindex(block.height, block.width), explanations, strict=True):
                assert_says(explanation, product, block.row + row, block.column + column)
                met.update(codes_of(explanation))
                met["pixels"] += 1
    return met


def codes_of(explanation):
    """What was said, by its codes."""
    yield explanation.decision
    yield explanation.decided.rule.code
    for each in explanation.candidates:
        yield each.reason.code


def assert_says(explanation, product, row, column):
    """An explanation against what the product holds at its pixel."""
    held = {name: int(raster[row, column]) for name, raster in product.rasters.items()}
    assert explanation.agrees, explanation.to_json()
    assert explanation.notes == ()
    assert explanation.missing == ()
    assert {name: explanation.values[name] for name in held} == held
    assert (-1 if explanation.source_index is None else explanation.source_index) == held["source_index"]
    assert explanation.valid_obs == held["valid_obs"]
    assert explanation.decision == DECISIONS[held["method"]]
    verdicts = Counter(each.verdict for each in explanation.candidates)
    assert verdicts["chosen"] == (held["source_index"] >= 0)
    assert verdicts["chosen"] + verdicts["not_chosen"] == held["valid_obs"]
    assert_chosen(explanation, held)
    assert_distances(explanation, held)
    assert_rejections(explanation, held, product)


def assert_chosen(explanation, held):
    """The chosen candidate is the scene that source_index names, and shows the product's own numbers."""
    assert (explanation.chosen is None) == (held["source_index"] < 0)
    if explanation.chosen is None:
        return
    chosen = explanation.candidates[explanation.chosen]
    assert (chosen.verdict, chosen.source_index) == ("chosen", held["source_index"])
    assert chosen.candidate.scene_class == held["scene_classification"]
    for band, reflectance in chosen.candidate.reflectance.items():
        if band in held:
            assert held[band] == (65535 if reflectance is None else max(0, reflectance))


def assert_distances(explanation, held):
    """The chosen one's distance is the least, and is medoid_mos."""
    distances = [each.distance for each in explanation.candidates if each.distance is not None]
    if held["medoid_mos"] == 65535:
        assert not distances
        return
    assert len(distances) == held["valid_obs"]
    own = explanation.candidates[explanation.chosen].distance
    assert own <= min(distances) * (1 + 1e-11)
    assert abs(own * 10_000 - held["medoid_mos"]) <= 0.5 + 1e-6


def assert_rejections(explanation, held, product):
    """As many as the rasters of rejected_obs count, by reason."""
    if "rejected_obs_cloud" not in held:
        return
    codes = Counter(each.reason.code for each in explanation.candidates if each.verdict == "rejected")
    assert sum(codes[code] for code in _CLOUDS) == held["rejected_obs_cloud"]
    assert sum(codes[code] for code in _SHADOWS) == held["rejected_obs_shadow"]
    assert sum(codes[code] for code in _EDGES) == held["rejected_obs_edge"]
    assert codes["false_snow"] == held["rejected_obs_snow"]
    without = {code: codes[code] for code in ("saturated", "not_measured", "unknown_class") if codes[code]}
    assert sum(without.values()) + empty_overpasses(explanation) == held["rejected_obs_no_data"]


def empty_overpasses(explanation):
    """How many overpasses cover the pixel and hold nothing there."""
    seen = {}
    for each in explanation.candidates:
        takes = seen.setdefault(each.candidate.granule.datatake, [])
        takes.append(each.candidate.scene_class > 0)
    return sum(not any(takes) for takes in seen.values())


def all_layers(*, without=()):
    """Every layer but those read from one of the files ``without``."""
    return [name for name, layer in LAYERS.items() if layer.read_from not in without]


def is_json(answer):
    """Whether it is JSON of finite numbers."""
    return json.loads(json.dumps(answer, allow_nan=False)) == answer and not math.isnan(answer["lon"])
