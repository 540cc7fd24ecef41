"""What goes with every file: where it is from, what it may be used for, who took it, and that velocity is not risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from hub.insar.access.statements import INTERPRET, NOT_RISK
from hub.insar.answers.exports.rows import columns_of
from hub.insar.models import Layer, Part
from hub.insar.policy import Access
from hub.wording.titles import number, title
from processing.insar.attributes import ATTRIBUTES


@dataclass(frozen=True)
class About:
    """Of one file."""

    access: Access
    layer: Layer
    parts: list[Part]
    points: int
    taken_by: str
    """The user's name; "" for a visitor."""

    question: dict[str, Any]
    """What was asked for, as it was sent."""

    taken_at: datetime

    @property
    def name(self) -> str:
        """As part of a file's name."""
        return f"{self.access.release.key}_{self.layer.direction}"

    def document(self) -> dict[str, Any]:
        """For programs: plain JSON."""
        release = self.access.release
        return {
            "release": release.key,
            "title": release.title,
            "collection": release.collection,
            "level": release.level,
            "version": release.version,
            "direction": self.layer.direction,
            "attribution": release.attribution,
            "licence": release.licence,
            "not_risk": str(NOT_RISK),
            "interpretation": str(INTERPRET),
            "points": self.points,
            "taken_by": self.taken_by,
            "taken_at": self.taken_at.isoformat(timespec="seconds"),
            "rights": self.access.fingerprint,
            "asked": self.question,
            "columns": self._columns(),
            "displacement": {"unit": "mm", "positive": _POSITIVE[self.layer.direction]},
            "parts": [self._part(part) for part in self.parts],
        }

    def text(self) -> str:
        """For people."""
        release = self.access.release
        who = self.taken_by or _("a visitor")
        when = timezone.localtime(self.taken_at).strftime("%Y-%m-%d %H:%M %Z")
        lines = [
            release.title,
            "",
            str(NOT_RISK),
            str(INTERPRET),
            "",
            _("Source: %(text)s") % {"text": release.attribution or release.collection},
            _("Licence: %(text)s") % {"text": release.licence or _("none stated; ask before you pass it on")},
            _("Points: %(count)s") % {"count": number(self.points)},
            _("Taken by %(who)s, %(when)s, under the rights %(rights)s.")
            % {"who": who, "when": when, "rights": self.access.fingerprint},
            _("Who passes this file on passes on who took it: what is restricted stays restricted."),
            "",
            _("Columns:"),
            *(f"  {each['name']}: {_titled(each)}" for each in self._columns()),
            _("  YYYYMMDD: displacement on that date, mm; empty where nothing was measured"),
            "",
        ]
        return "\n".join(lines)

    def _columns(self) -> list[dict[str, str]]:
        known = {name for part in self.parts for name in columns_of(part)}
        return [
            {"name": name, "title": title(attribute.title), "unit": attribute.unit}
            for name, attribute in ATTRIBUTES.items()
            if name in known
        ]

    def _part(self, part: Part) -> dict[str, Any]:
        return {
            "identity": part.identity,
            "file_name": part.file_name,
            "track": part.track,
            "facility": part.facility,
            "version": part.version,
            "dates": list(part.dates),
        }


_POSITIVE = {
    "ascending": "towards the satellite",
    "descending": "towards the satellite",
    "los": "towards the satellite",
    "east": "eastward",
    "up": "upward",
}


def _titled(column: dict[str, str]) -> str:
    return f"{column['title']}, {column['unit']}" if column["unit"] else column["title"]
