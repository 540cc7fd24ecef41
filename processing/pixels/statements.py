"""What is said of a pixel: a code for programs and a sentence for people, made from fixed patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FEWEST_DIGITS, _MOST_DIGITS = 4, 9


@dataclass(frozen=True)
class Statement:
    """One thing that was found."""

    code: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "sentence": self.sentence}


@dataclass(frozen=True)
class Step(Statement):
    """One question on the way to a decision."""

    applies: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)
    """What was compared, by name."""

    def to_json(self) -> dict[str, Any]:
        numbers = {name: round(value, 6) for name, value in self.numbers.items()}
        return {**super().to_json(), "applies": self.applies, "numbers": numbers}


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers as text, with four digits or as many more as it takes to tell them apart."""
    digits = _FEWEST_DIGITS
    while digits < _MOST_DIGITS and one != other and f"{one:.{digits}f}" == f"{other:.{digits}f}":
        digits += 1
    return f"{one:.{digits}f}", f"{other:.{digits}f}"
