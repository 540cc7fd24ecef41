"""Which of a pixel's valid observations is taken, and why not the others: the methods' rules in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from processing.kernels.medoid import TIE
from processing.methods.base import Method
from processing.methods.s2gm import MEDOID_BANDS, TREE_BANDS
from processing.pixels import pairwise, short_term
from processing.pixels.candidates import Candidate
from processing.pixels.statements import Statement, Step, told_apart

Decision = Literal["none", "single", "short_term", "medoid"]
DECISIONS: tuple[Decision, ...] = ("none", "single", "short_term", "medoid")
"""By the values of the layer ``method``."""

OLDER = Statement("older", "Older than the chosen observation.")


@dataclass(frozen=True)
class Decided:
    """What was decided of the valid observations of one pixel."""

    decision: Decision
    taken: int | None
    """Position among the valid observations."""

    rule: Statement
    reasons: tuple[Statement, ...]
    """Of every valid observation: why it was taken, or why not."""

    steps: tuple[Step, ...] = ()
    """The questions that led there, first to last."""

    distances: tuple[float, ...] = ()
    """Of every valid observation to all of them on average, itself included, in reflectance; where a medoid is taken.

    S2GM divides by the number of observations, not of the others: the least is the layer ``medoid_mos``.
    """


def decide(
    valid: Sequence[Candidate], *, method: Method, options: Mapping[str, int], compared: Sequence[str]
) -> Decided | None:
    """What ``method`` decides of the valid observations, newest first; None where only the method itself knows."""
    if not valid:
        return Decided("none", None, Statement("none", "No observation counts here."), ())
    if method.name == "latest":
        return _latest(len(valid))
    if method.name not in ("s2gm", "s2gm-1.0", "medoid"):
        return None
    if len(valid) == 1:
        rule = Statement("single", "Only one observation counts: it is taken without comparison.")
        return Decided("single", 0, rule, (rule,))
    if len(valid) >= options.get("threshold", 2):
        return _medoid(valid, [band for band in MEDOID_BANDS if band in compared])
    return _by_tree(valid, compared, by_pairs=method.name == "s2gm-1.0")


def decided_by_engine(decision: Decision, taken: int | None, count: int, method: Method) -> Decided:
    """The same for a method of which nothing but its choice is known."""
    rule = Statement("method", f"Chosen by the method {method.title}: {method.summary}")
    other = Statement("not_chosen", f"Not chosen by the method {method.title}.")
    return Decided(decision, taken, rule, tuple(rule if place == taken else other for place in range(count)))


def _latest(count: int) -> Decided:
    rule = Statement("newest", "The newest observation that counts is taken.")
    return Decided("single", 0, rule, (rule, *[OLDER] * (count - 1)))


def _by_tree(valid: Sequence[Candidate], compared: Sequence[str], *, by_pairs: bool) -> Decided:
    """What a short-term tree takes; which tree depends on the bands that there are, as in methods.s2gm."""
    has = {band: band in compared for band in TREE_BANDS}
    spectra = [_spectrum(each, [band for band in TREE_BANDS if has[band]]) for each in valid]
    if by_pairs:
        if all(has[band] for band in ("B02", "B03", "B04", "B08", "B11", "B12")):
            return _of_outcome(pairwise.decide(valid, spectra))
    elif all(has[band] for band in TREE_BANDS[:7]):
        return _of_outcome(short_term.decide(valid, spectra))
    elif has["B04"] and has["B08"]:
        return _of_outcome(short_term.greenest(spectra))
    rule = Statement(
        "newest_for_want_of_bands",
        "The archive lacks the bands that the short-term rules look at: the newest observation is taken.",
    )
    return Decided("short_term", 0, rule, (rule, *[OLDER] * (len(valid) - 1)))


def _of_outcome(outcome: short_term.Outcome) -> Decided:
    # Where a tree takes nothing there is no decision either.
    decision: Decision = "none" if outcome.taken is None else "short_term"
    return Decided(decision, outcome.taken, outcome.rule, outcome.reasons, outcome.steps)


def _spectrum(candidate: Candidate, bands: Sequence[str]) -> dict[str, int]:
    values = {**candidate.reflectance, "CLD": candidate.cloud_probability}
    return {band: values[band] or 0 for band in bands}


def _medoid(valid: Sequence[Candidate], bands: Sequence[str]) -> Decided:
    """The observation with the least sum of distances to the others, of equal ones the newest (ATBD v1.3.3, 2.4.2)."""
    spectra = [[_spectrum(each, bands)[band] for band in bands] for each in valid]
    sums = [sum(math.dist(one, other) for other in spectra) for one in spectra]
    taken = 0
    for place, total in enumerate(sums):
        # Sums of the same distances in another order differ in their last bits: that is a tie.
        if total < sums[taken] * TIE:
            taken = place
    distances = tuple(total / len(valid) * 1e-4 for total in sums)
    rule = Statement(
        "medoid",
        f"The medoid of {len(valid)} observations is taken, the one nearest to all of them in {' '.join(bands)}: "
        f"{distances[taken]:.4f} away on average.",
    )
    return Decided(
        "medoid", taken, rule, tuple(_near(distances, taken, place) for place in range(len(valid))), (), distances
    )


def _near(distances: Sequence[float], taken: int, place: int) -> Statement:
    """How near one observation is to the others."""
    own, least = told_apart(distances[place], distances[taken])
    if place == taken:
        return Statement("nearest", f"The nearest to all observations: {own} away on average.")
    if distances[place] * TIE <= distances[taken]:
        return Statement("tie", "As near to all observations as the chosen one, but older.")
    count = len(distances)
    rank = 1 + sum(other < distances[place] for other in distances)
    return Statement(
        "farther",
        f"Farther from the others: {own} on average against {least} of the chosen one; rank {rank} of {count}.",
    )
