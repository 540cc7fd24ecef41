"""Other periods that could be ordered instead of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from processing.periods import EARLIEST, KINDS, CompositingPeriod

_NEAR_DAYS = 5


def others(period: CompositingPeriod, *, today: date | None = None) -> list[CompositingPeriod]:
    """The periods beside this one, a year before and after it, and the longer one it lies in; none of the future."""
    today = today or datetime.now(UTC).date()
    found = [other for other in _others(period) if other.first_day <= today and other.last_day >= EARLIEST]
    return list(dict.fromkeys(found))


def _others(period: CompositingPeriod) -> Iterator[CompositingPeriod]:
    # One day has hardly a scene: of days those near it, of which some have.
    for number in range(1, _NEAR_DAYS + 1 if period.kind == "day" else 2):
        yield CompositingPeriod.containing(period.kind, period.first_day - timedelta(days=number))
        yield CompositingPeriod.containing(period.kind, period.last_day + timedelta(days=number))
    if period.kind != "year":
        for years in (-1, 1):
            yield CompositingPeriod.containing(period.kind, _years_later(period.first_day, years))
        yield CompositingPeriod.containing(KINDS[KINDS.index(period.kind) + 1], period.first_day)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
