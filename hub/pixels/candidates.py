"""One observation of a pixel as people read it, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.wording.sentences import told
from hub.wording.titles import number, title
from processing.sentinel2 import BANDS

CHOSEN, REJECTED = "chosen", "rejected"
VERDICTS = {
    "chosen": gettext_lazy("Chosen"),
    "not_chosen": gettext_lazy("Not chosen"),
    "rejected": gettext_lazy("Does not count"),
}
# By the engine's codes; all others are told by the scene class.
REASONS: dict[str, Any] = {
    "edge": gettext_lazy("at the edge of the swath"),
    "edge_unknown": gettext_lazy("at the edge of the swath"),
    "no_data": gettext_lazy("without data"),
    "same_overpass": gettext_lazy("the same overpass as another"),
    "not_measured": gettext_lazy("not measured in all bands"),
    "false_snow": gettext_lazy("snow that is none by its bands"),
    "refined": gettext_lazy("left out by its bands"),
}
_SCALE = 10_000


@dataclass(frozen=True)
class Measured:
    """One number of a candidate with its name."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Candidate:
    """One observation that the pixel could have been taken from."""

    number: int
    """Its position in the answer."""

    said: Mapping[str, Any]
    has_picture: bool

    @property
    def verdict(self) -> str:
        return str(self.said["verdict"])

    @property
    def is_chosen(self) -> bool:
        return self.verdict == CHOSEN

    @property
    def verdict_title(self) -> str:
        return str(VERDICTS.get(self.verdict, self.verdict))

    @cached_property
    def sensed_at(self) -> datetime:
        return datetime.fromisoformat(self.said["sensed_at"])

    @property
    def day(self) -> str:
        return date_format(self.sensed_at, _("j M Y"))

    @property
    def time(self) -> str:
        return f"{self.sensed_at:%H:%M}"

    @property
    def scene(self) -> str:
        """Satellite and tile: ``S2B, 33TWM``."""
        return ", ".join(filter(None, (str(self.said.get("platform") or ""), str(self.said.get("tile") or ""))))

    @property
    def label(self) -> str:
        return f"{self.day} · {self.scene}"

    @property
    def reason(self) -> str:
        return told(str((self.said.get("reason") or {}).get("sentence") or ""))

    @property
    def scene_class(self) -> int | None:
        return self.said.get("scene_class")

    @property
    def class_title(self) -> str:
        return title(str(self.said.get("class_title") or ""))

    @property
    def view_zenith(self) -> str:
        return _number(self.said.get("view_zenith_deg"), 2)

    @property
    def cloud_probability(self) -> str:
        return _number(self.said.get("cloud_probability"), 0)

    @property
    def ndvi(self) -> str:
        return _number((self.said.get("indices") or {}).get("ndvi"), 3)

    @property
    def distance(self) -> str:
        return _number(self.said.get("distance"), 4)

    @property
    def bands(self) -> list[Measured]:
        """Reflectances, 0 to 1."""
        found = self.said.get("reflectance") or {}
        return [
            Measured(name, title(band.title), _number(reflectance(found[name]), 4))
            for name, band in BANDS.items()
            if name in found
        ]

    @property
    def indices(self) -> list[Measured]:
        found = self.said.get("indices") or {}
        return [Measured(name, name.upper(), _number(found[name], 3)) for name in found]


def reason_title(candidate: Candidate) -> str:
    """In a few words why a candidate does not count: its class where that is the reason."""
    code = str((candidate.said.get("reason") or {}).get("code") or "")
    return str(REASONS.get(code) or candidate.class_title or candidate.verdict_title)


def reflectance(stored: float | None) -> float | None:
    """0 to 1, of what is kept times 10000."""
    return None if stored is None else stored / _SCALE


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else number(value, decimals)
