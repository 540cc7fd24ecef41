"""What a polygon's points do together, against NumPy over the same points; and what an overview is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AbstractUser

from hub.insar.models import Action, AuditEntry, Grant, MeasurementPoint, Release, Right, SensitiveSite
from processing.insar.series_store import SeriesStore
from tests.hub.answers import problem
from tests.hub.asked_motion import Known, address, box_area, document, grant, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return Release.objects.get(pk=motion_releases["L2b"].pk)


@pytest.fixture
def known(release: Release) -> Known:
    return Known(release.layers.get(direction="ascending"))


def ask(client: Any, release: Release, polygon: Any, **others: Any) -> Any:
    return client.post(address(release, "aggregate/"), {"polygon": polygon, **others}, format="json")


def codes(answer: dict[str, Any]) -> list[str]:
    return [word["code"] for word in answer["words"]]


def test_figures_are_those_of_the_points_inside(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    inside = known.inside(*known.middle)
    velocity = known.velocity[inside]
    assert 20 < inside.sum() < len(known.rows)
    answer = document(ask(api(alice), release, square(*known.middle)))
    points = answer["points"]
    assert points["count"] == inside.sum()
    assert points["mean"] == pytest.approx(velocity.mean(), abs=1e-3)
    assert points["spread"] == pytest.approx(velocity.std(), abs=1e-3)
    assert points["median"] == pytest.approx(np.median(velocity), abs=1e-3)
    p05, p95 = np.percentile(velocity, (5, 95))
    assert (points["p05"], points["p95"]) == (pytest.approx(p05, abs=1e-3), pytest.approx(p95, abs=1e-3))
    assert (points["low"], points["high"]) == (pytest.approx(velocity.min()), pytest.approx(velocity.max()))
    assert points["std"] == pytest.approx(np.sqrt((known.std[inside] ** 2).mean()), abs=1e-3)
    assert points["series"] == []
    assert answer["cells"] is None
    assert "aggregate.mean" in codes(answer)


def test_the_mean_series_is_that_of_the_points_of_each_part(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    inside = known.inside(*known.middle)
    series = document(ask(api(alice), release, square(*known.middle), series=True))["points"]["series"]
    named = {identity for entry in series for identity in entry["parts"]}
    here = {point.part_id for point, counts in zip(known.rows, inside, strict=True) if counts}
    assert named == {known.parts[pk].identity for pk in here}
    for entry in series:
        values = []
        for part in (part for part in known.parts.values() if part.identity in entry["parts"]):
            rows = [
                point.row
                for point, counts in zip(known.rows, inside, strict=True)
                if counts and point.part_id == part.pk
            ]
            assert entry["dates"] == part.dates
            values.append(SeriesStore(part.series_folder).rows(rows))
        values = np.concatenate(values).astype(np.float64)
        assert entry["count"] == (~np.isnan(values)).sum(axis=0).tolist()
        assert entry["mean"] == pytest.approx(np.nanmean(values, axis=0).tolist(), abs=0.01)
        assert entry["spread"] == pytest.approx(np.nanstd(values, axis=0).tolist(), abs=0.01)


def test_a_reference_shifts_everything_and_adds_its_uncertainty(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    plain = document(ask(api(alice), release, square(*known.middle), series=True))["points"]
    chosen = known.rows[0]
    told = document(ask(api(alice), release, square(*known.middle), series=True, reference={"id": int(known.ids[0])}))
    points = told["points"]
    assert points["mean"] == pytest.approx(plain["mean"] - chosen.mean_velocity, abs=0.06)
    assert points["spread"] == pytest.approx(plain["spread"], abs=2e-3)
    assert points["std"] == pytest.approx(np.hypot(plain["std"], chosen.mean_velocity_std), abs=0.06)
    own = SeriesStore(known.parts[chosen.part_id].series_folder).row(chosen.row)
    before, after = (
        next(entry for entry in each["series"] if known.parts[chosen.part_id].identity in entry["parts"])
        for each in (plain, points)
    )
    assert after["mean"] == pytest.approx((np.array(before["mean"]) - own).tolist(), abs=0.02)
    assert told["reference"]["id"] == known.ids[0]
    assert "aggregate.referenced" in codes(told)


def test_a_place_is_a_reference_by_the_points_around_it(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    around = {"lon": float(known.lon[0]), "lat": float(known.lat[0]), "radius_m": 2000}
    told = document(ask(api(alice), release, square(*known.middle), reference=around))["reference"]
    assert told["points"] > 1
    assert told["id"] is None


def test_a_reference_that_may_not_be_seen_is_not_there(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice, area=box_area(*known.middle))
    hidden = int(known.ids[~known.inside(*known.middle)][0])
    for number in (hidden, 2**53 - 1, 0, -1, 1.5, "1"):
        problem(ask(api(alice), release, square(*known.middle), reference={"id": number}), 404, "not_found")
    outside = np.flatnonzero(~known.inside(*known.middle))[0]
    place = {"lon": float(known.lon[outside]), "lat": float(known.lat[outside]), "radius_m": 10}
    problem(ask(api(alice), release, square(*known.middle), reference=place), 404, "not_found")


def test_only_points_that_may_be_seen_count(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice, area=box_area(*known.middle))
    answer = document(ask(api(alice), release, square(*known.around)))
    assert answer["points"]["count"] == known.inside(*known.middle).sum()
    west, south, east, north = known.middle
    SensitiveSite.objects.create(name="Site", area=box_area(west, south, (west + east) / 2, north))
    answer = document(ask(api(alice), release, square(*known.around)))
    assert answer["points"]["count"] == known.inside((west + east) / 2, south, east, north).sum()


def test_an_overview_is_told_of_whole_shown_cells_only(
    api: Callable, alice: AbstractUser, bob: AbstractUser, release: Release, known: Known
):
    grant(release, Right.OVERVIEW, user=alice)
    answer = document(ask(api(alice), release, square(*known.around)))
    assert answer["points"] is None
    whole = answer["cells"]
    assert whole["size_m"] == release.overview_cell_m
    listed = document(api(alice).get(address(release, "cells/"), {"bbox": ",".join(map(str, known.around))}))[
        "features"
    ]
    assert all(each["properties"]["count"] >= release.least_points for each in listed)
    assert whole["points"] <= sum(each["properties"]["count"] for each in listed)
    assert "aggregate.whole_cells" in codes(answer)
    assert ask(api(alice), release, square(*known.around), reference={"id": int(known.ids[0])}).status_code == 404


def test_overlapping_polygons_tell_an_overview_no_more_than_its_cells(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    """Two polygons that differ by a strip narrower than a cell are answered alike, or differ by whole shown cells."""
    grant(release, Right.OVERVIEW, user=alice)
    client = api(alice)
    west, south, east, north = known.around
    bbox = ",".join(map(str, known.around))
    cells = document(client.get(address(release, "cells/"), {"bbox": bbox}))["features"]
    counts = [each["properties"]["count"] for each in cells]
    before = None
    for step in range(12):
        polygon = square(west, south, east - step * 0.0007, north)
        now = document(ask(client, release, polygon))["cells"]
        if before is not None and now is not None:
            gone_cells, gone_points = before["cells"] - now["cells"], before["points"] - now["points"]
            assert gone_cells >= 0
            assert gone_points >= gone_cells * release.least_points
            if gone_cells == 1:
                assert gone_points in counts
        before = now


def test_a_polygon_smaller_than_a_cell_tells_an_overview_nothing(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, Right.OVERVIEW, user=alice)
    lon, lat = known.lon[0], known.lat[0]
    answer = document(ask(api(alice), release, square(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)))
    assert (answer["points"], answer["cells"]) == (None, None)
    assert codes(answer) == ["aggregate.nothing"]


def test_points_here_and_cells_there_are_told_apart(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, Right.OVERVIEW, user=alice)
    grant(release, user=alice, area=box_area(*known.middle))
    answer = document(ask(api(alice), release, square(*known.around)))
    assert answer["points"]["count"] == known.inside(*known.middle).sum()
    assert answer["cells"]["points"] <= len(known.rows) - answer["points"]["count"]


def test_strangers_are_told_that_there_is_nothing(
    api: Callable, alice: AbstractUser, charlie: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    grant(release, Right.EXISTS, everybody=True)
    for client in (api(charlie), api()):
        problem(ask(client, release, square(*known.around)), 404, "not_found")
        problem(client.get(address(release, "cells/"), {"bbox": "0,0,1,1"}), 404, "not_found")
    # Not even a bad question is told apart.
    problem(ask(api(charlie), release, {"type": "Nonsense"}), 404, "not_found")
    missing = ask(api(charlie), Release(key="no-such-release"), square(*known.around))
    assert missing.content == ask(api(charlie), release, square(*known.around)).content
    problem(ask(api(alice), Release(key="no-such-release"), square(*known.around)), 404, "not_found")
    problem(api(alice).post(address(release, "aggregate/", "sideways"), {}, format="json"), 404, "not_found")


def test_a_right_that_was_taken_back_is_gone_at_once(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    from django.utils import timezone

    given = grant(release, user=alice)
    assert document(ask(api(alice), release, square(*known.around)))["points"]
    Grant.objects.filter(pk=given.pk).update(revoked_at=timezone.now())
    problem(ask(api(alice), release, square(*known.around)), 404, "not_found")


BAD_POLYGONS = {
    "nothing": None,
    "text": "POLYGON((0 0, 1 1, 1 0, 0 0))",
    "point": {"type": "Point", "coordinates": [0, 0]},
    "no coordinates": {"type": "Polygon"},
    "coordinates null": {"type": "Polygon", "coordinates": None},
    "empty": {"type": "Polygon", "coordinates": []},
    "empty ring": {"type": "Polygon", "coordinates": [[]]},
    "two corners": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]},
    "flat": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [2, 0], [0, 0]]]},
    "texts": {"type": "Polygon", "coordinates": [[["0", "0"], ["1", "1"], ["1", "0"], ["0", "0"]]]},
    "truth": {"type": "Polygon", "coordinates": [[[True, 0], [1, 1], [1, 0], [True, 0]]]},
    "one number": {"type": "Polygon", "coordinates": [[[0], [1], [2], [0]]]},
    "too deep": {"type": "Polygon", "coordinates": [[[[0, 0], [1, 1], [1, 0], [0, 0]]]]},
    "out of the world": square(-200, 0, 200, 10),
    "over the pole": square(0, 80, 10, 89),
    "most of the world": square(-179, 0, 179, 10),
    "feature of nothing": {"type": "Feature", "geometry": None},
    "too many corners": {"type": "Polygon", "coordinates": [[[i / 1e5, (i % 7) / 1e3] for i in range(20_000)]]},
}


@pytest.mark.parametrize("name", BAD_POLYGONS)
def test_a_polygon_that_is_none_is_refused(api: Callable, alice: AbstractUser, release: Release, name: str):
    grant(release, user=alice)
    answer = problem(ask(api(alice), release, BAD_POLYGONS[name]), 400, "bad_place")
    assert answer["detail"]
    assert not AuditEntry.objects.filter(release_id=release.pk).exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(api: Callable, alice: AbstractUser, release: Release, number: str):
    grant(release, user=alice)
    sent = f'{{"polygon": {{"type": "Polygon", "coordinates": [[[{number}, 0], [1, 1], [1, 0], [0, 0]]]}}}}'
    response = api(alice).post(address(release, "aggregate/"), sent, content_type="application/json")
    problem(response, 400, "malformed_body")


def test_a_million_corners_are_refused_before_they_are_read(api: Callable, alice: AbstractUser, release: Release):
    grant(release, user=alice)
    sent = '{"polygon": {"type": "Polygon", "coordinates": [[' + "[0,1]," * 10**6 + "[0,1]]]}}"
    response = api(alice).post(address(release, "aggregate/"), sent, content_type="application/json")
    problem(response, 413, "body_too_large")


def test_a_polygon_that_crosses_itself_is_cut_and_that_is_told(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    west, south, east, north = known.around
    bow = {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, north], [east, south], [west, north], [west, south]]],
    }
    answer = document(ask(api(alice), release, bow))
    assert answer["mended"]
    assert 0 < answer["points"]["count"] < len(known.rows)
    assert "aggregate.mended" in codes(answer)


def test_an_outline_that_crosses_itself_everywhere_is_refused(api: Callable, alice: AbstractUser, release: Release):
    grant(release, user=alice)
    random = np.random.default_rng(1)
    tangle = {"type": "Polygon", "coordinates": [random.uniform(0, 1, (3000, 2)).tolist()]}
    problem(ask(api(alice), release, tangle), 400, "bad_place")


@pytest.mark.parametrize(
    "others", [{"series": "perhaps"}, {"reference": 5}, {"reference": {"lon": 0}}, {"bogus": 1}, {"reference": []}],
)  # fmt: skip
def test_other_parameters_that_are_none_are_refused(
    api: Callable, alice: AbstractUser, release: Release, known: Known, others: dict[str, Any]
):
    grant(release, user=alice)
    problem(ask(api(alice), release, square(*known.middle), **others), 400, "bad_question")


def test_more_points_than_an_answer_may_rest_on_are_refused_with_the_number(
    api: Callable, alice: AbstractUser, release: Release, known: Known, settings: Any
):
    grant(release, user=alice)
    settings.INSAR_LIMIT_EXPORT_POINTS = 1234
    refused = problem(ask(api(alice), release, square(*known.around)), 422, "too_many_points")
    assert "1,234" in refused["detail"]
    assert refused["remedy"]
    settings.INSAR_LIMIT_EXPORT_POINTS = 10**6
    settings.INSAR_LIMIT_VIEW_POINTS = 10
    answer = document(ask(api(alice), release, square(*known.around), series=True))
    assert answer["points"]["series"] == []
    assert "aggregate.series_left_out" in codes(answer)


def test_every_answer_is_written_down(api: Callable, alice: AbstractUser, release: Release, known: Known):
    grant(release, user=alice)
    ask(api(alice), release, square(*known.middle))
    (entry,) = AuditEntry.objects.filter(release_id=release.pk)
    assert (entry.action, entry.user_name, entry.direction) == (Action.AGGREGATE, "alice", "ascending")
    assert entry.points == known.inside(*known.middle).sum()
    assert entry.area.contains(known.rows[int(np.flatnonzero(known.inside(*known.middle))[0])].geom)


def test_points_without_velocity_are_counted_and_no_more(
    api: Callable, alice: AbstractUser, release: Release, known: Known
):
    grant(release, user=alice)
    MeasurementPoint.objects.filter(layer_id=known.rows[0].layer_id).update(mean_velocity=None, mean_velocity_std=None)
    answer = document(ask(api(alice), release, square(*known.middle)))
    assert answer["points"]["count"] > 0
    assert (answer["points"]["mean"], answer["points"]["std"]) == (None, None)
    assert "aggregate.no_velocity" in codes(answer)
