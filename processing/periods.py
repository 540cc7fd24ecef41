"""Compositing periods: day, ten days (dekad), month, quarter, year."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

PeriodKind = Literal["day", "dekad", "month", "quarter", "year"]
KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)

# Sentinel-2A was launched on 23 June 2015.
EARLIEST = date(2015, 6, 23)

_LETTERS: dict[PeriodKind, str] = {"day": "D", "dekad": "T", "month": "M", "quarter": "Q", "year": "Y"}
_WORDS: dict[PeriodKind, str] = {
    "day": "Daily",
    "dekad": "Ten days",
    "month": "Monthly",
    "quarter": "Quarterly",
    "year": "Yearly",
}


def first_day_of(kind: PeriodKind, day: date) -> date:
    """First day of the period of ``kind`` in which ``day`` lies.

    Dekads are those of the calendar: 1-10, 11-20, 21 to the month's end.
    """
    match kind:
        case "day":
            return day
        case "dekad":
            return day.replace(day=1 if day.day <= 10 else 11 if day.day <= 20 else 21)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def _is_iso_day(start: str | date) -> bool:
    return isinstance(start, date) or re.fullmatch(r"\d{4}-\d\d-\d\d", start, re.ASCII) is not None


class CompositingPeriod(BaseModel):
    """A kind of period and its first day. Another day than the first is an error that names the right one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: PeriodKind
    start: date

    @field_validator("start", mode="before")
    @classmethod
    def _start_is_written_as_a_day(cls, start: Any) -> Any:
        # Pydantic would also take seconds since 1970, and times.
        if isinstance(start, datetime) or not isinstance(start, str | date) or not _is_iso_day(start):
            raise ValueError("must be a date as YYYY-MM-DD")
        return start

    @model_validator(mode="after")
    def _starts_on_its_first_day(self) -> CompositingPeriod:
        right = first_day_of(self.kind, self.start)
        if self.start != right:
            raise ValueError(f"{self.start} is not the first day of its {self.kind}; that period starts on {right}")
        return self

    @classmethod
    def containing(cls, kind: PeriodKind, day: date) -> CompositingPeriod:
        """The period of ``kind`` in which ``day`` lies."""
        return cls(kind=kind, start=first_day_of(kind, day))

    @property
    def first_day(self) -> date:
        return self.start

    @property
    def last_day(self) -> date:
        """The last day that belongs to the period."""
        year, month = self.start.year, self.start.month
        match self.kind:
            case "day":
                return self.start
            case "dekad" if self.start.day < 21:
                return self.start + timedelta(days=9)
            case "quarter":
                month += 2
            case "year":
                month = 12
        return date(year, month, calendar.monthrange(year, month)[1])

    @property
    def letter(self) -> str:
        """The letter in S2GM file names: D, T, M, Q or Y."""
        return _LETTERS[self.kind]

    @property
    def word(self) -> str:
        """The kind as S2GM's metadata spell it: Daily, Ten days, Monthly, Quarterly, Yearly."""
        return _WORDS[self.kind]

    @property
    def title(self) -> str:
        """For people: "18 August 2023", "11-20 August 2023", "August 2023", "Q3 2023", "2023"."""
        first, last = self.first_day, self.last_day
        match self.kind:
            case "day":
                return f"{first.day} {first:%B %Y}"
            case "dekad":
                return f"{first.day}-{last.day} {first:%B %Y}"
            case "month":
                return f"{first:%B %Y}"
            case "quarter":
                return f"Q{(first.month + 2) // 3} {first.year}"
            case "year":
                return f"{first.year}"

    def next(self) -> CompositingPeriod:
        """The period that follows this one."""
        return CompositingPeriod.containing(self.kind, self.last_day + timedelta(days=1))
