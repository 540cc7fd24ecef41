"""Where a delivered file belongs: its release and its layer, found or made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.gis.geos import Polygon
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.errors import HubError
from hub.insar import partitions
from hub.insar.models import Layer, Level, Part, Release
from hub.insar.models.words import MAP_SRID

if TYPE_CHECKING:
    from hub.insar.deliveries.summaries import Summary
    from processing.insar.delivery import PartFacts

EGMS = "EGMS"
_ATTRIBUTION = "European Ground Motion Service, Copernicus Land Monitoring Service, European Union"
_LICENCE = "Free, full and open access: data policy of the Copernicus Land Monitoring Service"


class IntakeRefused(HubError):
    """A file that can be read, but does not belong where it was sent."""

    code = "intake_refused"
    sentence = gettext_lazy("The file cannot be taken in.")


def find(facts: PartFacts, *, key: str | None, file_name: str) -> Release | None:
    """The release that a file belongs to, if there is one already. Raises IntakeRefused where it does not fit there."""
    found = Release.objects.filter(key=key_of(facts, key, file_name)).first()
    if found is not None:
        _check(found, facts, file_name)
    return found


def place(facts: PartFacts, *, key: str | None, title: str | None, file_name: str) -> tuple[Release, bool]:
    """The release that a file belongs to, and whether it had to be made. Raises IntakeRefused."""
    found = find(facts, key=key, file_name=file_name)
    return (found, False) if found is not None else _make(key_of(facts, key, file_name), facts, title)


def key_of(facts: PartFacts, key: str | None, file_name: str) -> str:
    """``key``, or the one that a file of EGMS names. Raises IntakeRefused."""
    if key is None:
        if facts.format != "egms" or facts.level == "other":
            raise IntakeRefused(
                _("%(file)s does not say which release it belongs to.") % {"file": file_name},
                remedy=_("Name the release."),
            )
        return egms_key(facts)
    if slugify(key) != key or len(key) > 63:
        raise IntakeRefused(
            _("“%(key)s” cannot name a release: small letters, digits and hyphens can.") % {"key": key[:80]}
        )
    return key


def egms_key(facts: PartFacts) -> str:
    first, last = _years(facts)
    return slugify(f"egms {facts.level} {first or ''} {last or ''}")


def _make(key: str, facts: PartFacts, title: str | None) -> tuple[Release, bool]:
    first, last = _years(facts)
    is_egms = facts.format == "egms" and facts.level != "other"
    years = f" {first}-{last}" if first else ""
    return Release.objects.get_or_create(
        key=key,
        defaults={
            "title": (title or (f"{EGMS} {facts.level}{years}" if is_egms else key))[:120],
            "collection": EGMS if is_egms else facts.format,
            "level": facts.level,
            "first_year": first,
            "last_year": last,
            "version": facts.version or 1,
            "attribution": _ATTRIBUTION if is_egms else "",
            "licence": _LICENCE if is_egms else "",
        },
    )


def _check(release: Release, facts: PartFacts, file_name: str) -> None:
    told = {"file": file_name, "release": release.title}
    if release.level != facts.level and Level.OTHER not in (release.level, facts.level):
        raise IntakeRefused(
            _("%(file)s is of level %(level)s, but %(release)s is of level %(expected)s.")
            % (told | {"level": facts.level, "expected": release.level})
        )
    years, expected = (facts.first_year, facts.last_year), (release.first_year, release.last_year)
    if None not in years and None not in expected and years != expected:
        raise IntakeRefused(
            _("%(file)s is of the years %(years)s, but %(release)s is of %(expected)s.")
            % (told | {"years": "{}-{}".format(*years), "expected": "{}-{}".format(*expected)})
        )


def _years(facts: PartFacts) -> tuple[int | None, int | None]:
    """The release's nominal years, else those of the first and the last date."""
    if facts.first_year is not None:
        return facts.first_year, facts.last_year
    return (facts.dates[0].year, facts.dates[-1].year) if facts.dates else (None, None)


def layer_of(release: Release, direction: str) -> tuple[Layer, bool]:
    """The release's layer of that direction, with its partitions, and whether it had to be made."""
    with transaction.atomic():
        layer, made = Layer.objects.get_or_create(release=release, direction=direction)
        if made:
            partitions.create(layer)
    return layer, made


def forget_if_empty(layer: Layer, *, release_too: bool) -> None:
    """Remove what was made for a file that then could not be taken in."""
    with transaction.atomic():
        empty = Layer.objects.select_for_update().filter(pk=layer.pk, points=0).first()
        if empty is None or empty.parts.exists():
            return
        partitions.drop(empty)
        release = empty.release
        empty.delete()
        if release_too and not release.layers.exists() and not release.grants.exists():
            release.delete()


def add_to(layer: Layer, part: Part, summary: Summary) -> None:
    """Let the layer's own figures speak for the new part too, within the transaction that brings it."""
    now = Layer.objects.select_for_update().get(pk=layer.pk)
    now.points += part.points
    box = summary.box if now.extent is None else _union(now.extent.extent, summary.box)
    now.extent = Polygon.from_bbox(box)
    now.extent.srid = MAP_SRID
    if now.velocity_p02 is None and summary.velocity_range is not None:
        # Exact ones come with the cells.
        now.velocity_p02, now.velocity_p98 = summary.velocity_range
    now.cells_wanted += 1
    now.save(update_fields=["points", "extent", "velocity_p02", "velocity_p98", "cells_wanted"])


def _union(box: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, float, float, float]:
    return min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
