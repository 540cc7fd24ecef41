"""An answered question as people read it, in the language of the page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hub.errors import FileGone
from hub.orders.period_titles import period_title
from hub.pixels.asking import BROKER_AWAY_CODE
from hub.pixels.candidates import REJECTED, Candidate, reason_title, reflectance
from hub.pixels.models import Question, State
from hub.wording.sentences import told
from hub.wording.titles import number
from processing.periods import CompositingPeriod
from processing.sentinel2 import BANDS

LOST_CODE = "lost"
# Written into rows by their codes; whatever else went wrong has the engine's sentence.
PROBLEMS = {
    LOST_CODE: gettext_lazy("It was not finished in time. Ask again."),
    BROKER_AWAY_CODE: gettext_lazy("Pixels cannot be explained at the moment; try again in a few minutes."),
    "made_again": gettext_lazy("The mosaic has been made again meanwhile. Ask again."),
    FileGone.code: FileGone.sentence,
}
_MOST_DIFFERENCES = 6


@dataclass(frozen=True)
class Difference:
    """A raster in which the product does not hold what the explanation found."""

    name: str
    held: str
    found: str


@dataclass(frozen=True)
class Step:
    """One question on the way to a decision."""

    sentence: str
    applies: bool


class Answer:
    """What a made question says."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.said: dict[str, Any] = question.answer
        pictures = set(question.pictures or ())
        self.candidates = [
            Candidate(number, said, number in pictures) for number, said in enumerate(self.said["candidates"])
        ]

    @cached_property
    def counted(self) -> list[Candidate]:
        """Those that the method could choose from, newest first."""
        return [candidate for candidate in self.candidates if candidate.verdict != REJECTED]

    @cached_property
    def rejected(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.verdict == REJECTED]

    @property
    def chosen(self) -> Candidate | None:
        return next((candidate for candidate in self.candidates if candidate.is_chosen), None)

    @property
    def has_distances(self) -> bool:
        """Whether the decision looked at distances: the medoid's."""
        return any(candidate.said.get("distance") is not None for candidate in self.candidates)

    @property
    def headline(self) -> str:
        """In one sentence where the pixel comes from, or why it comes from nowhere."""
        if chosen := self.chosen:
            return _("Taken from %(date)s (%(scene)s): %(how)s.") % {
                "date": date_format(chosen.sensed_at, "j F Y"),
                "scene": chosen.scene,
                "how": self._how(),
            }
        if self.rejected:
            return _("No observation counts here: %(reasons)s.") % {"reasons": self._reasons()}
        return _("No scene of the period covers this pixel.")

    def _how(self) -> str:
        valid = self.said["valid_obs"]
        match self.said["decision"]:
            case "medoid":
                return ngettext(
                    "the medoid of %(count)s valid observation", "the medoid of %(count)s valid observations", valid
                ) % {"count": number(valid)}
            case "short_term":
                return ngettext(
                    "decided by rules among %(count)s valid observation",
                    "decided by rules among %(count)s valid observations",
                    valid,
                ) % {"count": number(valid)}
            case _ if valid == 1:
                return _("the only valid observation")
            case _:
                return ngettext(
                    "taken without comparison from %(count)s valid observation",
                    "taken without comparison from %(count)s valid observations",
                    valid,
                ) % {"count": number(valid)}

    def _reasons(self) -> str:
        """How many did not count for what: ``3 × Cloud, high probability · 1 × Cloud shadow``."""
        counts = Counter(reason_title(candidate) for candidate in self.rejected)
        return " · ".join(
            _("%(count)s × %(reason)s") % {"count": number(count), "reason": reason}
            for reason, count in counts.most_common()
        )

    @property
    def rule(self) -> str:
        return told(str(self.said["rule"]["sentence"]))

    @property
    def steps(self) -> list[Step]:
        """The questions that led to the decision."""
        return [Step(told(str(step["sentence"])), bool(step["applies"])) for step in self.said["rule"].get("steps", ())]

    @property
    def notes(self) -> list[str]:
        """What should be known of this answer."""
        notes = [told(str(note["sentence"])) for note in self.said.get("notes") or ()]
        if not self.said.get("agrees", True):
            notes.append(_("The words beside the choice do not fit it: tell the service desk."))
        return notes

    @property
    def period(self) -> str:
        said = self.said["period"]
        return period_title(CompositingPeriod(kind=said["kind"], start=said["start"]))

    @property
    def place(self) -> str:
        lon, lat = self.question.lon, self.question.lat
        return _("%(lat)s° %(north)s, %(lon)s° %(east)s") % {
            "lat": number(abs(lat), 5),
            "north": _("N") if lat >= 0 else _("S"),
            "lon": number(abs(lon), 5),
            "east": _("E") if lon >= 0 else _("W"),
        }

    @property
    def crs(self) -> str:
        return f"EPSG:{self.said['epsg']}"

    @property
    def easting(self) -> str:
        return number(self.said["x"], 5 if self.said["epsg"] == 4326 else 0)

    @property
    def northing(self) -> str:
        return number(self.said["y"], 5 if self.said["epsg"] == 4326 else 0)

    @property
    def resolution(self) -> int:
        return int(self.said["resolution"])

    @property
    def missing(self) -> list[str]:
        """Scenes of the product that the archive has no longer."""
        return [str(item) for item in self.said.get("missing") or ()]

    @property
    def differences(self) -> list[Difference]:
        """Where the product holds something else than was found now."""
        held, found = self.said.get("held") or {}, self.said.get("values") or {}
        differing = [name for name in held if name in found and held[name] != found[name]]
        return [Difference(name, _raw(held[name]), _raw(found[name])) for name in differing[:_MOST_DIFFERENCES]]

    @property
    def outline_json(self) -> str:
        """The pixel's corners, longitude and latitude, for the map."""
        return json.dumps(self.said.get("outline") or [])

    @property
    def spectra(self) -> dict[str, Any]:
        """What the plot draws: wavelengths and a line for every candidate; reflectances 0 to 1, None for a gap."""
        bands = [name for name in BANDS if any(self._has(candidate, name) for candidate in self.candidates)]
        bands.sort(key=lambda name: BANDS[name].wavelength_nm)
        return {
            "bands": bands,
            "wavelengths": [BANDS[name].wavelength_nm for name in bands],
            "lines": [
                {
                    "number": candidate.number,
                    "label": candidate.label,
                    "verdict": candidate.verdict,
                    "values": [reflectance((candidate.said.get("reflectance") or {}).get(name)) for name in bands],
                }
                for candidate in self.candidates
            ],
        }

    @staticmethod
    def _has(candidate: Candidate, band: str) -> bool:
        return (candidate.said.get("reflectance") or {}).get(band) is not None


def trouble_of(question: Question) -> str:
    """Why the question has no answer, in a sentence."""
    if question.state != State.FAILED:
        return str(PROBLEMS[LOST_CODE]) if question.is_lost else ""
    problem = question.problems[0] if question.problems else {}
    return str(PROBLEMS.get(problem.get("code", "")) or told(str(problem.get("message", ""))))


def _raw(value: float | None) -> str:
    return "–" if value is None else number(value)
