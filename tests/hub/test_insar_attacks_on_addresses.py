"""Attacks on addresses: others' tiles, tricks with paths, methods and media types, and what refusals give away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPoint, Point, Polygon
from django.test import Client
from django.urls import reverse

from hub.insar.answers.places import to_map
from hub.insar.models import AuditEntry, Grant
from portal.accounts.tokens import ApiToken
from tests.hub.asked_motion import body, square
from tests.hub.attacked_motion import AROUND, Target, browser, looks, make_target, post, statements, without_limits

pytestmark = pytest.mark.django_db
WINDOW = {"bbox": [-1.2, 43.6, -0.9, 43.8], "first": "2020-01-01", "last": "2020-12-31"}
LINE = {"type": "LineString", "coordinates": [[-1.1, 43.7], [-1.0, 43.72]]}
POLYGON = square(-1.2, 43.6, -0.9, 43.8)
GETS = (
    "TILE", "points/POINT/", "points/POINT/series/", f"points/?bbox={AROUND}", f"cells/?bbox={AROUND}",
    f"export.csv?bbox={AROUND}", f"export.geojson?bbox={AROUND}", f"export.parquet?bbox={AROUND}",
)  # fmt: skip
POSTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("velocities/", WINDOW), ("aggregate/", {"polygon": POLYGON}), ("profile/", {"line": LINE}),
    ("points/", {"polygon": POLYGON}), ("export.csv", {"polygon": POLYGON}),
)  # fmt: skip


@pytest.fixture
def target(settings: Any, tmp_path: Path) -> Target:
    settings.INSAR_ROOT = tmp_path / "insar"
    without_limits(settings)
    return make_target()


@pytest.fixture
def alices(target: Target) -> Client:
    return browser(target.alice)


def questions(target: Target) -> list[Callable[[Client, str], Any]]:
    """Everything that can be asked of a layer: each takes a browser and the beginning of the address."""
    point, tile = str(target.mine[0]), target.tile()
    gets = [path.replace("POINT", point).replace("TILE", tile) for path in GETS]
    return [
        *(lambda client, start, path=path: client.get(start + path) for path in gets),
        *(lambda client, start, path=path, asked=asked: post(client, start + path, asked) for path, asked in POSTS),
    ]


def starts(target: Target) -> dict[str, str]:
    """Addresses of layers that alice may not know of, and of such as are not there."""
    return {
        "not hers": target.address(release=target.hidden),
        "not there": "/api/v1/insar/releases/world-9-9/ascending/",
    }


def test_what_is_not_yours_and_what_is_not_there_are_answered_alike(target: Target, alices: Client):
    """To the byte, the header and the statement."""
    for client in (alices, browser(target.charlie), browser(target.world.users["operator"]), browser()):
        for ask in questions(target):
            found = {}
            for name, start in starts(target).items():
                sql, response = statements(client, lambda each, ask=ask, start=start: ask(each, start))
                found[name] = (looks(response), sql)
            assert found["not hers"] == found["not there"]
            assert found["not there"][0][0] == 404


def test_a_layer_that_is_not_indexed_is_answered_as_one_that_is_not_there(target: Target, alices: Client):
    from hub.insar.models import Layer

    Layer.objects.filter(pk=target.open.layers[1].number).update(indexed=False)
    for ask in questions(target):
        found = [statements(alices, lambda each, at=at, ask=ask: ask(each, target.address(layer=at)))
                 for at in ("descending", "up")]  # fmt: skip
        assert [looks(response)[0] for _, response in found] == [404, 404]
        assert looks(found[0][1]) == looks(found[1][1])
        assert found[0][0] == found[1][0]


def test_pages_are_not_there_for_who_may_not_know(target: Target, alices: Client):
    for name in ("insar:release", "insar:ask"):
        answers = []
        for key in (target.hidden.key, "world-9-9"):
            sql, response = statements(alices, lambda client, name=name, key=key: client.get(reverse(name, args=[key])))
            # The page says which address was asked for, and has a token of its own against forged forms.
            text = re.sub(rb'(csrfmiddlewaretoken" value|hx-headers)="[^"]*"', b"", body(response))
            answers.append((response.status_code, text.replace(key.encode(), b""), sql))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
        assert browser().get(reverse(name, args=[target.hidden.key])).status_code == 404
    asked = {"right": "full", "purpose": "x" * 40, "until": "2027-01-01", "user": target.alice.pk, "everybody": "on"}
    assert alices.post(reverse("insar:ask", args=[target.hidden.key]), asked).status_code == 404


def test_nothing_names_a_release_that_one_may_not_know_of(target: Target, alices: Client):
    for path in (reverse("insar:map"), reverse("insar:releases"), reverse("insar:requests"),
                 "/api/v1/insar/releases/", f"/api/v1/insar/releases/{target.open.key}/"):  # fmt: skip
        assert target.hidden.key not in alices.get(path).content.decode()
    assert alices.get(reverse("insar:desk")).status_code == 404
    assert alices.get(reverse("insar:audit_csv")).status_code == 404


@pytest.mark.parametrize(
    "tile",
    ["17/0/0", "14/16384/0", "14/0/16384", "-1/0/0", "14/-1/0", "14/1.5/0", "14/1e3/0", "99999999999/0/0", "x/y/z",
     "14/%D9%A3/0", "14/0/0%00", "14/0/0.mvt", "14//0", "14/0/..%2f0"],
)  # fmt: skip
def test_a_tile_beyond_the_map_is_not_there(target: Target, alices: Client, tile: str):
    assert alices.get(target.address(f"tiles/{tile}.mvt")).status_code == 404


def test_every_address_of_the_api_asks_who_it_is(target: Target):
    """The page's addresses and the API's are the same: session, token, both or none, the rights alone count."""
    _, token = ApiToken.create_for(target.alice, "attack")
    _, charlies = ApiToken.create_for(target.charlie, "attack")
    alice_by_session, alice_by_token = browser(target.alice), browser(HTTP_AUTHORIZATION=f"Bearer {token}")
    for ask in questions(target):
        given = ask(alice_by_session, target.address())
        assert given.status_code in (200, 204)
        assert ask(alice_by_token, target.address()).status_code == given.status_code
        for client in (browser(), browser(target.charlie), browser(HTTP_AUTHORIZATION=f"Bearer {charlies}")):
            assert ask(client, target.address()).status_code == 404
        # A token says who asks; another person's session beside it neither helps nor is used.
        both = browser(target.alice, HTTP_AUTHORIZATION=f"Bearer {charlies}")
        assert ask(both, target.address()).status_code == 404
        for wrong in ("Bearer x", f"Bearer {token[:-1]}", f"Bearer {token}x", f"Bearer {token.upper()}"):
            assert ask(browser(HTTP_AUTHORIZATION=wrong), target.address()).status_code == 401


def test_a_token_of_who_is_no_longer_active_opens_nothing(target: Target):
    _, token = ApiToken.create_for(target.alice, "attack")
    clients = [browser(target.alice), browser(HTTP_AUTHORIZATION=f"Bearer {token}")]
    target.alice.is_active = False
    target.alice.save()
    for client in clients:
        for ask in questions(target):
            assert ask(client, target.address()).status_code in (401, 404)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_do_nothing(target: Target, alices: Client, method: str):
    for path in (*GETS, *(path for path, _ in POSTS)):
        full = target.address(path.replace("POINT", str(target.mine[0])).replace("TILE", target.tile()))
        assert getattr(alices, method)(full).status_code == 405


def test_asking_for_the_options_tells_the_same_of_all(target: Target, alices: Client):
    for path in GETS:
        paths = [start + path.replace("POINT", "1").replace("TILE", target.tile()) for start in
                 (target.address(), *starts(target).values())]  # fmt: skip
        answers = [looks(alices.options(each)) for each in paths]
        assert answers[0] == answers[1] == answers[2]


def test_a_head_is_written_down_and_refused_like_a_get(target: Target, alices: Client):
    point = target.address(f"points/{target.mine[0]}/")
    before = AuditEntry.objects.count()
    answer = alices.head(point)
    assert (answer.status_code, body(answer)) == (200, b"")
    assert AuditEntry.objects.count() == before + 1
    assert alices.head(target.address(f"points/{target.not_mine[0]}/")).status_code == 404
    assert alices.head(starts(target)["not hers"] + target.tile()).status_code == 404


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", "*/*", "application/xml", "", "nonsense", "application/json;q=0", "a" * 5000]
)
def test_no_media_type_makes_a_hidden_thing_visible(target: Target, accept: str):
    stranger = browser(target.charlie, HTTP_ACCEPT=accept)
    for ask in questions(target):
        answer = ask(stranger, target.address())
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
    for suffix in ("?format=api", "?format=json", "?format=html", "?_method=POST", "?user=1", "?viewer=1"):
        assert stranger.get(target.address("TILE").replace("TILE", target.tile()) + suffix).status_code == 404
        assert stranger.get(f"/api/v1/insar/releases/{target.open.key}/{suffix}").status_code == 404


@pytest.mark.parametrize("body_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_a_body_of_another_type_is_refused_as_a_body(target: Target, body_type: str):
    for path, _ in POSTS:
        for start in (target.address(), *starts(target).values()):
            answer = browser(target.charlie).post(start + path, b"bbox=1", content_type=body_type)
            assert answer.status_code in (400, 404, 415)


def test_paths_are_taken_as_they_are(target: Target, alices: Client):
    key = target.open.key
    assert alices.get(f"/api/v1/insar/releases/{key}/").status_code == 200
    for path in (f"{key.upper()}/", f"{key}%00/", f"{key}./", f"{key}%20/", f"%20{key}/", f"{key}%0a/", f"{key};/",
                 f"{key}//", f"./{target.hidden.key}/", f"{key}/../{target.hidden.key}/",
                 f"{key}%2f..%2f{target.hidden.key}/", f"%2e%2e/{target.hidden.key}/", f"{key}/ASCENDING/cells/",
                 f"{key}/ascending%00/cells/", f"{key}/ascending./cells/"):  # fmt: skip
        assert alices.get(f"/api/v1/insar/releases/{path}", {"bbox": AROUND}).status_code == 404


def test_what_others_are_told_of_totals_is_rounded_and_of_places_rough(target: Target):
    """Who may only know of a release learns neither how fast it moves nor where its outermost points lie."""
    Grant.objects.create(release_id=target.hidden.number, right="exists", user=target.charlie)
    told = browser(target.charlie).get(f"/api/v1/insar/releases/{target.hidden.key}/").json()
    (layer, *_) = told["layers"]
    assert layer["velocity_range"] is None
    assert layer["points_about"] % 10 == 0
    assert told["areas"] == {"overview": None, "full": None}
    west, south, east, north = layer["extent"]
    sides = [*to_map(west, south), *to_map(east, north)]
    assert [round(side, -3) for side in sides] == pytest.approx(sides, abs=2)
    assert (
        Polygon.from_bbox(sides)
        .buffer(2)
        .contains(MultiPoint(*map(Point, zip(target.hidden.layers[0].x, target.hidden.layers[0].y, strict=True))))
    )
