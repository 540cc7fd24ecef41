"""What the figures of a point mean, in plain words; and how precise such results are said to be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from processing.insar.delivery import Direction
from processing.insar.fitting import significant

PRECISION_MM_YR = 2.0
"""Within this, either way, no velocity says anything: as the legends of national services have it."""

SMALLEST_SEASON_MM = 1.0
SMALLEST_ACCELERATION = 0.2
_WHOLE_FROM = 1.0


@dataclass(frozen=True)
class Reading:
    """One thing that can be said."""

    code: str
    """Stable: "velocity.away", "velocity.within_precision", "season.up" ..."""

    sentence: str
    numbers: dict[str, float]
    """Those in the sentence, unrounded."""


@dataclass(frozen=True)
class Precision:
    """One standard deviation that a producer states."""

    quantity: Literal["velocity", "displacement", "position"]
    direction: Literal["los", "vertical", "east-west", "north", "east", "height"]
    product: str
    grid_m: int | None
    lowest: float
    highest: float
    unit: Literal["mm/yr", "mm", "m"]
    source: Literal["pilot", "egms"]


PRECISION_SOURCES = {
    "pilot": "SW-France pilot: theoretical, 1 km from the reference, 55 images in 24 months",
    "egms": "EGMS Product Description & Format Specification, EGMS-D6-PDD-SC1-2.0-009; velocity for coherence over 0.7",
}
PRECISIONS = (
    Precision("velocity", "los", "LOS", 20, 1, 1, "mm/yr", "pilot"),
    Precision("velocity", "vertical", "vertical", 40, 3, 4, "mm/yr", "pilot"),
    Precision("velocity", "east-west", "east-west", 40, 6, 7, "mm/yr", "pilot"),
    Precision("displacement", "los", "LOS", 20, 5, 5, "mm", "pilot"),
    Precision("position", "north", "LOS", 20, 8, 8, "m", "pilot"),
    Precision("position", "east", "LOS", 20, 15, 15, "m", "pilot"),
    Precision("position", "height", "LOS", 20, 8, 8, "m", "pilot"),
    Precision("velocity", "los", "L2a, L2b", None, 0.7, 0.7, "mm/yr", "egms"),
    Precision("velocity", "vertical", "L3", 100, 0.7, 0.7, "mm/yr", "egms"),
    Precision("velocity", "east-west", "L3", 100, 0.7, 0.7, "mm/yr", "egms"),
    Precision("displacement", "los", "L2a, L2b", None, 4, 4, "mm", "egms"),
    Precision("displacement", "vertical", "L3", 100, 8, 8, "mm", "egms"),
    Precision("displacement", "east-west", "L3", 100, 8, 8, "mm", "egms"),
    Precision("position", "height", "L2a, L2b, L3", None, 10, 10, "m", "egms"),
)
"""Single standard deviations; from ``lowest`` to ``highest``."""


def read(
    velocity: float, std: float, direction: Direction, *,
    seasonality: float = math.nan, seasonality_std: float = math.nan,
    acceleration: float = math.nan, acceleration_std: float = math.nan, precision: float = PRECISION_MM_YR,
) -> list[Reading]:  # fmt: skip
    """What can be said of a point, the most important first. mm, years; NaN for what is not known.

    The motion is said together with its uncertainty, and then whether it means anything.
    """
    if not math.isfinite(velocity):
        return [Reading("velocity.unknown", "There are too few dates to tell a velocity.", {})]
    if not math.isfinite(std):
        std = math.nan
    told = [_velocity(velocity, std, direction), *_doubts(velocity, std, precision)]
    told += _geometry(direction)
    if seasonality >= SMALLEST_SEASON_MM and not seasonality < 2 * seasonality_std:
        told.append(_season(seasonality, direction))
    if abs(acceleration) >= SMALLEST_ACCELERATION and significant(acceleration, acceleration_std):
        told.append(_acceleration(acceleration, velocity))
    return told


def compass(los_east: float, los_north: float, los_up: float) -> tuple[float, float]:
    """Azimuth towards the satellite, degrees clockwise from north, 0 to 360; incidence angle from the vertical."""
    azimuth = math.degrees(math.atan2(los_east, los_north)) % 360
    return azimuth, math.degrees(math.atan2(math.hypot(los_east, los_north), los_up))


def _velocity(velocity: float, std: float, direction: Direction) -> Reading:
    numbers = {"velocity": velocity} | ({"std": std} if math.isfinite(std) else {})
    decimals = 0 if std >= _WHOLE_FROM else 1
    amount = f"{abs(velocity):.{decimals}f}"
    error = f"{max(std, 0.1):.{decimals}f}" if math.isfinite(std) else "?"
    if float(amount) == 0:
        return Reading("velocity.none", f"Moves 0 ± {error} mm a year: no motion was measured.", numbers)
    if direction == "east":
        if velocity > 0:
            return Reading("velocity.east", f"Moves {amount} ± {error} mm a year eastward.", numbers)
        return Reading("velocity.west", f"Moves {amount} ± {error} mm a year westward.", numbers)
    if direction == "up":
        if velocity > 0:
            return Reading("velocity.up", f"Moves {amount} ± {error} mm a year upward.", numbers)
        return Reading("velocity.down", f"Moves {amount} ± {error} mm a year downward.", numbers)
    if velocity > 0:
        return Reading("velocity.towards", f"Moves {amount} ± {error} mm a year towards the satellite.", numbers)
    return Reading("velocity.away", f"Moves {amount} ± {error} mm a year away from the satellite.", numbers)


def _doubts(velocity: float, std: float, precision: float) -> Iterator[Reading]:
    if abs(velocity) <= precision:
        yield Reading(
            "velocity.within_precision",
            f"Not significant: within ±{precision:g} mm a year nothing can be said.",
            {"precision": precision},
        )
    elif not significant(velocity, std):
        yield Reading("velocity.not_significant", "Not significant: the motion is less than twice its uncertainty.", {})


def _geometry(direction: Direction) -> Iterator[Reading]:
    if direction == "ascending":
        yield Reading(
            "geometry.ascending",
            "The satellite looks from the west: away from it is downward, eastward or both at once.",
            {},
        )
    elif direction == "descending":
        yield Reading(
            "geometry.descending",
            "The satellite looks from the east: away from it is downward, westward or both at once.",
            {},
        )


def _season(amplitude: float, direction: Direction) -> Reading:
    amount, numbers = f"{amplitude:.0f}", {"seasonality": amplitude}
    if direction == "up":
        return Reading("season.up", f"Moves up and down by ±{amount} mm with the seasons.", numbers)
    if direction == "east":
        return Reading("season.east", f"Moves east and west by ±{amount} mm with the seasons.", numbers)
    return Reading(
        "season.los", f"Moves towards the satellite and away from it by ±{amount} mm with the seasons.", numbers
    )


def _acceleration(acceleration: float, velocity: float) -> Reading:
    amount, numbers = f"{abs(acceleration):.1f}", {"acceleration": acceleration}
    if acceleration * velocity > 0:
        return Reading("acceleration.faster", f"Becomes faster: by {amount} mm a year, every year.", numbers)
    return Reading("acceleration.slower", f"Becomes slower: by {amount} mm a year, every year.", numbers)
