"""What a reader finds in a file, counted against the limits while it is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.areas.refusing import refuse
from hub.areas.repair import number

MOST_CORNERS = 100_000
MOST_FEATURES = 10_000
MOST_NAME_CHARACTERS = 200

Rings = list[np.ndarray]
"""A polygon: its outline, then its holes, as arrays (point, 2 or more)."""


@dataclass
class Found:
    """Polygons in degrees, and what else there was."""

    polygons: list[Rings] = field(default_factory=list)
    features: int = 0
    """How many features the polygons come from."""

    points: int = 0
    lines: int = 0
    empty: int = 0
    others: dict[str, int] = field(default_factory=dict)
    """Kinds of shapes that cannot be areas, by their name in the file."""

    names: list[str] = field(default_factory=list)
    """Of the features with polygons, as far as they have one."""

    notes: list[str] = field(default_factory=list)
    corners: int = 0

    def add_feature(self, polygons: Iterable[Rings], name: str | None = None) -> None:
        """Take in a feature, polygon by polygon; refuses at the limits."""
        before = len(self.polygons)
        for rings in polygons:
            if rings:
                self.count_corners(sum(len(ring) for ring in rings))
                self.polygons.append(rings)
        if len(self.polygons) == before:
            self.empty += 1
            return
        self.features += 1
        if self.features > MOST_FEATURES:
            refuse(_("The file holds more than %(most)s shapes; unite them first.") % {"most": number(MOST_FEATURES)})
        if name and (name := cleaned(name)):
            self.names.append(name)

    def count_corners(self, count: int) -> None:
        """Count corners; also beforehand, where reading them would already be too much."""
        self.corners += count
        if self.corners > MOST_CORNERS:
            refuse(
                _("The file holds more than %(most)s corners; simplify its outlines first.")
                % {"most": number(MOST_CORNERS)}
            )

    def merge(self, other: Found) -> None:
        """Take in what was found in another layer of the same file."""
        self.count_corners(other.corners)
        self.polygons += other.polygons
        self.names += other.names
        self.notes += [note for note in other.notes if note not in self.notes]
        self.features += other.features
        self.points += other.points
        self.lines += other.lines
        self.empty += other.empty
        for kind, count in other.others.items():
            self.add_other(kind, count)

    def add_other(self, kind: str, count: int = 1) -> None:
        if len(self.others) < 5 or kind in self.others:
            self.others[kind] = self.others.get(kind, 0) + count

    def left_out(self) -> str:
        """What cannot be an area: "2 points and 1 line"; empty where there is nothing of the kind."""
        told = []
        if n := self.points:
            told.append(ngettext("%(count)s point", "%(count)s points", n) % {"count": number(n)})
        if n := self.lines:
            told.append(ngettext("%(count)s line", "%(count)s lines", n) % {"count": number(n)})
        told.extend(f"{number(count)} × {cleaned(kind)[:40]}" for kind, count in self.others.items())
        if len(told) < 2:
            return "".join(told)
        return _("%(names)s and %(last)s") % {"names": ", ".join(told[:-1]), "last": told[-1]}


def cleaned(name: str) -> str:
    """A name out of a file without what cannot be shown, and not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name[: 2 * MOST_NAME_CHARACTERS])
    return " ".join(printable.split())[:MOST_NAME_CHARACTERS]
