"""S2GM's short-term tree V1.1.0 for one pixel, with every question and its numbers.

Source: S2GM ATBD v1.3.3, Table 2-4; where table and pseudo-code differ (rule 2) the pseudo-code counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from processing.pixels.candidates import Candidate
from processing.pixels.spectra import Spectrum, brightness, cloud_of, haze, is_snow, mndwi, ndvi, total, visible_mean
from processing.pixels.statements import Statement, Step, told_apart


class Outcome(NamedTuple):
    """What a tree makes of two or more observations, newest first."""

    taken: int | None
    rule: Statement
    reasons: tuple[Statement, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Numbers:
    """The indices of all observations."""

    ndvi: list[float]
    mndwi: list[float]
    tcb: list[float]

    @classmethod
    def of(cls, spectra: Sequence[Spectrum]) -> _Numbers:
        return cls([ndvi(s) for s in spectra], [mndwi(s) for s in spectra], [brightness(s) for s in spectra])

    @property
    def darkest(self) -> int:
        return self.tcb.index(min(self.tcb))


def decide(observations: Sequence[Candidate], spectra: Sequence[Spectrum]) -> Outcome:
    """Of equal observations the newest; clouds alone give nothing."""
    numbers = _Numbers.of(spectra)
    steps: list[Step] = []
    for ask in (_rule_1, _rule_2, _rule_3, _rule_4, _rule_5, _rule_6, _rule_7, _rule_8):
        step, criterion = ask(numbers, spectra[numbers.darkest], observations[numbers.darkest].scene_class)
        steps.append(step)
        if step.applies:
            break
    taken = _TAKERS[criterion](numbers)
    rule = Statement(steps[-1].code, steps[-1].sentence)
    reasons = tuple(_reason(criterion, numbers, taken, place, rule) for place in range(len(spectra)))
    return Outcome(taken, rule, reasons, tuple(steps))


def greenest(spectra: Sequence[Spectrum]) -> Outcome:
    """What is left of the tree without shortwave infrared: the greatest NDVI."""
    numbers = _Numbers([ndvi(s) for s in spectra], [], [])
    rule = Statement(
        "greenest", "The archive lacks bands of the short-term tree: the observation with the greatest NDVI is taken."
    )
    taken = _most(numbers.ndvi)
    return Outcome(taken, rule, tuple(_by_ndvi(numbers, taken, place, rule) for place in range(len(spectra))), ())


# A rule's question and answer, and by what it takes an observation.
_Asked = tuple[Step, str]


def _mean(values: Sequence[float]) -> float:
    return total(values) / len(values)


def _rule_1(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    mean, above = _mean(numbers.mndwi), max(numbers.ndvi) - _mean(numbers.ndvi)
    asked = (
        f"Rule 1 of the short-term tree, mean mNDWI below -0.55 (here {mean:.3f}) and the greatest NDVI less than "
        f"0.05 above the mean (here {above:.3f}): take the greatest NDVI."
    )
    applies = mean < -0.55 and above < 0.05
    return Step("rule_1", asked, applies, {"mean_mndwi": mean, "ndvi_above_mean": above}), "greatest_ndvi"


def _rule_2(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    mean, below = _mean(numbers.ndvi), _mean(numbers.mndwi) - min(numbers.mndwi)
    asked = (
        f"Rule 2 of the short-term tree, mean NDVI below -0.3 (here {mean:.3f}) and the least mNDWI less than "
        f"0.05 below the mean (here {below:.3f}): take the greatest mNDWI."
    )
    applies = mean < -0.3 and below < 0.05
    return Step("rule_2", asked, applies, {"mean_ndvi": mean, "mndwi_below_mean": below}), "greatest_mndwi"


def _rule_3(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    green, bright = _mean(numbers.ndvi), _mean(numbers.tcb)
    asked = (
        f"Rule 3 of the short-term tree, mean NDVI above 0.6 (here {green:.3f}) and mean brightness below 0.45 "
        f"(here {bright:.3f}): take the greatest NDVI."
    )
    applies = green > 0.6 and bright < 0.45
    return Step("rule_3", asked, applies, {"mean_ndvi": green, "mean_tcb": bright}), "greatest_ndvi"


def _rule_4(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    cloud, tcb = cloud_of(darkest), min(numbers.tcb)
    found = {"tcb": tcb, "haze": haze(darkest), "mndwi": mndwi(darkest), "visible_mean": visible_mean(darkest)}
    if cloud:
        sentence = (
            f"Rule 4 of the short-term tree, the darkest observation (brightness {tcb:.3f}) is no cloud by its bands: "
            f"here it looks like {cloud} (haze index {found['haze']:.3f}, mNDWI {found['mndwi']:.3f}, "
            f"visible mean {found['visible_mean']:.3f})."
        )
    else:
        sentence = (
            f"Rule 4 of the short-term tree, the darkest observation (brightness {tcb:.3f}) is no cloud by its bands "
            f"(haze index {found['haze']:.3f}, mNDWI {found['mndwi']:.3f}, visible mean {found['visible_mean']:.3f}): "
            f"take it."
        )
    return Step("rule_4", sentence, not cloud, found), "darkest"


def _rule_5(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    tcb, snow = min(numbers.tcb), is_snow(darkest, scene_class)
    found = {"tcb": tcb, "mndwi": mndwi(darkest), "scene_class": float(scene_class)}
    if snow:
        sentence = "Rule 5 of the short-term tree, the darkest observation is no snow either: here it is snow."
    elif tcb > 1.0:
        sentence = (
            f"Rule 5 of the short-term tree, the darkest observation looks like cloud, is no snow, and its brightness "
            f"of {tcb:.3f} is above 1.0: take nothing."
        )
    else:
        sentence = (
            f"Rule 5 of the short-term tree, the darkest observation looks like cloud and is no snow, but its "
            f"brightness of {tcb:.3f} is not above 1.0: take it."
        )
    return Step("rule_5", sentence, not snow, found), "nothing" if tcb > 1.0 else "darkest"


def _rule_6(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    mean = _mean(numbers.ndvi)
    asked = f"Rule 6 of the short-term tree, snow and mean NDVI below -0.2 (here {mean:.3f}): take the greatest mNDWI."
    return Step("rule_6", asked, mean < -0.2, {"mean_ndvi": mean}), "greatest_mndwi"


def _rule_7(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    mean = _mean(numbers.tcb)
    asked = (
        f"Rule 7 of the short-term tree, snow and mean brightness above 0.45 (here {mean:.3f}): take the least NDVI."
    )
    return Step("rule_7", asked, mean > 0.45, {"mean_tcb": mean}), "least_ndvi"


def _rule_8(numbers: _Numbers, darkest: Spectrum, scene_class: int) -> _Asked:
    asked = "Rule 8 of the short-term tree, snow and no other rule applies: take the greatest NDVI."
    return Step("rule_8", asked, True), "greatest_ndvi"


def _most(values: Sequence[float]) -> int:
    """Position of the greatest, of equal ones the first."""
    return values.index(max(values))


_TAKERS: dict[str, Callable[[_Numbers], int | None]] = {
    "greatest_ndvi": lambda numbers: _most(numbers.ndvi),
    "least_ndvi": lambda numbers: numbers.ndvi.index(min(numbers.ndvi)),
    "greatest_mndwi": lambda numbers: _most(numbers.mndwi),
    "darkest": lambda numbers: numbers.darkest,
    "nothing": lambda numbers: None,
}


def _reason(criterion: str, numbers: _Numbers, taken: int | None, place: int, rule: Statement) -> Statement:
    if taken is None:
        return Statement("nothing_taken", "Not taken: by rule 5 even the darkest observation is too bright a cloud.")
    if criterion == "greatest_ndvi":
        return _by_ndvi(numbers, taken, place, rule)
    values = {"least_ndvi": numbers.ndvi, "greatest_mndwi": numbers.mndwi, "darkest": numbers.tcb}[criterion]
    if place == taken:
        return rule
    if values[place] == values[taken]:
        return _SAME
    own, best = told_apart(values[place], values[taken])
    if criterion == "least_ndvi":
        return Statement("higher_ndvi", f"Its NDVI is higher: {own} against {best} of the chosen observation.")
    if criterion == "greatest_mndwi":
        return Statement("lower_mndwi", f"Its mNDWI is lower: {own} against {best} of the chosen observation.")
    return Statement("brighter", f"Brighter: {own} against {best} of the chosen observation.")


_SAME = Statement("same", "No different in what decides, but older than the chosen observation.")


def _by_ndvi(numbers: _Numbers, taken: int, place: int, rule: Statement) -> Statement:
    if place == taken:
        return rule
    if numbers.ndvi[place] == numbers.ndvi[taken]:
        return _SAME
    own, best = told_apart(numbers.ndvi[place], numbers.ndvi[taken])
    return Statement("lower_ndvi", f"Its NDVI is lower: {own} against {best} of the chosen observation.")
