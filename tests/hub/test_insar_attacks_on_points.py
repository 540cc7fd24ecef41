"""Attacks on points: guessed ids, crafted places, cursors and references. None gives a point too many, or a hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from hub.insar.models import Grant, Part, SensitiveSite
from tests.hub.answers import problem
from tests.hub.asked_motion import document, square
from tests.hub.attacked_motion import AROUND, Target, browser, looks, make_target, post, without_limits
from tests.hub.policy_model import PlainLayer
from tests.hub.policy_worlds import as_row

pytestmark = pytest.mark.django_db
EVERYWHERE = square(-1.3, 43.5, -0.8, 43.9)
MISSING = 2**53 - 1


@pytest.fixture
def target(settings: Any, tmp_path: Path) -> Target:
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)
    return make_target()


@pytest.fixture
def alices(target: Target) -> Client:
    return browser(target.alice)


def test_no_id_of_a_hidden_point_says_more_than_an_id_of_none(target: Target, alices: Client):
    nothing = {what: looks(alices.get(target.address(f"points/{MISSING}/{what}"))) for what in ("", "series/")}
    hidden_ids = [*target.not_mine.tolist(), *target.hidden.layers[0].ids.tolist()]
    assert len(hidden_ids) > 100
    for number in hidden_ids:
        for what, answer in nothing.items():
            assert looks(alices.get(target.address(f"points/{number}/{what}"))) == answer
    seen = [alices.get(target.address(f"points/{number}/")).status_code for number in target.mine.tolist()]
    assert set(seen) == {200}


def test_no_point_is_found_under_another_layer_or_release(target: Target, alices: Client):
    """Though alice may see it under its own address."""
    own = int(target.other.layers[0].ids[0])
    assert alices.get(target.address(f"points/{own}/", release=target.other)).status_code == 200
    for number in (own, int(target.open.layers[1].ids[0])):
        for what in ("", "series/"):
            problem(alices.get(target.address(f"points/{number}/{what}")), 404, "not_found")
    for layer in ("descending", "up", "los", "east"):
        response = alices.get(target.address(f"points/{target.mine[0]}/", layer=layer))
        assert response.status_code == 404


@pytest.mark.parametrize(
    "sent",
    ["-1", "0", str(2**31), str(2**32), str(2**63), str(2**63 - 1), str(2**64), "9" * 500, "1.0", "1e3", "+1", "0x10",
     "nan", "None", "%00", "1%00", "%20", "1%20", "٣", "１２", "½", "1;", "1--", "true", "[1]", "%2e%2e", "1%0a"],
)  # fmt: skip
def test_what_is_no_id_is_nowhere(target: Target, alices: Client, sent: str):
    for what in ("", "series/"):
        assert alices.get(target.address(f"points/{sent}/{what}")).status_code == 404


def test_a_hidden_point_is_no_reference_and_leaves_no_trace(target: Target, alices: Client):
    hidden, own = int(target.not_mine[0]), int(target.mine[0])
    window = {"bbox": [-1.2, 43.6, -0.9, 43.8], "first": "2020-01-01", "last": "2020-12-31"}
    line = {"type": "LineString", "coordinates": [[-1.1, 43.7], [-1.0, 43.72]]}
    for number in (hidden, int(target.open.layers[1].ids[0]), int(target.other.layers[0].ids[0]), MISSING):
        answers = [alices.get(target.address(f"points/{own}/series/"), {"reference": number})]
        for what, asked in (("velocities/", window), ("aggregate/", {"polygon": EVERYWHERE}),
                            ("profile/", {"line": line})):  # fmt: skip
            answers.append(post(alices, target.address(what), asked | {"reference": {"id": number}}))
        for answer in answers:
            problem(answer, 404, "not_found")


def test_a_place_as_reference_rests_on_visible_points_alone(target: Target, alices: Client):
    layer, at = target.layer, {"radius_m": 5000}
    lon, lat = _degrees(layer, layer.ids.tolist().index(int(target.not_mine[0])))
    asked = {"polygon": EVERYWHERE, "reference": {"lon": lon, "lat": lat, **at}}
    answer = post(alices, target.address("aggregate/"), asked)
    # West of the border there are points within five kilometres of everything: those, and no others, are used.
    assert document(answer)["reference"]["points"] <= len(target.mine)
    assert document(answer)["reference"]["lon"] < -1.05
    Grant.objects.filter(pk=target.full.pk).delete()
    problem(post(alices, target.address("aggregate/"), asked), 404, "not_found")


def test_an_area_of_hidden_points_is_answered_as_an_empty_one(target: Target, alices: Client):
    """Neither counts, nor nulls, nor the order of anything tells that there is something."""
    east, empty = [-1.049, 43.6, -0.9, 43.8], [-2.049, 43.6, -1.9, 43.8]
    days = {"first": "2020-01-01", "last": "2020-12-31"}
    for what, asked in (("velocities/", days), ("points/", {})):
        answers = []
        for box in (east, empty):
            place = {"bbox": box} if what == "velocities/" else {"polygon": square(*box)}
            answers.append(document(post(alices, target.address(what), asked | place)))
        assert answers[0] == answers[1]
    points = document(post(alices, target.address("aggregate/"), {"polygon": square(*east)}))["points"]
    assert points is None
    line = {"type": "LineString", "coordinates": [[-1.045, 43.7], [-1.03, 43.7]]}
    told = document(post(alices, target.address("profile/"), {"line": line, "width_m": 500}))
    assert (told["count"], told["points"], told["bins"]) == (0, [], [])


@pytest.mark.parametrize(
    "coordinates",
    [
        [[[-1.3, 43.5], [-0.8, 43.9], [-0.8, 43.5], [-1.3, 43.9], [-1.3, 43.5]]],
        [[[-1.3, 43.5], [-1.3, 43.9], [-0.8, 43.9], [-0.8, 43.5], [-1.3, 43.5]]],
        [[[-89, -80], [89, -80], [89, 80], [-89, 80], [-89, -80]]],
        [[[-1.3, 43.5], [-0.8, 43.5], [-0.8, 43.9], [-1.3, 43.9], [-1.3, 43.5]],
         [[-1.05, 43.6], [-1.04, 43.6], [-1.04, 43.7], [-1.05, 43.6]]],
    ],
)  # fmt: skip
def test_no_polygon_reaches_beyond_the_rights(target: Target, alices: Client, coordinates: Any):
    asked = {"polygon": {"type": "Polygon", "coordinates": coordinates}, "limit": 10_000}
    listed = post(alices, target.address("points/"), asked)
    exported = post(alices, target.address("export.geojson"), {"polygon": asked["polygon"]})
    for answer in (listed, exported):
        assert {feature["id"] for feature in document(answer)["features"]} <= set(target.mine.tolist())


@pytest.mark.parametrize(
    "polygon",
    [
        None, "world", 1, [], {}, {"type": "Polygon"}, {"type": "Point", "coordinates": [0, 0]},
        {"type": "Polygon", "coordinates": None}, {"type": "Polygon", "coordinates": [[[1, 2]]]},
        {"type": "Polygon", "coordinates": [[["a", "b"], ["c", "d"], ["e", "f"]]]},
        {"type": "Polygon", "coordinates": [[[1e308, 0], [0, 1e308], [-1e308, 0]]]},
        {"type": "Polygon", "coordinates": [[[True, 0], [1, 1], [0, 1]]]},
        {"type": "GeometryCollection", "geometries": []},
    ],
)  # fmt: skip
def test_what_is_no_polygon_is_refused_at_every_address(target: Target, alices: Client, polygon: Any):
    for what in ("points/", "aggregate/", "export.csv", "export.parquet"):
        assert post(alices, target.address(what), {"polygon": polygon}).status_code == 400


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(target: Target, alices: Client, number: str):
    body = f'{{"polygon": {{"type": "Polygon", "coordinates": [[[{number}, 0], [1, 1], [0, 1], [{number}, 0]]]}}}}'
    for what in ("points/", "aggregate/", "export.csv"):
        answer = alices.post(target.address(what), body, content_type="application/json")
        assert answer.status_code == 400
    body = f'{{"bbox": [{number}, 43, 1, 44], "first": "2020-01-01", "last": "2020-12-31"}}'
    answer = alices.post(target.address("velocities/"), body, content_type="application/json")
    assert answer.status_code == 400
    assert alices.get(target.address("points/"), {"bbox": f"{number},43,1,44"}).status_code == 400


def test_a_cursor_only_skips_and_never_shows(target: Target, alices: Client):
    mine = set(target.mine.tolist())
    for cursor in [0, 1, *(target.not_mine[:20] - 1).tolist(), *(target.hidden.layers[0].ids[:5] - 1).tolist()]:
        page = document(alices.get(target.address("points/"), {"bbox": AROUND, "after": cursor, "limit": 10_000}))
        assert {feature["id"] for feature in page["features"]} == {number for number in mine if number > cursor}


def test_a_cursor_does_not_tell_where_hidden_points_are(target: Target, alices: Client):
    """A cursor is the last point that was given: how many hidden ones lie between is not in it."""
    page = document(alices.get(target.address("points/"), {"bbox": AROUND, "limit": 3}))
    assert int(page["next"]) == page["features"][-1]["id"]
    rest = document(alices.get(target.address("points/"), {"bbox": AROUND, "limit": len(target.mine)}))
    assert rest["next"] is None


def test_a_right_taken_back_between_two_pages_ends_them(target: Target, alices: Client):
    page = document(alices.get(target.address("points/"), {"bbox": AROUND, "limit": 3}))
    target.full.delete()
    again = alices.get(target.address("points/"), {"bbox": AROUND, "limit": 3, "after": page["next"]})
    problem(again, 404, "not_found")


def test_nobody_gets_at_files_beside_the_series(target: Target, alices: Client):
    """A part's folder is named by its number alone, whatever the delivered file was called."""
    part = Part.objects.get(pk=int(target.mine[0] >> 32))
    before = part.series_folder
    part.identity = part.file_name = "../../../../etc/passwd"
    part.save()
    assert part.series_folder == before
    assert alices.get(target.address(f"points/{target.mine[0]}/series/")).status_code == 200
    answer = alices.get(target.address("export.csv"), {"bbox": AROUND, "series": 1})
    assert ".." not in answer.headers["Content-Disposition"]
    for path in ("../../series/1.zarr/", "..%2f..%2fseries%2f1.zarr/", "%2e%2e/%2e%2e/etc/passwd/"):
        assert alices.get(target.address(f"points/{path}")).status_code == 404
    for path in ("/media/insar/series/1.zarr/zarr.json", "/static/../var/insar/series/1.zarr/zarr.json"):
        assert alices.get(path).status_code == 404


