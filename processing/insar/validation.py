"""How the figures that a delivery gives agree with those computed anew from its series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from processing.insar.attributes import ATTRIBUTES
from processing.insar.motion import FIELDS, MotionFields

# A year of 365.25 days makes velocities larger by this share, accelerations by twice as much.
_YEAR = 0.25 / 365
_POWER_OF_YEARS = {"mean_velocity": 1, "mean_velocity_std": 1, "acceleration": 2, "acceleration_std": 2}
# Of a unit of the last decimal: float32, and sums in another order.
_SLACK = 0.02
_WORST = 10
_BINS_PER_UNIT, _BINS = 100, 10_000


class Comparison:
    """Gathers over the batches of a part; memory does not grow with it."""

    def __init__(self) -> None:
        self._fields = {name: _Field(name) for name in FIELDS}
        self._row = 0

    def add(
        self, recomputed: MotionFields, delivered: Mapping[str, np.ndarray], pids: np.ndarray | None = None
    ) -> None:
        """A batch: figures (k,), NaN where there are none; a point without a pid is named by its row number."""
        count = recomputed.mean_velocity.size
        names = np.arange(self._row, self._row + count) if pids is None else pids
        for name, each in self._fields.items():
            if name in delivered:
                each.add(getattr(recomputed, name), np.asarray(delivered[name], np.float64), names)
        self._row += count

    def report(self) -> dict[str, dict[str, Any]]:
        """By field that was delivered: count, differing, max_difference, median_difference, worst_pids; plain JSON.

        ``differing`` counts those further apart than rounding and the length of a year explain: half a unit of the
        last decimal, and 0.07 % for velocities (0.14 % for accelerations). ``median_difference`` is good to a
        hundredth of a unit of the last decimal. ``worst_pids`` names up to ten that differ, the worst first.
        """
        return {name: each.report() for name, each in self._fields.items() if each.count}


def compare(
    recomputed: MotionFields, delivered: Mapping[str, np.ndarray], pids: np.ndarray | None = None
) -> dict[str, dict[str, Any]]:
    """``Comparison.report`` of a single batch."""
    comparison = Comparison()
    comparison.add(recomputed, delivered, pids)
    return comparison.report()


class _Field:
    def __init__(self, name: str) -> None:
        self.count = self._differing = 0
        self._unit = 10.0 ** -ATTRIBUTES[name].decimals
        self._share = _YEAR * _POWER_OF_YEARS.get(name, 0)
        self._largest = 0.0
        self._histogram = np.zeros(_BINS + 1, np.int64)
        self._worst: list[tuple[float, str]] = []

    def add(self, recomputed: np.ndarray, delivered: np.ndarray, names: np.ndarray) -> None:
        known = ~(np.isnan(recomputed) | np.isnan(delivered))
        difference = np.abs(recomputed - delivered)[known]
        if not difference.size:
            return
        allowed = self._unit * (0.5 + _SLACK) + self._share * np.abs(recomputed[known])
        differs = difference > allowed
        self.count += int(difference.size)
        self._differing += int(differs.sum())
        self._largest = max(self._largest, float(difference.max()))
        bins = np.minimum(difference / self._unit * _BINS_PER_UNIT, _BINS).astype(np.int64)
        self._histogram += np.bincount(bins, minlength=_BINS + 1)
        rows = np.flatnonzero(differs)
        worst = rows[np.argsort(-difference[rows], kind="stable")[:_WORST]]
        found = [(float(difference[row]), _text(names[known][row])) for row in worst]
        self._worst = sorted(self._worst + found, key=lambda each: -each[0])[:_WORST]

    def report(self) -> dict[str, Any]:
        middle = int(np.searchsorted(np.cumsum(self._histogram), (self.count + 1) // 2))
        return {
            "count": self.count,
            "differing": self._differing,
            "max_difference": round(self._largest, 4),
            "median_difference": round((middle + 0.5) * self._unit / _BINS_PER_UNIT, 5),
            "worst_pids": [name for _, name in self._worst],
        }


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
