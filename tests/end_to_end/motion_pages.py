"""Ground motion for tests with a browser: a server with generated releases, and what is done on the map page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from playwright.sync_api import Locator, Page, expect

from hub.insar.models import Grant, Layer, Part, Release, Right
from tests.hub import motion as made_motion
from tests.hub.processes import site

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Service

KEPT = (Release, Layer, Part)
FIRST, SECOND, ORTHO = "egms-l2b-2018-2022", "egms-l2b-2019-2023", "egms-l3-2018-2022"
DAX = (-1.05, 43.71)


@dataclass
class Motion:
    """Releases on a running server; ``give`` says who may see them."""

    service: Service
    files: dict[str, list[Path]]
    rows: dict[type, list[Any]] = field(default_factory=dict)

    def restore(self) -> None:
        """Put the rows back that a test with transaction=True has emptied; points, cells and series stayed."""
        for model in KEPT:
            model.objects.bulk_create(self.rows[model], ignore_conflicts=True)

    def give(self, name: str, right: Right = Right.FULL, *keys: str, **options: Any) -> None:
        """Make the person ``name`` and grant the releases with ``keys``, or all."""
        users = get_user_model().objects
        user = users.filter(username=name).first() or users.create_user(name, f"{name}@example.org", "-")
        for release in Release.objects.filter(key__in=keys) if keys else Release.objects.all():
            Grant.objects.create(release=release, user=user, right=right, **options)


def points_of(key: str, direction: str) -> list[dict[str, Any]]:
    """All points of a layer with id, pid, lon, lat, velocity, std and coherence, straight from the tables."""
    layer = Layer.objects.get(release__key=key, direction=direction)
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT part_id::bigint * 4294967296 + "row", pid, ST_X(ST_Transform(geom, 4326)),'
            " ST_Y(ST_Transform(geom, 4326)), mean_velocity, mean_velocity_std, temporal_coherence"
            " FROM insar_measurementpoint WHERE layer_id = %s ORDER BY 1",
            [layer.pk],
        )
        names = ("id", "pid", "lon", "lat", "velocity", "std", "coherence")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def motion_service(
    django_db_setup: None, django_db_blocker: Any, small_motion_archive: Path, tmp_path_factory: Any
) -> Iterator[Motion]:
    """A server with EGMS L2b of two spans of years, both directions, and L3 of the first; about 3,000 points each."""
    from tests.end_to_end.conftest import Service  # which imports these fixtures

    folder = tmp_path_factory.mktemp("motion")
    files = made_motion.make_files(folder / "first", levels=("L2b", "L3"))
    later = made_motion.make_files(folder / "later", levels=("L2b",), first_year=2019, last_year=2023)
    files["L2b later"] = later["L2b"]
    places = {
        "MOSAIC_SOURCE": small_motion_archive,
        "MEDIA_ROOT": folder / "media",
        "VAR": folder / "var",
        "INSAR_ROOT": settings.INSAR_ROOT,
    }
    with (
        django_db_blocker.unblock(),
        made_motion.kept_releases(files),
        site(folder, **places) as (address, process),
    ):  # fmt: skip
        motion = Motion(Service(address, folder / "var" / "mail", process, DAX), files)
        motion.rows = {model: list(model.objects.all()) for model in KEPT}
        yield motion
        motion.restore()  # so that they can be taken out


@pytest.fixture(scope="module")
def small_motion_archive(tmp_path_factory: Any) -> Path:
    """The site wants an archive of scenes to start."""
    from processing.sample import make_archive

    return make_archive(tmp_path_factory.mktemp("scenes") / "small", size_km=3, dates=1)


@pytest.fixture
def motion(motion_service: Motion, db: None) -> Motion:
    """The releases, put back; alice may see all of them fully, oscar cells, charlie nothing."""
    motion_service.restore()
    motion_service.give("alice")
    motion_service.give("oscar", Right.OVERVIEW)
    return motion_service


def open_map(
    page: Page, key: str = FIRST, direction: str = "ascending", *, at: str = "43.71,-1.05,14", **query: Any
) -> None:
    """The map page; returns when the map is drawn."""
    more = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"/ground-motion/map/?release={key}&direction={direction}&at={at}{more}")
    expect(page.locator("#insar-map")).to_have_attribute("data-ready", "yes")


def plotted(chart: Locator) -> list[list[float | None]]:
    """What a chart holds: x values, then those of each line."""
    return chart.evaluate("(element) => element.chart.data()")


def line_of(chart: Locator, label: str) -> list[float | None]:
    """The values of the line with that label."""
    found = chart.evaluate(
        "(element, label) => element.chart.options.lines.find((line) => line.label === label)?.values ?? null", label
    )
    assert found is not None, label
    return found
