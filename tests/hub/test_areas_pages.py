"""What the order form asks about areas, over HTTP: by anybody, with limits, refused with one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from shapely.geometry import shape

from hub.areas.fields import from_form
from hub.areas.text import read_area
from hub.orders.models import Order
from processing.errors import InvalidOrder
from tests.hub.answers import problem
from tests.hub.area_files import OTHER, SQUARE, geojson, kml, kml_polygon, zipped

pytestmark = pytest.mark.django_db

UPLOAD, FACTS = "/hub/area/upload/", "/hub/area/facts/"


@pytest.fixture(autouse=True)
def nobody_has_uploaded(servers: None) -> None:
    cache.clear()


def send(client: Client, data: bytes, name: str = "field.kml", **extra: Any) -> Any:
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)}, **extra)


def sentence(response: Any, status: int, code: str) -> str:
    document = problem(response, status, code)
    if "errors" not in document:
        return document["detail"]
    [error] = document["errors"]
    assert error["field"] == "area"
    assert error["message"][0].isupper() and error["message"].endswith(".")
    return error["message"]


def test_the_addresses_are_those_that_the_pages_use():
    assert reverse("areas:upload") == UPLOAD
    assert reverse("areas:facts") == FACTS
    assert reverse("areas:region", args=["SI"]) == "/hub/area/regions/SI/"


def test_an_uploaded_file_comes_back_as_an_area_with_facts(client):
    response = send(client, kml(kml_polygon(SQUARE), kml_polygon(OTHER)))
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"area", "wkt", "notes", "title", "facts"}
    assert shape(answer["area"]).equals(shapely.union(SQUARE, OTHER))
    assert read_area(answer["wkt"]) == answer["area"]
    assert answer["title"] == "My areas"
    assert "2 shapes were taken as one area." in answer["notes"]
    assert answer["facts"]["fits"] is True
    assert answer["facts"]["tiles"] and answer["facts"]["summary"].startswith("946 km²")
    assert "no-store" in response["Cache-Control"]


def test_strangers_alice_and_charlie_get_the_same_and_nothing_is_kept(client, alice, charlie):
    answers = []
    for user in (None, alice, charlie):
        browser = Client()
        if user:
            browser.force_login(user)
        answers.append(
            [
                send(browser, geojson(SQUARE)).json(),
                browser.post(FACTS, {"area": SQUARE.wkt}).json(),
                browser.get("/hub/area/regions/SI/").json(),
            ]
        )
    assert answers[0] == answers[1] == answers[2]
    assert Order.objects.count() == 0


@pytest.mark.parametrize("path", [UPLOAD, FACTS])
def test_another_site_cannot_send_in_a_visitors_name(path):
    assert Client(enforce_csrf_checks=True).post(path, {"area": SQUARE.wkt}).status_code == 403


def test_a_page_of_the_site_can_send_a_file():
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = token = "a" * 32
    assert send(browser, geojson(SQUARE), headers={"X-CSRFToken": token}).status_code == 200
    fields = {"file": SimpleUploadedFile("a.json", geojson(SQUARE)), "csrfmiddlewaretoken": token}
    assert browser.post(UPLOAD, fields).status_code == 200


@pytest.mark.parametrize(("path", "method"), [(UPLOAD, "get"), (FACTS, "get"), ("/hub/area/regions/SI/", "post")])
def test_other_methods_are_refused(client, path, method):
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "format is not known"),
        (kml("<Point><coordinates>1,2</coordinates></Point>"), "1 point"),
        (zipped({"a.txt": b""}), "a.txt"),
        (b"POLYGON((0 0, 1 0, 1 1, 0 1))", "The area is not closed"),
    ],
)
def test_a_file_without_an_area_is_refused_with_a_sentence(client, data, said):
    assert said in sentence(send(client, data), 422, "invalid_order")


def test_a_form_without_a_file_is_refused(client):
    assert "No file" in sentence(client.post(UPLOAD, {"other": "x"}), 422, "invalid_order")
    assert "No file" in sentence(client.post(UPLOAD, {"file": "text"}), 422, "invalid_order")
    assert "No file" in sentence(client.post(UPLOAD, b"{}", content_type="application/json"), 422, "invalid_order")


def test_a_body_that_is_no_form_is_refused(client):
    response = client.post(UPLOAD, b"garbage", content_type="multipart/form-data; boundary=x")
    assert response.status_code in (400, 422)
    response = client.post(UPLOAD, b"garbage", content_type="multipart/form-data")
    assert response.status_code in (400, 422)


def test_a_file_over_the_limit_is_refused_before_it_is_read(client, settings, monkeypatch):
    settings.AREA_UPLOAD_MAX_MB = 1
    assert "larger than 1 MB" in sentence(send(client, b" " * 1_000_001), 413, "area_file_too_large")

    def unreadable(*_: Any) -> None:
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest._load_post_and_files", unreadable)
    assert "larger than 1 MB" in sentence(send(client, b" " * 1_200_000), 413, "area_file_too_large")


def test_a_request_that_lies_about_its_length_is_cut_off(client, settings):
    settings.AREA_UPLOAD_MAX_MB = 1
    response = send(client, b" " * 1_500_000, CONTENT_LENGTH="1000000")
    assert response.status_code in (400, 413, 422)


@pytest.mark.parametrize("length", ["-5", "x", "1e9", "99999999999"])
def test_an_announced_length_that_cannot_be_is_refused(client, length):
    assert "larger" in sentence(send(client, geojson(SQUARE), CONTENT_LENGTH=length), 413, "area_file_too_large")


def test_an_address_that_sends_too_often_is_asked_to_wait(client, settings):
    settings.AREA_UPLOADS_PER_MINUTE = 2
    answers = [send(client, geojson(SQUARE)) for _ in range(6)]
    # A minute may end in between; then a new one is counted from there.
    assert answers[0].status_code == 200
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 2
    assert problem(refused[0], 429, "too_many_uploads")["remedy"]
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert send(client, geojson(SQUARE), REMOTE_ADDR="192.0.2.7").status_code == 200


def test_behind_a_proxy_the_client_counts_and_what_it_claims_does_not(client, settings):
    settings.AREA_UPLOADS_PER_MINUTE, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1
    codes = [
        send(client, geojson(SQUARE), headers={"X-Forwarded-For": f"203.0.113.{n}, 192.0.2.1"}).status_code
        for n in range(5)
    ]
    assert codes.count(429) >= 3
    assert send(client, geojson(SQUARE), headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 200


@pytest.mark.parametrize("code", ["SI", "si", "europe"])
def test_a_region_comes_with_its_outline_and_facts(client, code):
    answer = client.get(f"/hub/area/regions/{code}/").json()
    assert set(answer) == {"area", "wkt", "notes", "title", "facts"}
    assert answer["notes"] and answer["facts"]["summary"]
    assert read_area(answer["wkt"]) == answer["area"]


def test_a_region_that_is_not_there_is_told(client):
    assert "no country" in sentence(client.get("/hub/area/regions/XX/"), 404, "not_found")
    assert client.get("/hub/area/regions/..%2Findex.json/").status_code == 404


def test_facts_of_what_is_drawn_come_at_once(client):
    answer = client.post(FACTS, {"area": SQUARE.wkt}).json()
    assert answer["facts"]["summary"].startswith("860 km², 2 tiles (33TVM, 33TWM), in Slovenia")
    assert client.post(FACTS, {"area": json.dumps(answer["area"])}).json() == answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The area is missing"),
        ("Slovenia", "neither WKT nor GeoJSON"),
        ("POLYGON((0 0, 1 0, 1 1, 0 1))", "The area is not closed"),
        ("POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))", "The area crosses itself"),
        ("POLYGON((0 0, 1 0, 1 91, 0 0))", "latitude 91"),
        ('{"a": ' + "1" * 5000 + "}", "number"),
    ],
)
def test_facts_of_what_is_no_area_are_a_sentence(client, text, said):
    assert said in sentence(client.post(FACTS, {"area": text}), 422, "invalid_order")


def test_a_text_that_no_form_would_send_is_refused(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert "too long" in sentence(client.post(FACTS, {"area": "x" * 2000}), 413, "area_file_too_large")


class TestWithoutJavaScript:
    def read(self, data: dict[str, str], **files: Any) -> tuple[str, tuple[str, ...]]:
        query = QueryDict(mutable=True)
        query.update(data)
        return from_form(query, files)

    def test_text_that_was_sent_stays_as_it_is(self):
        file = SimpleUploadedFile("a.json", geojson(SQUARE))
        assert self.read({"area": "nonsense", "area_region": "SI"}, area_file=file) == ("nonsense", ())
        assert self.read({}) == ("", ())

    def test_a_file_becomes_text_with_notes(self):
        text, notes = self.read({"area": " "}, area_file=SimpleUploadedFile("a.json", geojson(SQUARE, OTHER)))
        assert shape(read_area(text)).equals(shapely.union(SQUARE, OTHER))
        assert notes

    def test_a_region_becomes_text_with_notes(self):
        text, notes = self.read({"area_region": "LU"})
        assert read_area(text)["type"] in ("Polygon", "MultiPolygon")
        assert "Luxembourg" in notes[0]

    def test_a_file_goes_before_a_region(self):
        text, _notes = self.read({"area_region": "LU"}, area_file=SimpleUploadedFile("a.json", geojson(SQUARE)))
        assert shape(read_area(text)).equals(SQUARE)

    @pytest.mark.parametrize(
        ("data", "files", "said"),
        [
            ({"area_region": "XX"}, {}, "no country or continent with the code “XX”"),
            ({"area_region": "x" * 5000}, {}, "no country"),
            ({}, {"area_file": SimpleUploadedFile("a.kml", b"hello")}, "not known"),
        ],
    )
    def test_what_is_no_area_is_refused_at_the_area(self, data, files, said):
        with pytest.raises(InvalidOrder) as refused:
            self.read(data, **files)
        [found] = refused.value.problems
        assert found.field == "area" and said in found.message and len(found.message) < 300
