"""What the engine says of a pixel, made up; and a product that was really made, to ask about."""

from __future__ import annotations

import atexit
import copy
import json
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.test import Client

from hub.orders import ordering, production, storage
from hub.orders.models import Product
from hub.pixels import places
from hub.pixels.models import Question, State
from processing.mosaic import MadeProduct, make_product
from processing.pixels.places import pixel_place
from processing.planning import plan_products
from processing.sources import open_source
from processing.spec import MosaicSpec

HTMX = {"HX-Request": "true"}
LAYERS = ["valid_obs", "source_index", "scene_classification", "medoid_mos", "method"]


def candidate(day: int, **said: Any) -> dict[str, Any]:
    """One observation of June 2024."""
    return {
        "item": f"S2B_33TWM_202406{day:02}",
        "granule": f"S2B_OPER_MSI_L2A_TL_2BPS_202406{day:02}T120000_A000001_T33TWM_N05.10",
        "sensed_at": f"2024-06-{day:02}T10:00:31+00:00",
        "platform": "S2B",
        "tile": "33TWM",
        "source_index": 30 - day,
        "scene_class": 4,
        "class_title": "Vegetation",
        "reflectance": {"B02": 300 + day, "B03": 500, "B04": 400, "B08": 3000, "B11": 1500},
        "cloud_probability": 2,
        "view_zenith_deg": 4.25,
        "valid": True,
        "verdict": "not_chosen",
        "reason": {"code": "farther", "sentence": "Farther from the others."},
        "distance": 0.0812,
        "indices": {"ndvi": 0.765, "tcb": 0.21},
    } | said


def rejected(day: int, code: str, scene_class: int, title: str) -> dict[str, Any]:
    return candidate(
        day,
        scene_class=scene_class,
        class_title=title,
        valid=False,
        verdict="rejected",
        reason={"code": code, "sentence": "In a cloud's shadow by its scene class."},
        distance=None,
    )


EXPLANATION: dict[str, Any] = {
    "lon": 15.0,
    "lat": 46.0,
    "epsg": 32633,
    "x": 500_030.0,
    "y": 5_094_030.0,
    "period": {"kind": "month", "start": "2024-06-01", "title": "June 2024"},
    "method": "s2gm",
    "mask": None,
    "resolution": 60,
    "valid_obs": 2,
    "decision": "medoid",
    "rule": {"code": "medoid", "sentence": "The one nearest to all others."},
    "source_index": 16,
    "chosen": 1,
    "values": {"B04": 400, "source_index": 16},
    "held": {"B04": 400, "source_index": 16},
    "outline": [[15.0, 46.0], [15.001, 46.0], [15.001, 45.999], [15.0, 45.999]],
    "missing": [],
    "candidates": [
        candidate(24),
        candidate(14, verdict="chosen", distance=0.0617, reason={"code": "chosen", "sentence": ""}),
        rejected(9, "cloud_shadow", 3, "Cloud shadow"),
        rejected(4, "cloud_high", 9, "Cloud, high probability"),
    ],
}


def explanation(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(EXPLANATION) | changes


def nothing_valid() -> dict[str, Any]:
    """Of a pixel that no observation is valid at."""
    return explanation(
        decision="none",
        valid_obs=0,
        chosen=None,
        source_index=None,
        candidates=[
            rejected(24, "cloud_high", 9, "Cloud, high probability"),
            rejected(14, "cloud_high", 9, "Cloud, high probability"),
            rejected(4, "edge", 4, "Vegetation"),
        ],
    )


def delivered_mosaic(owner: AbstractUser, order: dict[str, Any]) -> Product:
    """A product of that order, made by the engine and delivered; the same order is made once for all tests."""
    spec = MosaicSpec.parse({"layers": LAYERS} | order)
    (waiting,) = ordering.submit(owner, spec).products.all()
    product = production.claim(waiting.pk, worker="test")
    assert product is not None
    kept = _made(json.dumps(spec.to_json()), str(settings.MOSAIC_SOURCE))
    folder = storage.scratch_folder(product) / kept.folder.relative_to(kept.folder.parent.parent)
    shutil.copytree(kept.folder.parent, folder.parent)
    production.deliver(product, replace(kept, folder=folder))
    product.refresh_from_db()
    return product


@cache
def _made(order: str, source: str) -> MadeProduct:
    spec = MosaicSpec.parse(json.loads(order))
    into = Path(tempfile.mkdtemp(prefix="mosaic-for-tests-"))
    atexit.register(shutil.rmtree, into, ignore_errors=True)
    (plan,) = plan_products(spec, open_source(source))
    return make_product(spec, plan, source=open_source(source), into=into, order_number="1")


def middle(product: Product) -> tuple[int, int]:
    """Row and column of a pixel well inside."""
    grid = places.grid_of(product)
    return grid.height // 2, grid.width // 2


def place_of(product: Product, row: int, column: int) -> dict[str, str]:
    """What is typed to ask about that pixel: its centre."""
    place = pixel_place(places.cell(places.grid_of(product), row=row, column=column))
    return {"lon": f"{place.lon:.6f}", "lat": f"{place.lat:.6f}"}


def answered(product: Product, answer: dict[str, Any] | None = None, **columns: Any) -> Question:
    """A question about the middle pixel that has been answered."""
    row, column = middle(product)
    place = pixel_place(places.cell(places.grid_of(product), row=row, column=column))
    return Question.objects.create(
        **{
            "product": product,
            "attempt": product.attempt,
            "row": row,
            "column": column,
            "lon": place.lon,
            "lat": place.lat,
            "state": State.MADE,
            "answer": explanation() if answer is None else answer,
            "pictures": [],
        }
        | columns
    )


def browser_of(user: AbstractUser | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client
