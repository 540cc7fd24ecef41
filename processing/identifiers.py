"""What the names of Sentinel-2's products, datatakes, granules and datastrips say.

Source of their forms: Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from processing.band_files import UnusableItem

_DATATAKE = re.compile(r"G(S2[A-Z])_(\d{8}T\d{6})_(\d{6})(?:_N(\d\d\.\d\d))?", re.ASCII)
# Planetary Computer leaves the baseline out of its item ids, so it is optional here.
_PRODUCT = re.compile(
    r"(?P<platform>S2[A-Z])_MSI(?P<level>L\w\w)_(?P<start>\d{8}T\d{6})_(?:N(?P<baseline>\d{4})_)?R\d{3}"
    r"_T(?P<tile>\d\d[A-Z]{3})_(?P<made>\d{8}T\d{6})",
    re.ASCII,
)
_DATASTRIP_START = re.compile(r"_S(\d{8}T\d{6})_", re.ASCII)
_BASELINE = re.compile(r"(\d\d)\.(\d\d)", re.ASCII)
_TILE = re.compile(r"(?:MGRS-|T)?(\d{1,2})([C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])", re.ASCII)


@dataclass(frozen=True)
class Overpass:
    """What a datatake's id says."""

    platform: str
    """"S2A"."""

    datatake: str
    """The id without its baseline."""

    sensed_at: datetime
    """Start of the datatake, UTC."""

    baseline: str
    """"05.09", or "" where the id leaves it out."""


def overpass(datatake_id: str) -> Overpass | None:
    """What "GS2A_20230815T095031_042547_N05.09" says, or None if it is no such id."""
    found = _DATATAKE.match(datatake_id)
    if not found:
        return None
    return Overpass(found[1], f"G{found[1]}_{found[2]}_{found[3]}", compact_time(found[2]), found[4] or "")


def product_name(text: str) -> re.Match[str] | None:
    """The parts of a product's name: platform, level, start, baseline ("0509" or None), tile, made."""
    return _PRODUCT.match(text)


def datastrip_start(datastrip_id: str) -> str:
    """Start of sensing of the datastrip, "20230815T095630", or "" where the id does not say."""
    found = _DATASTRIP_START.search(datastrip_id)
    return found[1] if found else ""


def mgrs_tile(text: str) -> str | None:
    """ "33TWL" out of "33TWL", "T33TWL" or "MGRS-33TWL"; None for anything else."""
    found = _TILE.fullmatch(text)
    return found[1].zfill(2) + found[2] if found and 1 <= int(found[1]) <= 60 else None


def is_baseline(text: str) -> bool:
    return _BASELINE.fullmatch(text) is not None


def baseline_number(baseline: str) -> tuple[int, int] | None:
    """(5, 9) for "05.09", None for what is no baseline: to be compared."""
    found = _BASELINE.fullmatch(baseline)
    return (int(found[1]), int(found[2])) if found else None


def compact_time(text: str) -> datetime:
    """The time that "20230815T095031" names, UTC; UnusableItem if there is no such day or hour."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise UnusableItem(f"gives a time that does not exist ({text})") from None


def iso_time(text: str) -> datetime | None:
    """An ISO 8601 time in UTC, which it is taken to be in where it names no zone; None if it cannot be read."""
    try:
        stated = datetime.fromisoformat(text)
        return stated.astimezone(UTC) if stated.tzinfo else stated.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