def test_nobody_sees_a_sensitive_site_by_asking_around_it(target: Target, alices: Client):
    """Not the operator, not through a hole, not by a difference of two answers."""
    at = target.layer.ids.tolist().index(int(target.mine[0]))
    site = target.layer.places[at].buffer(30)
    SensitiveSite.objects.create(name="Base", area=as_row(site), release_id=target.open.number)
    kept = {number for number in target.mine.tolist() if not site.covers(_place(target.layer, number))}
    found = document(alices.get(target.address("points/"), {"bbox": AROUND, "limit": 10_000}))
    assert {feature["id"] for feature in found["features"]} == kept
    whole = document(post(alices, target.address("aggregate/"), {"polygon": EVERYWHERE}))
    assert whole["points"]["count"] == len(kept)
    problem(alices.get(target.address(f"points/{target.mine[0]}/")), 404, "not_found")


def _place(layer: PlainLayer, number: int) -> Any:
    return layer.places[int(np.flatnonzero(layer.ids == number)[0])]


def _degrees(layer: PlainLayer, at: int) -> tuple[float, float]:
    import pyproj

    return pyproj.Transformer.from_crs(3857, 4326, always_xy=True).transform(layer.x[at], layer.y[at])


def test_injected_sql_is_a_text_like_any_other(target: Target, alices: Client):
    nasty = ["' OR 1=1 --", "1; DROP TABLE insar_grant", "%s", "%(viewer)s", "\\", "$$", "{}", "ascending' --"]
    for text in nasty:
        from urllib.parse import quote

        sent = quote(text, safe="")
        assert alices.get(f"/api/v1/insar/releases/{sent}/").status_code == 404
        assert alices.get(f"/api/v1/insar/releases/{target.open.key}/{sent}/cells/").status_code == 404
        assert alices.get(target.address(f"points/{sent}/")).status_code == 404
        assert alices.get(target.address(f"export.{sent}"), {"bbox": AROUND}).status_code == 404
        for name in ("after", "bbox", "limit", "format"):
            assert alices.get(target.address("points/"), {"bbox": AROUND, name: text}).status_code == 400
        for name in ("reference_date", "model"):
            answer = alices.get(target.address(f"points/{target.mine[0]}/series/"), {name: text})
            assert answer.status_code in (400, 404)
        assert alices.get(target.address("cells/"), {"bbox": AROUND, "size": text}).status_code == 400
    assert Grant.objects.count() == 4
    assert json.loads(alices.get("/api/v1/insar/releases/").content)["releases"]
