"""S2GM's first short-term tree (V1.0) for one pixel: every duel of two observations, and what decided it.

Source: the script that the service ran, and S2GM ATBD v1.1, Table 2-4; its defect with two vegetated observations
is kept, as in processing.kernels.pairwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processing.pixels.candidates import Candidate
from processing.pixels.short_term import Outcome
from processing.pixels.spectra import Spectrum, ndvi, ndwi, shortwave_mean, visible_sum
from processing.pixels.statements import Statement, Step
from processing.sentinel2 import SceneClass

# Larger is preferred. Classes that no mask lets through are ranked all the same, as in the script.
_RANK = (0, 1, 7, 6, 10, 10, 8, 5, 3, 2, 4, 9)
_RULE = Statement(
    "pairwise", "Short-term rules of S2GM 1.0: each observation, newest first, meets the best of those before it."
)


@dataclass(frozen=True)
class _Fighter:
    place: int
    candidate: Candidate
    spectrum: Spectrum

    @property
    def rank(self) -> int:
        return _RANK[min(self.candidate.scene_class, 11)]

    @property
    def day(self) -> str:
        return f"{self.candidate.granule.sensed_at:%Y-%m-%d}"

    @property
    def cloud(self) -> int:
        return self.spectrum.get("CLD", 0)


@dataclass(frozen=True)
class _Duel:
    """How an older observation fared against a newer one."""

    older_wins: bool
    found: Statement


def decide(observations: Sequence[Candidate], spectra: Sequence[Spectrum]) -> Outcome:
    """The observation that is left in the end; of equal ones the newest."""
    fighters = [_Fighter(place, *pair) for place, pair in enumerate(zip(observations, spectra, strict=True))]
    best, steps = fighters[0], []
    lost: dict[int, Statement] = {}
    for older in fighters[1:]:
        duel = _fight(older, best)
        winner, loser = (older, best) if duel.older_wins else (best, older)
        sentence = f"The observation of {older.day} against that of {best.day}: {duel.found.sentence}"
        steps.append(Step(duel.found.code, sentence, duel.older_wins))
        lost[loser.place] = Statement(
            duel.found.code, f"Lost against the observation of {winner.day}: {duel.found.sentence}"
        )
        best = winner
    won = Statement("left", "Left when each observation had met the best of those before it.")
    reasons = tuple(lost.get(fighter.place, won) for fighter in fighters)
    return Outcome(best.place, _RULE, reasons, tuple(steps))


def _fight(older: _Fighter, newer: _Fighter) -> _Duel:
    if older.rank != newer.rank:
        winner, loser = (older, newer) if older.rank > newer.rank else (newer, older)
        return _Duel(
            winner is older,
            Statement("class", f"{winner.candidate.class_title} goes before {loser.candidate.class_title}."),
        )
    if older.cloud > newer.cloud:
        sentence = f"the older one is more likely cloud, {older.cloud} percent against {newer.cloud}."
        return _Duel(False, Statement("cloudier", sentence))
    return _of_like(older, newer)


def _of_like(older: _Fighter, newer: _Fighter) -> _Duel:
    """Of one class, or of vegetation and bare soil, the older one no likelier cloud."""
    classes = (older.candidate.scene_class, newer.candidate.scene_class)
    s, t = older.spectrum, newer.spectrum
    if classes == (SceneClass.VEGETATION, SceneClass.VEGETATION):
        if ndvi(s) == ndvi(t):
            return _Duel(False, Statement("same_ndvi", "both are vegetation of the same NDVI, the newer one stays."))
        sentence = "both are vegetation of different NDVI, the older one is taken, a defect of that version."
        return _Duel(True, Statement("vegetation", sentence))
    if classes[0] in (SceneClass.VEGETATION, SceneClass.BARE_SOIL):
        return _by_brightness(older, newer, darker_wins=True)
    if classes[0] in (SceneClass.DARK_FEATURE_SHADOW, SceneClass.SNOW_ICE):
        return _by_brightness(older, newer, darker_wins=False)
    if classes[0] == SceneClass.WATER:
        if ndwi(s) > ndwi(t):
            return _Duel(True, Statement("wetter", f"of water the greater NDWI, {ndwi(s):.4f} above {ndwi(t):.4f}."))
        darker = shortwave_mean(s) < shortwave_mean(t)
        if darker:
            return _Duel(True, Statement("darker_water", "of water the one that is darker in shortwave infrared."))
        sentence = "the older water has no greater NDWI and is not darker in shortwave infrared."
        return _Duel(False, Statement("not_wetter", sentence))
    return _Duel(False, Statement("newer", "nothing speaks for the older one."))


def _by_brightness(older: _Fighter, newer: _Fighter, *, darker_wins: bool) -> _Duel:
    own, other = visible_sum(older.spectrum), visible_sum(newer.spectrum)
    if own == other:
        return _Duel(False, Statement("same_brightness", "both are as bright in B02 B03 B04, the newer one stays."))
    if darker_wins:
        sentence = (
            f"the darker one is taken, {own / 1e4:.4f} of the older and {other / 1e4:.4f} of the newer in B02 B03 B04."
        )
        return _Duel(own < other, Statement("darker", sentence))
    sentence = (
        f"the brighter one is taken, {own / 1e4:.4f} of the older and {other / 1e4:.4f} of the newer in B02 B03 B04."
    )
    return _Duel(own > other, Statement("brighter", sentence))
