"""What the names of EGMS's files say (Product Description, 11.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FACILITIES = {1: "e-GEOS", 2: "GAF", 3: "NORCE", 4: "TRE Altamira"}
"""Who processes, by the number in metadata and ids."""

POLARISATIONS = ("HH", "HV", "VH", "VV")
MOST_TRACK = 175

# Releases up to 2021 have no years. Browsers add " (1)" to the name of a second download.
_RELEASE = r"(?:_(?P<first>\d{4})_(?P<last>\d{4})_(?P<version>\d{1,3}))?(?: ?\(\d+\))?(?:\.[a-z0-9]{1,5})*"
_BURST = re.compile(
    rf"EGMS_(?P<level>L2[ab])_(?P<track>\d{{3}})_(?P<burst>\d{{4}})_(?P<swath>IW[1-3])_(?P<polarisation>[HV]{{2}}){_RELEASE}",
    re.ASCII | re.IGNORECASE,
)
_TILE = re.compile(
    rf"EGMS_(?P<level>L3)_(?P<tile>E\d{{2}}N\d{{2}})_100km_(?P<component>[UE]){_RELEASE}", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class FileName:
    """A name that follows the specification."""

    level: Literal["L2a", "L2b", "L3"]
    identity: str
    """"088_0282_IW2_VV" or "E43N22_U"."""

    track: int | None
    component: Literal["U", "E"] | None
    """Of an L3 tile."""

    first_year: int | None
    last_year: int | None
    version: int | None


def read_file_name(name: str) -> FileName | None:
    """What a file's name says, whatever its case and its suffix; None for a name that is not of EGMS."""
    if found := _BURST.fullmatch(name):
        identity = "_".join(found[part] for part in ("track", "burst", "swath", "polarisation")).upper()
        return FileName(_level(found["level"]), identity, int(found["track"]), None, *_years(found))
    if found := _TILE.fullmatch(name):
        component: Literal["U", "E"] = "U" if found["component"] in "Uu" else "E"
        return FileName("L3", f"{found['tile'].upper()}_{component}", None, component, *_years(found))
    return None


def _level(written: str) -> Literal["L2a", "L2b"]:
    return "L2a" if written.lower() == "l2a" else "L2b"


def _years(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    if found["first"] is None:
        return None, None, None
    return int(found["first"]), int(found["last"]), int(found["version"])
