"""``manage.py seed_insar_demo``: ground motion around Dax that nobody measured, and who may see it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management.base import BaseCommand
from django.db import transaction

from hub.insar.deliveries import intake
from hub.insar.models import Acceptance, Grant, Layer, Release, Right, SensitiveSite, Territory, Treatment, Undertaking
from hub.insar.models.words import MAP_SRID
from hub.management.commands.seed_demo import demo_user

POINTS = 20_000
LEVELS = ("L2b", "L3")
_SEEDED = "demo-seeded"
_COLLECTION = "Generated"
_SUMMARY = (
    "Generated for demonstration in the format of the European Ground Motion Service: a subsidence bowl, a landslide, "
    "seasonal clay and uplift around Dax. Nobody measured this motion."
)
_ATTRIBUTION = "Mosaic Hub, generated data"
_LICENCE = "Free of any rights"
# Roughly: the corners of the region, in degrees.
_NOUVELLE_AQUITAINE = (
    (-1.79, 43.36), (-1.45, 43.05), (-0.75, 42.95), (-0.35, 42.80), (-0.05, 43.20), (-0.10, 43.60), (0.20, 43.90),
    (0.90, 44.00), (1.10, 44.55), (1.40, 44.90), (2.00, 44.95), (2.50, 45.40), (2.60, 46.10), (1.90, 46.40),
    (1.20, 46.40), (0.80, 46.75), (0.05, 47.17), (-0.90, 46.99), (-0.60, 46.40), (-1.30, 46.30), (-1.10, 45.50),
    (-1.25, 44.60), (-1.79, 43.36),
)  # fmt: skip
_SITE = (-1.060, 43.722, -1.054, 43.727)
_PROMISE = "Confidentiality of ground motion"
_PROMISE_EN = """I use these results for the purpose that I stated and for nothing else.
I pass neither points nor series on to anybody, and publish figures only so that no single building can be told apart.
I know that velocity is not risk: a map of velocities does not say that a building or a slope is in danger.
I delete what I took away when my access ends."""
_PROMISE_FR = """J’utilise ces résultats pour le but que j’ai indiqué et pour rien d’autre.
Je ne transmets ni points ni séries à personne, et ne publie de chiffres que si aucun bâtiment ne s’y reconnaît.
Je sais qu’une vitesse n’est pas un risque : une carte de vitesses ne dit pas qu’un lieu est en danger.
J’efface ce que j’ai emporté lorsque mon accès prend fin."""


class Command(BaseCommand):
    help = "Make releases of ground motion to look at, unless that was done before."

    def handle(self, *args: Any, **options: Any) -> None:
        done = Path(settings.INSAR_ROOT) / _SEEDED
        if done.exists():
            return
        if not Release.objects.exists():
            _hide()
            releases = _take_in()
            _grant(releases)
            self.stdout.write(f"Ground motion: {', '.join(release.title for release in releases)}")
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()


def _take_in() -> list[Release]:
    from processing.insar.generating import deliveries

    layers: dict[int, Layer] = {}
    with tempfile.TemporaryDirectory() as folder:
        for made in deliveries(Path(folder), points=POINTS, levels=LEVELS):
            level = made.path.name.split("_")[1]
            # Never the key that a real delivery of these years would get.
            key, title = f"dax-{level.lower()}", f"Dax, generated, {level}"
            layer = intake.take_in(made.path, release_key=key, title=title, by="demo", finish=False).part.layer
            layers[layer.pk] = layer
            made.path.unlink()
    for layer in layers.values():
        intake.finish_layer(layer)
    releases = Release.objects.filter(pk__in={layer.release_id for layer in layers.values()})
    releases.update(collection=_COLLECTION, summary=_SUMMARY, attribution=_ATTRIBUTION, licence=_LICENCE)
    return list(releases)


@transaction.atomic
def _grant(releases: list[Release]) -> None:
    """Everybody sees cells; the user demo, who answers for the region, sees points there."""
    user, _password = demo_user()
    area = Polygon(_NOUVELLE_AQUITAINE, srid=4326).transform(MAP_SRID, clone=True)
    territory, _made = Territory.objects.get_or_create(
        name="Nouvelle-Aquitaine",
        defaults={"authority": "Service régional de géodésie (demonstration)", "area": MultiPolygon(area)},
    )
    territory.managers.add(user)
    promise, _made = Undertaking.objects.get_or_create(
        title=_PROMISE, version=1, defaults={"text_en": _PROMISE_EN, "text_fr": _PROMISE_FR}
    )
    Acceptance.objects.get_or_create(undertaking=promise, user=user)
    for release in releases:
        Release.objects.filter(pk=release.pk).update(undertaking=promise)
        Grant.objects.create(release=release, right=Right.OVERVIEW, everybody=True, granted_by="demo")
        Grant.objects.create(
            release=release, right=Right.FULL, user=user, territory=territory, undertaking=promise, granted_by="demo"
        )


def _hide() -> None:
    """One sensitive site, before there are cells that would have to be made anew."""
    site = Polygon.from_bbox(_SITE)
    site.srid = 4326
    SensitiveSite.objects.create(
        name="Waterworks", area=MultiPolygon(site.transform(MAP_SRID, clone=True)), treatment=Treatment.COARSENED
    )
