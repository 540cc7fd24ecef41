"""Motion along a line, against distances on the ellipsoid; and bad lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyproj
import pytest
from django.contrib.auth.models import AbstractUser

from hub.insar.models import Action, AuditEntry, Release, Right
from tests.hub.answers import problem
from tests.hub.asked_motion import Known, address, box_area, document, grant

pytestmark = pytest.mark.django_db
GROUND = pyproj.Geod(ellps="WGS84")


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return Release.objects.get(pk=motion_releases["L2b"].pk)


@pytest.fixture
def known(release: Release) -> Known:
    return Known(release.layers.get(direction="ascending"))


def line_through(known: Known) -> list[list[float]]:
    """From west to east through the middle of the points, on one parallel."""
    west, south, east, north = known.middle
    return [[west, (south + north) / 2], [east, (south + north) / 2]]


def ask(client: Any, release: Release, line: Any, **others: Any) -> Any:
    shape = {"type": "LineString", "coordinates": line} if isinstance(line, list) else line
    return client.post(address(release, "profile/"), {"line": shape, **others}, format="json")


def test_distances_are_those_on_the_ground(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    line = line_through(known)
    answer = document(ask(api(alice), release, line, width_m=4000))
    (west, lat), (east, _lat) = line
    assert answer["length_m"] == pytest.approx(GROUND.inv(west, lat, east, lat)[2], rel=2e-3)
    assert answer["count"] == len(answer["points"]) > 10
    assert answer["complete"]
    places = {number: at for at, number in enumerate(known.ids.tolist())}
    for point in answer["points"]:
        at = places[point["id"]]
        along = GROUND.inv(west, known.lat[at], known.lon[at], known.lat[at])[2]
        beside = GROUND.inv(known.lon[at], lat, known.lon[at], known.lat[at])[2]
        assert point["distance_m"] == pytest.approx(along, abs=15)
        # Eastward, what lies to the right lies south.
        assert point["offset_m"] == pytest.approx(beside if known.lat[at] < lat else -beside, abs=15)
        assert point["velocity"] == pytest.approx(known.velocity[at], abs=1e-3)
        assert point["std"] == pytest.approx(known.std[at], abs=1e-3)
    distances = [point["distance_m"] for point in answer["points"]]
    assert distances == sorted(distances)


def test_all_points_of_the_strip_are_there(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    line = line_through(known)
    (west, lat), (east, _lat) = line
    beside = np.array([
        GROUND.inv(lon, lat, lon, own)[2] for lon, own in zip(known.lon, known.lat, strict=True)
    ])  # fmt: skip
    for width in (1000, 4000):
        inside = (beside < width / 2) & (known.lon > west) & (known.lon < east)
        answer = document(ask(api(alice), release, line, width_m=width))
        # Where a point lies within metres of the strip's edge either answer is right.
        near = (np.abs(beside - width / 2) < 15) | (np.minimum(abs(known.lon - west), abs(known.lon - east)) < 1e-4)
        assert set(known.ids[inside & ~near]) <= {point["id"] for point in answer["points"]}
        assert {point["id"] for point in answer["points"]} <= set(known.ids[inside | near])


def test_bins_are_means_of_what_lies_in_them(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    answer = document(ask(api(alice), release, line_through(known), width_m=4000))
    assert sum(piece["count"] for piece in answer["bins"]) == answer["count"]
    for piece in answer["bins"]:
        last = piece["to_m"] == answer["length_m"]
        values = np.array([
            (point["velocity"], point["std"]) for point in answer["points"]
            if piece["from_m"] <= point["distance_m"] < piece["to_m"] or (last and point["distance_m"] == piece["to_m"])
        ])  # fmt: skip
        assert len(values) == piece["count"]
        assert piece["mean"] == pytest.approx(values[:, 0].mean(), abs=2e-3)
        assert piece["spread"] == pytest.approx(values[:, 0].std(), abs=2e-3)
        assert piece["std"] == pytest.approx(np.sqrt((values[:, 1] ** 2).mean()), abs=2e-3)
        assert (piece["low"], piece["high"]) == (values[:, 0].min(), values[:, 0].max())


def test_a_reference_counts_here_too(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    plain = document(ask(api(alice), release, line_through(known), width_m=2000))
    told = document(ask(api(alice), release, line_through(known), width_m=2000, reference={"id": int(known.ids[5])}))
    for before, after in zip(plain["points"], told["points"], strict=True):
        # The file gives tenths; the reference's own figures are not rounded.
        assert after["velocity"] == pytest.approx(before["velocity"] - known.velocity[5], abs=0.06)
        assert after["std"] == pytest.approx(np.hypot(before["std"], known.std[5]), abs=0.06)


def test_many_points_are_thinned_but_bins_rest_on_all(
    api: Callable, alice: AbstractUser, release: Release, known: Known, monkeypatch: pytest.MonkeyPatch
):
    grant(release, user=alice)
    monkeypatch.setattr("hub.insar.answers.profiles.MOST_LISTED", 7)
    answer = document(ask(api(alice), release, line_through(known), width_m=10_000))
    assert len(answer["points"]) <= 7
    assert not answer["complete"]
    assert sum(piece["count"] for piece in answer["bins"]) == answer["count"] > 7


def test_an_overview_gets_cells_and_no_points(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, Right.OVERVIEW, user=alice)
    answer = document(ask(api(alice), release, line_through(known), width_m=2000))
    assert (answer["points"], answer["bins"], answer["count"]) == ([], [], 0)
    assert answer["cells"]
    assert all(cell["count"] >= release.least_points for cell in answer["cells"])
    assert all(cell["size_m"] == release.overview_cell_m for cell in answer["cells"])
    assert all(abs(cell["offset_m"]) <= 1000 for cell in answer["cells"])


def test_only_points_that_may_be_seen_are_given(api: Callable, alice: AbstractUser, release: Release, known: Known):
    west, south, east, north = known.middle
    grant(release, user=alice, area=box_area(west, south, (west + east) / 2, north))
    answer = document(ask(api(alice), release, line_through(known), width_m=4000))
    allowed = set(known.ids[known.inside(west, south, (west + east) / 2, north)].tolist())
    assert {point["id"] for point in answer["points"]} <= allowed
    assert answer["points"]
    assert answer["cells"] == []


def test_strangers_are_told_that_there_is_nothing(api: Callable, charlie: AbstractUser, release: Release, known: Known):
    grant(release, Right.EXISTS, user=charlie)
    for client in (api(charlie), api()):
        problem(ask(client, release, line_through(known)), 404, "not_found")


@pytest.mark.parametrize(
    "line",
    [
        None, "LINESTRING(0 0, 1 1)", {"type": "Polygon", "coordinates": []}, [], [[0, 0]], [[0, 0], [0, 0]],
        [[0, 0], [0, 91]], [["a", "b"], [1, 1]], [[0, 0], [30, 0]], [[-179, 0], [179, 0]], [[0, 0], [0, 2]],
        [[0, i / 1e5] for i in range(201)], {"type": "LineString"},
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused(api: Callable, alice: AbstractUser, release: Release, line: Any):
    grant(release, user=alice)
    problem(ask(api(alice), release, line), 400, "bad_place")


@pytest.mark.parametrize("width", [0, -5, 9.9, 10_001, "100", True, [], {}])
def test_a_width_that_is_none_is_refused(api: Callable, alice: AbstractUser, release: Release, width: Any):
    grant(release, user=alice)
    problem(ask(api(alice), release, [[-1.05, 43.7], [-1.0, 43.7]], width_m=width), 400, "bad_question")


def test_every_answer_is_written_down(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    answer = document(ask(api(alice), release, line_through(known)))
    (entry,) = AuditEntry.objects.filter(release_id=release.pk)
    assert (entry.action, entry.points, entry.area.geom_type) == (Action.PROFILE, answer["count"], "LineString")
