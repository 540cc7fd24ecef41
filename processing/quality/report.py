"""What quality control found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """What a check looks at; the names of the last two are those of S2GM's acceptance tests."""

    INPUT = "input"
    PIXEL = "pixel"
    INTEGRITY = "L0"
    PLAUSIBILITY = "L1"


@dataclass(frozen=True)
class Check:
    """One question that was asked, and its answer."""

    level: Level
    name: str
    """One word or two with underscores, the same in every product."""

    passed: bool
    message: str
    """What was found, one sentence for people."""

    subject: str = ""
    """The scene, file or layer it is about; empty: the product."""

    measured: float | int | str | None = None

    @property
    def sentence(self) -> str:
        """What was found and of what."""
        return f"{self.subject}: {self.message}" if self.subject else self.message


@dataclass(frozen=True)
class Report:
    """All checks of a product."""

    checks: Sequence[Check] = ()

    @property
    def deliverable(self) -> bool:
        """Whether all files are whole: nothing that fails on L0 goes out."""
        return not self.failed(Level.INTEGRITY)

    def failed(self, *levels: Level) -> list[Check]:
        """The checks that did not pass, of all levels or of some."""
        return [check for check in self.checks if not check.passed and (not levels or check.level in levels)]

    def to_json(self) -> dict[str, Any]:
        """As qc.json holds it."""
        failed = self.failed()
        return {
            "deliverable": self.deliverable,
            "checks_made": len(self.checks),
            "checks_failed": len(failed),
            "checks": [
                {
                    "level": check.level.value,
                    "name": check.name,
                    "subject": check.subject,
                    "passed": check.passed,
                    "message": check.message,
                    "measured": check.measured,
                }
                for check in self.checks
            ],
        }
