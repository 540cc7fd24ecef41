"""The scenes behind a delivered product, read from its provenance when somebody asks for them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.orders.models import Product, Role
from hub.orders.storage import path_of

logger = logging.getLogger(__name__)

PROVENANCE = "provenance.json"
# A year over a tile has some hundred scenes of a few hundred bytes each.
MOST_BYTES = 4 * 2**20
MOST_SCENES = 2000


@dataclass(frozen=True)
class Scene:
    """A scene that the product was made from."""

    number: int
    """As the layer ``source_index`` counts."""
    granule: str
    tile: str
    platform: str
    sensed_at: datetime | None
    cloud_percent: float | None
    """Of the whole scene, as its archive says."""


@dataclass(frozen=True)
class SceneList:
    """What a product's provenance says of its scenes."""

    used: list[Scene]
    left_out: list[str]
    """What was left out and why, a sentence each."""
    notes: list[str]
    more: int = 0
    """How many there are beyond ``used``."""

    @property
    def knows_clouds(self) -> bool:
        return any(scene.cloud_percent is not None for scene in self.used)


def scenes_of(product: Product) -> SceneList | None:
    """The scenes of the delivered ``product``; None when there is no provenance to be read any more."""
    file = product.files.filter(name=PROVENANCE, role=Role.METADATA).first()
    if file is None or file.size_bytes > MOST_BYTES:
        return None
    try:
        with path_of(file).open("rb") as content:
            said = json.loads(content.read(MOST_BYTES))
        scenes = [_scene(scene) for scene in said["scenes"][:MOST_SCENES]]
        return SceneList(
            used=scenes,
            left_out=[str(sentence) for sentence in said["left_out"]],
            notes=[str(sentence) for sentence in said["notes"]],
            more=len(said["scenes"]) - len(scenes),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.warning("The provenance of product %s cannot be read: %s", product.pk, error)
        return None


def _scene(said: dict[str, Any]) -> Scene:
    cloud = said.get("cloud_percent")
    return Scene(
        number=int(said["source_index"]),
        granule=str(said["granule"]),
        tile=str(said["tile"]),
        platform=str(said["platform"]),
        sensed_at=datetime.fromisoformat(said["sensed_at"]) if said.get("sensed_at") else None,
        cloud_percent=float(cloud) if cloud is not None else None,
    )
