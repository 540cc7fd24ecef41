"""A point, its series, and velocities of a window: as measured, relative to what is asked for, and for nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.insar.answers.places import to_degrees
from hub.insar.models import AuditEntry, Direction, Grant, Layer, MeasurementPoint, Part, Release, Right, SensitiveSite
from processing.insar.fitting import fit
from processing.insar.series_store import SeriesStore
from processing.insar.windows import window_velocity
from tests.hub.answers import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer(motion_releases: dict[str, Release]) -> Layer:
    return motion_releases["L2b"].layers.get(direction=Direction.ASCENDING)


@pytest.fixture
def part(layer: Layer) -> Part:
    return layer.parts.order_by("pk").first()


@pytest.fixture
def point(part: Part) -> MeasurementPoint:
    return MeasurementPoint.objects.get(part_id=part.pk, row=7)


@pytest.fixture
def alices(client: Client, alice: AbstractUser, layer: Layer) -> Iterator[Client]:
    """The browser of alice, who may see all of the layer."""
    Grant.objects.create(release=layer.release, right=Right.FULL, user=alice)
    client.force_login(alice)
    return client


def base(layer: Layer) -> str:
    return f"/api/v1/insar/releases/{layer.release.key}/{layer.direction}/"


def id_of(point: MeasurementPoint) -> int:
    return point.part_id * 2**32 + point.row


def around(point: MeasurementPoint, metres: float) -> MultiPolygon:
    x, y = point.geom.x, point.geom.y
    return MultiPolygon(Polygon.from_bbox((x - metres, y - metres, x + metres, y + metres)), srid=3857)


def posted(client: Client, layer: Layer, document: Any) -> Any:
    return client.post(f"{base(layer)}velocities/", json.dumps(document), content_type="application/json")


def everywhere(layer: Layer) -> list[float]:
    west, south, east, north = layer.extent.extent
    return [*to_degrees(west - 10, south - 10), *to_degrees(east + 10, north + 10)]


# --- The point -------------------------------------------------------------------------------------------------


def test_a_point_has_its_attributes_geometry_precisions_and_words(
    alices: Client, layer: Layer, part: Part, point: MeasurementPoint
):
    told = alices.get(f"{base(layer)}points/{id_of(point)}/").json()
    lon, lat = to_degrees(point.geom.x, point.geom.y)
    assert (told["id"], told["pid"]) == (id_of(point), point.pid)
    assert (told["lon"], told["lat"]) == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6))
    by_name = {each["name"]: each for each in told["attributes"]}
    assert by_name["mean_velocity"]["value"] == pytest.approx(point.mean_velocity, abs=0.051)
    assert by_name["mean_velocity"]["unit"] == "mm/yr"
    assert {"title", "text"} <= set(by_name["temporal_coherence"])
    assert told["part"]["identity"] == part.identity
    assert told["part"]["dates"] == len(part.dates)
    assert 0 <= told["compass"]["azimuth"] < 360
    assert told["compass"]["incidence"] == pytest.approx(point.incidence_angle, abs=1)
    assert any("L2" in each["quantity"] for each in told["precisions"])
    assert all({"quantity", "value", "source"} == set(each) for each in told["precisions"])
    assert told["words"][0]["code"].startswith("velocity.")


def test_an_ortho_point_has_no_compass(client: Client, motion_releases: dict[str, Release]):
    layer = motion_releases["L3"].layers.get(direction=Direction.UP)
    Grant.objects.create(release=layer.release, right=Right.FULL, everybody=True)
    point = MeasurementPoint.objects.filter(layer_id=layer.pk).first()
    told = client.get(f"{base(layer)}points/{id_of(point)}/").json()
    assert told["compass"] is None
    assert {each["quantity"].partition(", ")[2].partition(" (")[0] for each in told["precisions"]} >= {"vertical"}


@pytest.mark.parametrize("path", ["", "series/"])
def test_nobody_else_finds_the_point(
    alices: Client, charlie: AbstractUser, layer: Layer, point: MeasurementPoint, path: str
):
    place = f"{base(layer)}points/{id_of(point)}/{path}"
    first = alices.get(place)
    assert first.status_code == 200
    alices.logout()
    visitor = problem(alices.get(place), 404, "not_found")
    alices.force_login(charlie)
    assert problem(alices.get(place, headers={"If-None-Match": first["ETag"]}), 404, "not_found") == visitor
    Grant.objects.create(release=layer.release, right=Right.OVERVIEW, user=charlie)
    assert problem(alices.get(place), 404, "not_found") == visitor
    assert not AuditEntry.objects.filter(user_name="charlie").exists()


@pytest.mark.parametrize("path", ["", "series/"])
def test_revocation_ends_the_browsers_copy_at_once(alices: Client, layer: Layer, point: MeasurementPoint, path: str):
    place = f"{base(layer)}points/{id_of(point)}/{path}"
    etag = alices.get(place)["ETag"]
    assert alices.get(place, headers={"If-None-Match": etag}).status_code == 304
    assert AuditEntry.objects.count() == 2
    Grant.objects.update(revoked_at=timezone.now())
    problem(alices.get(place, headers={"If-None-Match": etag}), 404, "not_found")


@pytest.mark.parametrize(
    "sent",
    ["0", "-1", "1e5", "abc", "٣", "9" * 19, "9" * 40, "9" * 5000, "18446744073709551616", "1.5", "%00", "'--",
     "4294967295"],
)  # fmt: skip
def test_what_is_no_points_id_is_not_found(alices: Client, layer: Layer, sent: str):
    problem(alices.get(f"{base(layer)}points/{sent}/"), 404, "not_found")
    problem(alices.get(f"{base(layer)}points/{sent}/series/"), 404, "not_found")


def test_hidden_missing_and_foreign_points_are_answered_alike(
    alices: Client, alice: AbstractUser, layer: Layer, part: Part, point: MeasurementPoint
):
    other = layer.release.layers.get(direction=Direction.DESCENDING)
    foreign = MeasurementPoint.objects.filter(layer_id=other.pk).first()
    SensitiveSite.objects.create(name="Base", area=around(point, 50))
    answers = []
    for number in (id_of(point), part.pk * 2**32 + part.points, id_of(foreign), 2**62):
        place = f"{base(layer)}points/{number}/"
        with CaptureQueriesContext(connection) as captured:
            answer = alices.get(place)
        problem(answer, 404, "not_found")
        statements = [re.sub(r"-?\d+|'[^']*'", "0", query["sql"]) for query in captured]
        answers.append((answer.content, dict(answer.headers.items()), statements))
    assert answers[0] == answers[1] == answers[2] == answers[3]


# --- The series ------------------------------------------------------------------------------------------------


def test_the_series_is_what_was_delivered_with_a_curve_through_it(
    alices: Client, layer: Layer, part: Part, point: MeasurementPoint
):
    told = alices.get(f"{base(layer)}points/{id_of(point)}/series/").json()
    store = SeriesStore(part.series_folder)
    series = store.row(point.row)
    expected = fit(series, store.years)
    assert told["dates"] == part.dates
    assert told["displacement"] == pytest.approx(series, abs=0.006)
    assert told["fit"] == pytest.approx(expected.fitted(store.years), abs=0.006)
    assert np.subtract(told["high"], told["low"]) / 2 == pytest.approx(expected.half_width(store.years), abs=0.011)
    assert told["residuals"] == pytest.approx(series - expected.fitted(store.years), abs=0.006)
    assert told["velocity"] == pytest.approx(expected.velocity, abs=6e-4)
    assert told["velocity_std_correlated"] >= told["velocity_std"] > 0
    assert told["velocity"] == pytest.approx(point.mean_velocity, abs=0.06)
    season = fit(series, store.years, model="cubic+season")
    assert told["seasonality"] == pytest.approx(point.seasonality, abs=0.06)
    assert told["seasonality_std"] == pytest.approx(season.seasonality_std, abs=6e-4)
    assert told["seasonality_std_correlated"] == pytest.approx(season.seasonality_std_correlated, abs=6e-4)
    assert told["acceleration"] == pytest.approx(point.acceleration, abs=0.006)
    assert (told["reference"], told["reference_date"], told["model"]) == (None, None, "linear+season")
    assert told["words"]
    assert isinstance(told["significant"], bool)


def test_the_series_moves_with_reference_and_date(alices: Client, layer: Layer, part: Part, point: MeasurementPoint):
    other = MeasurementPoint.objects.get(part_id=part.pk, row=40)
    day = part.dates[10]
    asked = {"reference": id_of(other), "reference_date": day, "model": "linear"}
    told = alices.get(f"{base(layer)}points/{id_of(point)}/series/", asked).json()
    rows = SeriesStore(part.series_folder).rows([point.row, other.row]).astype(float)
    moved = rows[0] - rows[1]
    assert told["displacement"] == pytest.approx(moved - moved[9:12].mean(), abs=0.006)
    assert (told["reference"]["id"], told["reference_date"]) == (id_of(other), day)
    assert told["reference"]["distance_km"] > 0
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("series", {"id": id_of(point), "reference": id_of(other)})


def test_a_reference_must_be_visible_too(alices: Client, layer: Layer, part: Part, point: MeasurementPoint):
    hidden = MeasurementPoint.objects.get(part_id=part.pk, row=40)
    place = f"{base(layer)}points/{id_of(point)}/series/?reference={id_of(hidden)}"
    etag = alices.get(place)["ETag"]
    SensitiveSite.objects.create(name="Base", area=around(hidden, 1))
    problem(alices.get(place, headers={"If-None-Match": etag}), 404, "not_found")
    document = {"bbox": everywhere(layer), "first": part.dates[0], "last": part.dates[-1]}
    problem(posted(alices, layer, {**document, "reference": {"id": id_of(hidden)}}), 404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "model=quintic",
        "model=%00",
        "reference_date=yesterday",
        "reference_date=1999-01-01",
        "reference_date=2020-13-01",
    ],
)
def test_a_series_is_refused_where_the_question_makes_no_sense(
    alices: Client, layer: Layer, point: MeasurementPoint, query: str
):
    problem(alices.get(f"{base(layer)}points/{id_of(point)}/series/?{query}"), 400, "bad_question")


def test_series_that_are_gone_from_the_disk_are_said_to_be(
    alices: Client, layer: Layer, part: Part, point: MeasurementPoint, settings: Any, tmp_path: Any
):
    settings.INSAR_ROOT = tmp_path
    problem(alices.get(f"{base(layer)}points/{id_of(point)}/series/"), 503, "series_out_of_reach")
    assert alices.get(f"{base(layer)}points/{id_of(point)}/").status_code == 200


def test_a_point_without_dates_has_no_series_but_an_answer(
    alices: Client, layer: Layer, part: Part, point: MeasurementPoint
):
    Part.objects.filter(pk=part.pk).update(dates=[])
    told = alices.get(f"{base(layer)}points/{id_of(point)}/series/").json()
    assert (told["dates"], told["velocity"], told["words"][0]["code"]) == ([], None, "series.none")


# --- Velocities of a window --------------------------------------------------------------------------------------


def test_velocities_of_a_window_are_those_of_the_series(alices: Client, layer: Layer, part: Part):
    first, last = "2019-01-01", "2020-12-31"
    told = posted(alices, layer, {"bbox": everywhere(layer), "first": first, "last": last, "reference": None}).json()
    assert told["count"] == layer.points == len(told["ids"])
    assert told["complete"] is True
    for each in layer.parts.all():
        store = SeriesStore(each.series_folder)
        velocity, std = window_velocity(
            store.rows(np.arange(each.points)), store.dates, date.fromisoformat(first), date.fromisoformat(last)
        )
        at = told["ids"].index(each.pk * 2**32)
        assert told["velocity"][at : at + each.points] == pytest.approx(velocity, abs=0.0051)
        assert told["std"][at : at + each.points] == pytest.approx(std, abs=0.0051)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.points, entry.detail["first"]) == ("velocities", layer.points, first)


def test_velocities_relative_to_a_place_leave_that_place_still(alices: Client, layer: Layer, point: MeasurementPoint):
    lon, lat = to_degrees(point.geom.x, point.geom.y)
    document = {"bbox": everywhere(layer), "first": "2018-01-01", "last": "2022-12-31"}
    plain = posted(alices, layer, document).json()
    alone = posted(alices, layer, {**document, "reference": {"id": id_of(point)}}).json()
    place = posted(alices, layer, {**document, "reference": {"lon": lon, "lat": lat, "radius_m": 5}}).json()
    at = plain["ids"].index(id_of(point))
    assert alone["velocity"][at] == alone["std"][at] == 0
    assert place["velocity"] == alone["velocity"]
    same_part = [n for n, number in enumerate(plain["ids"]) if number >> 32 == point.part_id]
    differences = [plain["velocity"][n] - alone["velocity"][n] for n in same_part]
    assert differences == pytest.approx([plain["velocity"][at]] * len(differences), abs=0.011)


def test_velocities_are_only_of_visible_points(
    client: Client, alice: AbstractUser, layer: Layer, point: MeasurementPoint
):
    area = around(point, 4000)
    Grant.objects.create(release=layer.release, right=Right.FULL, user=alice, area=area)
    client.force_login(alice)
    told = posted(client, layer, {"bbox": everywhere(layer), "first": "2018-01-01", "last": "2022-12-31"}).json()
    inside = [id_of(p) for p in MeasurementPoint.objects.filter(layer_id=layer.pk) if area.intersects(p.geom)]
    assert sorted(told["ids"]) == sorted(inside)


def test_too_many_points_in_view_are_refused(alices: Client, layer: Layer, settings: Any):
    settings.INSAR_LIMIT_VIEW_POINTS = 50
    document = {"bbox": everywhere(layer), "first": "2018-01-01", "last": "2022-12-31"}
    assert problem(posted(alices, layer, document), 422, "too_many_points")["remedy"] == "Zoom in."


def test_nobody_else_gets_velocities(alices: Client, charlie: AbstractUser, layer: Layer):
    document = {"bbox": everywhere(layer), "first": "2018-01-01", "last": "2022-12-31"}
    alices.logout()
    visitor = problem(posted(alices, layer, document), 404, "not_found")
    alices.force_login(charlie)
    assert problem(posted(alices, layer, document), 404, "not_found") == visitor
    # Not before the rights were looked at.
    assert problem(posted(alices, layer, {"bbox": "nonsense"}), 404, "not_found") == visitor


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": None}, {"bbox": []}, {"bbox": [0, 0, 1]}, {"bbox": [1, 0, 0, 1]}, {"bbox": [0, 0, 0, 1]},
        {"bbox": [0, 0, 1, 91]}, {"bbox": ["a", 0, 1, 1]}, {"bbox": [True, 0, 2, 1]}, {"bbox": [-181, 0, 1, 1]},
        {"bbox": "nan,0,1,1"}, {"bbox": "inf,0,1,1"}, {"bbox": {}}, {"first": None}, {"first": 2018},
        {"first": "2018-1-1"}, {"first": "2023-01-01"}, {"last": "20221231"}, {"reference": 5}, {"reference": []},
        {"reference": {"lon": 0}}, {"reference": {"lon": 0, "lat": 0, "radius_m": 0}},
        {"reference": {"lon": 0, "lat": 0, "radius_m": 1e9}}, {"reference": {"lon": "0", "lat": 0, "radius_m": 10}},
    ],
)  # fmt: skip
def test_a_bad_question_is_refused_with_a_sentence(alices: Client, layer: Layer, change: dict[str, Any]):
    document = {"bbox": [-2, 43, 0, 45], "first": "2018-01-01", "last": "2022-12-31", **change}
    answer = posted(alices, layer, document)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad_place", "bad_question")
    assert answer.json()["detail"]


@pytest.mark.parametrize("reference", [{"id": "x"}, {"id": None}, {"id": -1}, {"id": True}, {"lon": 100, "lat": 0}])
def test_a_reference_that_is_not_there_is_not_found(alices: Client, layer: Layer, reference: dict[str, Any]):
    document = {"bbox": [-2, 43, 0, 45], "first": "2018-01-01", "last": "2022-12-31", "reference": reference}
    problem(posted(alices, layer, document), 404, "not_found")


@pytest.mark.parametrize("body", ["[]", "3", '"x"', "null"])
def test_what_is_no_object_is_refused(alices: Client, layer: Layer, body: str):
    answer = alices.post(f"{base(layer)}velocities/", body, content_type="application/json")
    problem(answer, 400, "bad_question")
