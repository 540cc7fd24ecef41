"""Explanation: the answer to "why this pixel?", as objects and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from processing.granule import Granule
from processing.pixels.candidates import Candidate, known_angle
from processing.pixels.deciding import Decided, Decision
from processing.pixels.places import PixelPlace
from processing.pixels.spectra import indices
from processing.pixels.statements import Statement
from processing.spec import MosaicSpec

Verdict = Literal["chosen", "not_chosen", "rejected"]


@dataclass(frozen=True)
class ExplainedCandidate:
    """One observation of the pixel, and what became of it."""

    candidate: Candidate
    source_index: int
    verdict: Verdict
    reason: Statement
    distance: float | None
    """See ``Decided.distances``."""

    def to_json(self) -> dict[str, Any]:
        seen, granule = self.candidate, self.candidate.granule
        return {
            "item": granule.item_id,
            "granule": granule.identifier,
            "sensed_at": granule.sensed_at.isoformat(),
            "platform": granule.platform,
            "tile": granule.tile,
            "source_index": self.source_index,
            "scene_class": seen.scene_class,
            "class_title": seen.class_title,
            "reflectance": dict(seen.reflectance),
            "cloud_probability": seen.cloud_probability,
            "view_zenith_deg": known_angle(seen.view_zenith_deg),
            "valid": self.verdict != "rejected",
            "verdict": self.verdict,
            "reason": self.reason.to_json(),
            "distance": None if self.distance is None else round(self.distance, 8),
            "indices": indices(seen.reflectance),
        }


@dataclass(frozen=True)
class MissingScene:
    """A scene of the product that cannot be asked any more."""

    item: str
    why: Literal["gone", "unreadable"]


@dataclass(frozen=True)
class Explanation:
    """Why one pixel is as it is."""

    place: PixelPlace
    spec: MosaicSpec
    mask: str
    valid_obs: int
    decision: Decision
    decided: Decided
    """The log's account of the decision."""

    source_index: int | None
    recorded: int | None
    """What the product's own source_index says, if that was given."""

    chosen: int | None
    """Position among the candidates."""

    values: Mapping[str, int]
    """What a mosaic holds here: stored numbers by raster, of all bands the scenes have and of the ordered layers."""

    missing: tuple[MissingScene, ...]
    notes: tuple[Statement, ...]
    """What should be known of this answer."""

    candidates: tuple[ExplainedCandidate, ...]
    """Newest first."""

    agrees: bool
    """Whether the log comes to the same choice as the engine. It always should."""

    @property
    def granules(self) -> tuple[Granule, ...]:
        """Of the candidates; for thumbnails."""
        return tuple(each.candidate.granule for each in self.candidates)

    def to_json(self) -> dict[str, Any]:
        """As the hub keeps it."""
        period = self.spec.period
        return {
            "lon": self.place.lon,
            "lat": self.place.lat,
            "epsg": self.place.epsg,
            "x": self.place.x,
            "y": self.place.y,
            "period": {"kind": period.kind, "start": period.start.isoformat(), "title": period.title},
            "method": self.spec.method,
            "mask": self.mask,
            "resolution": self.spec.resolution,
            "valid_obs": self.valid_obs,
            "decision": self.decision,
            "rule": {**self.decided.rule.to_json(), "steps": [step.to_json() for step in self.decided.steps]},
            "source_index": self.source_index,
            "recorded_source_index": self.recorded,
            "chosen": self.chosen,
            "values": dict(self.values),
            "missing": [scene.item for scene in self.missing],
            "notes": [note.to_json() for note in self.notes],
            "agrees": self.agrees,
            "candidates": [each.to_json() for each in self.candidates],
        }


def notes_on(
    *,
    chosen: str | None,
    missing: Sequence[MissingScene],
    source_index: int | None,
    recorded: int | None,
    recorded_item: str | None,
    not_read: Sequence[str],
) -> tuple[Statement, ...]:
    """What is to be said of an answer that may not be that of the product: scenes that are gone, another choice."""
    why = {scene.item: scene.why for scene in missing}
    notes = []
    if recorded is not None and (recorded if recorded >= 0 else None) != source_index:
        notes.append(_on_difference(chosen, recorded, recorded_item, why))
    if gone := [scene for scene in missing if scene.why == "gone"]:
        sentence = (
            f"Scenes that the product was made from and that are not in the archive any more, or were replaced there: "
            f"{len(gone)}."
        )
        notes.append(Statement("missing", sentence))
    if unreadable := [scene for scene in missing if scene.why == "unreadable"]:
        notes.append(Statement("unreadable", f"Scenes of this pixel that cannot be read: {len(unreadable)}."))
    return (*notes, *(Statement("no_angles", sentence) for sentence in not_read))


def _on_difference(chosen: str | None, recorded: int, item: str | None, why: Mapping[str, str]) -> Statement:
    """The product says something else than what is chosen now."""
    if item is not None and item in why:
        if why[item] == "gone":
            sentence = f"The product took this pixel from the scene {item}, which is not in the archive any more."
        else:
            sentence = f"The product took this pixel from the scene {item}, which cannot be read any more."
        return Statement("chosen_missing", sentence)
    if recorded < 0:
        return Statement(
            "differs", f"The product holds no data here; chosen anew, it would come from the scene {chosen}."
        )
    before = item or f"{recorded}"
    if chosen is None:
        sentence = f"The product took this pixel from the scene {before}; chosen anew, nothing would be taken."
    else:
        sentence = f"The product took this pixel from the scene {before}; chosen anew, it would come from {chosen}."
    return Statement("differs", sentence)
