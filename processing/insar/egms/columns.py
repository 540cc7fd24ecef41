"""What the header of an EGMS file says: its level, the dates of its series, where each attribute stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from processing.insar.attributes import canonical_name, plain_name
from processing.insar.delivery import BadDelivery
from processing.insar.tables import Columns, Header, show_names
from processing.kernels.delimited import NAME, NUMBER, SKIP, TENTHS, TEXT

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_MOST_COLUMNS = 5000
_PLACE = ("latitude", "longitude")
_CELL = ("easting", "northing")
_LOOKS = ("los_east", "track_angle")


@dataclass(frozen=True)
class Layout:
    """The columns by what they hold; ``columns`` names them canonically."""

    columns: Columns
    dates: tuple[date, ...]
    level: Literal["L2a", "L2b", "L3"]
    """As the header alone tells it."""

    extra: tuple[str, ...]
    """Columns that are not of EGMS, by plain name."""


def lay_out(name: str, header: Header, text_columns: frozenset[str] = frozenset()) -> Layout:
    """Read a header; ``text_columns`` are those extra ones that hold other than numbers.

    Raises BadDelivery for columns that are missing or come twice, and for dates that are not in order.
    """
    names, kinds, dates, extra = [], [], [], []
    if len(header.names) > _MOST_COLUMNS:
        raise BadDelivery(name, f"it has {len(header.names)} columns, more than {_MOST_COLUMNS}.", line=1)
    for place, written in enumerate(header.names):
        day = _day(name, written)
        known = canonical_name(written)
        plain = known or plain_name(written)
        if day is not None:
            dates.append(day)
            plain = f"{day:%Y%m%d}"
            kinds.append(TENTHS)
        elif known is not None:
            kinds.append(NAME if known == "pid" else NUMBER)
        elif plain:
            kinds.append(TEXT if plain in text_columns else NUMBER)
            extra.append(plain)
        elif place == len(header.names) - 1:
            # Some programs end each line with a comma.
            kinds.append(SKIP)
        else:
            raise BadDelivery(name, f"column {place + 1} has no name.", line=1)
        names.append(plain)
    _check_doubles(name, header, names)
    _check_dates(name, dates)
    level = _level(names)
    _check_needed(name, header, names, level)
    return Layout(Columns(tuple(names), tuple(kinds)), tuple(dates), level, tuple(extra))


def looks_like_points(header: Header) -> bool:
    """Whether a header has the columns that no file of points can do without."""
    known = {canonical_name(written) for written in header.names}
    return "pid" in known or known.issuperset(_PLACE) or known.issuperset(_CELL)


def _day(name: str, written: str) -> date | None:
    found = _DATE.fullmatch(written)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise BadDelivery(name, f"the column {written} looks like a date, but there is no such day.", line=1) from None


def _check_doubles(name: str, header: Header, names: list[str]) -> None:
    first: dict[str, str] = {}
    for plain, written in zip(names, header.names, strict=True):
        if plain in first:
            same = first[plain] == written
            problem = (
                f"the column {written} comes twice." if same else f"{first[plain]} and {written} are the same column."
            )
            raise BadDelivery(name, problem, line=1)
        first[plain] = written


def _check_dates(name: str, dates: list[date]) -> None:
    if not dates:
        raise BadDelivery(name, "no column is named by a date (as 20200103): there are no series in it.", line=1)
    for earlier, later in zip(dates, dates[1:], strict=False):
        if later - earlier <= timedelta(0):
            raise BadDelivery(name, f"the dates are not in order: {later:%Y%m%d} follows {earlier:%Y%m%d}.", line=1)


def _level(names: list[str]) -> Literal["L2a", "L2b", "L3"]:
    if "latitude" not in names and "easting" in names:
        return "L3"
    return "L2a" if "cluster_label" in names else "L2b"


def _check_needed(name: str, header: Header, names: list[str], level: str) -> None:
    needed = ("pid", *(_CELL if level == "L3" else _PLACE))
    missing = [each for each in needed if each not in names]
    if not missing and level != "L3" and not set(_LOOKS) & set(names):
        missing = ["/".join(_LOOKS)]
    if missing:
        lacking = ", ".join(missing)
        known = [written for written in header.names if not _DATE.fullmatch(written)]
        only_dates = f"the header lacks {lacking}; there are only dates."
        raise BadDelivery(
            name, f"the header lacks {lacking}; there are {show_names(known)}." if known else only_dates, line=1
        )
