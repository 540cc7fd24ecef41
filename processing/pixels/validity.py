"""Which candidates of a pixel count as observations, and why the others do not: the mask's rules in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from processing.kernels.masks import NDSI_OF_SNOW, TCB_OF_SNOW
from processing.masks.base import Mask
from processing.masks.scl import SNOW_BANDS, SceneClassMask
from processing.pixels.candidates import Candidate
from processing.pixels.spectra import brightness, has_bands_of_snow, mndwi
from processing.pixels.statements import Statement
from processing.sentinel2 import SceneClass
from processing.stack import BandCells, Stack

_BY_CLASS: Mapping[int, Statement] = {
    SceneClass.SATURATED_OR_DEFECTIVE: Statement("saturated", "Saturated or defective by its scene class."),
    SceneClass.DARK_FEATURE_SHADOW: Statement(
        "dark", "A dark feature or the shadow of terrain by its scene class, which this mask leaves out."
    ),
    SceneClass.CLOUD_SHADOW: Statement("cloud_shadow", "In a cloud's shadow by its scene class."),
    SceneClass.UNCLASSIFIED: Statement(
        "unclassified", "Unclassified, perhaps cloud of low probability, which this mask leaves out."
    ),
    SceneClass.CLOUD_MEDIUM_PROBABILITY: Statement("cloud_medium", "Cloud of medium probability by its scene class."),
    SceneClass.CLOUD_HIGH_PROBABILITY: Statement("cloud_high", "Cloud of high probability by its scene class."),
    SceneClass.THIN_CIRRUS: Statement("cirrus", "Thin cirrus by its scene class."),
}
NO_DATA = Statement("no_data", "The scene holds no data here.")


def why_rejected(candidates: Sequence[Candidate], mask: Mask, compared: Sequence[str]) -> list[Statement | None]:
    """For each candidate, newest first, why it does not count; None: it does.

    ``compared``: the bands that all scenes of the mosaic have, of those that mask and method look at.
    """
    reasons: list[Statement | None] = []
    sampled: dict[str, Candidate] = {}
    for candidate in candidates:
        before = sampled.get(candidate.granule.datatake)
        if candidate.scene_class != SceneClass.NO_DATA:
            sampled.setdefault(candidate.granule.datatake, candidate)
        reasons.append(_why(candidate, before, mask, compared))
    for position in _refined_away(candidates, reasons, mask, compared):
        reasons[position] = Statement("refined", f"Left out by the mask {mask.title} after a look at its bands.")
    return reasons


def _why(candidate: Candidate, before: Candidate | None, mask: Mask, compared: Sequence[str]) -> Statement | None:
    if candidate.scene_class == SceneClass.NO_DATA:
        return NO_DATA
    if before is not None:
        return Statement(
            "same_overpass", f"The same overpass was observed already, in the scene {before.granule.item_id}."
        )
    if mask.reasons[candidate.scene_class] != 0:
        return _of_class(candidate)
    return (
        _of_view(candidate.view_zenith_deg, mask.most_view_zenith_deg)
        or _of_measures(candidate, [band for band in mask.measures if band in compared])
        or _of_snow(candidate, mask, compared)
    )


def _of_class(candidate: Candidate) -> Statement:
    if candidate.scene_class in _BY_CLASS:
        return _BY_CLASS[candidate.scene_class]
    if candidate.class_title:
        return Statement("class", f"Its scene class does not count under this mask: {candidate.class_title}.")
    return Statement("unknown_class", f"Its scene class, {candidate.scene_class}, does not exist.")


def _of_view(degrees: float | None, limit: float | None) -> Statement | None:
    if limit is None or degrees is None or degrees < limit:
        return None
    if math.isnan(degrees):
        return Statement("edge_unknown", "At the swath's edge, where the view zenith is not known.")
    return Statement(
        "edge", f"At the swath's edge: seen at a view zenith of {degrees:.2f} degrees; from {limit:.1f} on it is cut."
    )


def _of_measures(candidate: Candidate, bands: Sequence[str]) -> Statement | None:
    lacking = [band for band in bands if _is_unmeasured(candidate, band)]
    return Statement("not_measured", f"Not measured in {', '.join(lacking)}.") if lacking else None


def _is_unmeasured(candidate: Candidate, band: str) -> bool:
    if band == "CLD":
        return not candidate.cloud_probability
    return candidate.reflectance[band] is None


def _of_snow(candidate: Candidate, mask: Mask, compared: Sequence[str]) -> Statement | None:
    """S2GM's refinement of snow, of the masks that make it and where the bands allow it."""
    if candidate.scene_class != SceneClass.SNOW_ICE or not _tests_snow(mask, compared):
        return None
    spectrum = {band: candidate.reflectance[band] or 0 for band in SNOW_BANDS}
    if has_bands_of_snow(spectrum):
        return None
    return Statement(
        "false_snow",
        f"Called snow, but not by its bands: NDSI {mndwi(spectrum):.3f} and brightness {brightness(spectrum):.3f},"
        f" where snow has more than {NDSI_OF_SNOW:.2f} and {TCB_OF_SNOW:.2f}.",
    )


def _tests_snow(mask: Mask, compared: Sequence[str]) -> bool:
    # A mask that has something to say about missing bands of snow is one that looks at them.
    refines = isinstance(mask, SceneClassMask) and bool(mask.without(SNOW_BANDS))
    return refines and all(band in compared for band in SNOW_BANDS)


def _refined_away(
    candidates: Sequence[Candidate], reasons: Sequence[Statement | None], mask: Mask, compared: Sequence[str]
) -> list[int]:
    """Positions of the candidates that a mask of another kind clears by rules that only it knows."""
    counting = [position for position, reason in enumerate(reasons) if reason is None]
    if isinstance(mask, SceneClassMask) or not compared or not counting:
        return []
    stack = _stack([candidates[position] for position in counting], compared)
    mask.refine(stack)
    return [position for position, valid in zip(counting, stack.valid[:, 0, 0], strict=True) if not valid]


def _stack(candidates: Sequence[Candidate], compared: Sequence[str]) -> Stack:
    """The candidates of one pixel as masks take them; offsets are undone so that no number is below 0."""
    buffer = np.zeros(len(compared) * len(candidates), np.uint16)
    nowhere, bands = np.zeros(1, np.int32), {}
    for b, band in enumerate(compared):
        values = buffer[b * len(candidates) : (b + 1) * len(candidates)]
        offset = np.array([each.granule.files[band].offset for each in candidates], np.int32)
        values[:] = [_digital_number(each, band) for each in candidates]
        bands[band] = BandCells(values.reshape(-1, 1, 1), nowhere, nowhere, offset)
    shape = (len(candidates), 1, 1)
    return Stack(
        observations=range(len(candidates)),
        scene_class=np.array([each.scene_class for each in candidates], np.uint8).reshape(shape),
        valid=np.ones(shape, bool),
        bands=bands,
        buffer=buffer,
    )


def _digital_number(candidate: Candidate, band: str) -> int:
    if band == "CLD":
        return candidate.cloud_probability or 0
    reflectance = candidate.reflectance[band]
    return 0 if reflectance is None else reflectance - candidate.granule.files[band].offset
