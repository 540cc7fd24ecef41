"""The REST API: ordering, reading, dismissing, and how refusals look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from hub.api.parsing import MAX_BYTES
from hub.orders import ordering, production
from hub.orders.models import Order, Product, Role
from hub.orders.states import Status
from processing import registry
from processing.errors import QualityRejected
from processing.layers import LAYERS
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec
from tests.hub.answers import problem

ORDERS = "/api/v1/orders/"
Api = Callable[..., APIClient]


# --- Ordering -----------------------------------------------------------------------------------


def test_an_order_is_made_read_and_listed(api: Api, alice: AbstractUser, spec_json: dict) -> None:
    made = api(alice).post(ORDERS, spec_json, format="json")
    assert made.status_code == 201
    order = made.json()
    assert (order["name"], order["status"], order["percent"]) == ("Hills", "accepted", 0.0)
    assert order["spec"] == spec_json
    assert made["Location"] == order["links"]["self"]
    assert api(alice).get(made["Location"]).json() == order
    listed = api(alice).get(ORDERS).json()
    assert (listed["count"], listed["next"], listed["results"]) == (1, None, [order])


def test_a_dry_run_changes_nothing(api: Api, alice: AbstractUser, spec_json: dict) -> None:
    response = api(alice).post(ORDERS + "?dry_run=true", spec_json, format="json")
    assert response.status_code == 200
    assert set(response.json()) == {field.name for field in fields(ordering.Estimate)}
    assert not Order.objects.exists()


def test_a_dry_run_that_is_neither_true_nor_false_orders_nothing(
    api: Api, alice: AbstractUser, spec_json: dict
) -> None:
    problem(api(alice).post(ORDERS + "?dry_run=maybe", spec_json, format="json"), 400, "malformed_body")
    assert not Order.objects.exists()


def test_an_idempotency_key_sent_again_gives_the_first_order(api: Api, alice: AbstractUser, spec_json: dict) -> None:
    client = api(alice)
    first = client.post(ORDERS, spec_json, format="json", headers={"Idempotency-Key": "abc-1"})
    again = client.post(ORDERS, spec_json, format="json", headers={"Idempotency-Key": "abc-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    other = spec_json | {"name": "Other"}
    reused = client.post(ORDERS, other, format="json", headers={"Idempotency-Key": "abc-1"})
    problem(reused, 422, "idempotency_key_reused")
    for key in ("x" * 201, "a b", "\x7f"):
        problem(client.post(ORDERS, spec_json, format="json", headers={"Idempotency-Key": key}), 400, "malformed_body")
    assert Order.objects.count() == 1


def test_every_problem_of_an_order_is_told_at_its_field(api: Api, alice: AbstractUser, spec_json: dict) -> None:
    spec_json |= {"bands": ["B99"], "resolution": 15, "surprise": 1, "period": {"kind": "month", "start": "2024-06-02"}}
    document = problem(api(alice).post(ORDERS, spec_json, format="json"), 422, "invalid_order")
    assert {error["field"] for error in document["errors"]} == {"bands", "resolution", "surprise", "period.start"}
    assert all(error["message"] for error in document["errors"])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"period": {"kind": "month", "start": "2023-01-01"}}, "area", "no_scenes"),
        ({"period": {"kind": "month", "start": "2024-03-01"}}, "period", "no_scenes"),
        ({"period": {"kind": "month", "start": "2999-01-01"}}, "period.start", "invalid_order"),
        (
            {"area": {"type": "Polygon", "coordinates": [[[15, 46], [16, 47], [16, 46], [15, 47], [15, 46]]]}},
            "area",
            "invalid_order",
        ),
        ({"area": "POLYGON EMPTY"}, "area", "invalid_order"),
        ({"bands": [], "layers": []}, "bands", "invalid_order"),
        ({"name": "../../etc/passwd"}, "name", "invalid_order"),
    ],
)
def test_what_cannot_be_ordered_is_refused_at_its_field(
    api: Api, alice: AbstractUser, spec_json: dict, change: dict, field: str, code: str
) -> None:
    document = problem(api(alice).post(ORDERS, spec_json | change, format="json"), 422, code)
    assert [error["field"] for error in document["errors"]] == [field]
    assert not Order.objects.exists()


def test_an_unreachable_archive_is_a_503_and_keeps_nothing(
    api: Api, alice: AbstractUser, spec_json: dict, settings: Any, tmp_path: Any
) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "nowhere")
    document = problem(api(alice).post(ORDERS, spec_json, format="json"), 503, "source_unreachable")
    assert document["retry"] is True
    assert not Order.objects.exists()


def test_the_limit_of_unfinished_orders_is_a_429(api: Api, alice: AbstractUser, spec_json: dict, settings: Any) -> None:
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1
    assert api(alice).post(ORDERS, spec_json, format="json").status_code == 201
    assert "remedy" in problem(api(alice).post(ORDERS, spec_json, format="json"), 429, "too_many_orders")


DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b'{"resolution": NaN}',
        b'{"resolution": -Infinity}',
        b'{"resolution": 1e999}',
        b'{"resolution": ' + b"9" * 5000 + b"}",
        b'{"resolution": 99999999999999999999}',
        b'{"name": "a", "name": "b"}',
        DEEP.encode(),
        b'{"area": ' + DEEP.encode() + b"}",
        b'{"area": ' + b'{"a":' * 30 + b"1" + b"}" * 30 + b"}",
    ],
)
def test_a_body_that_would_only_do_harm_is_a_400(api: Api, alice: AbstractUser, body: bytes) -> None:
    problem(api(alice).post(ORDERS, body, content_type="application/json"), 400, "malformed_body")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"5", b'"text"', b"[[]]", b"true", b"{}"])
def test_json_that_is_no_order_is_refused(api: Api, alice: AbstractUser, body: bytes) -> None:
    problem(api(alice).post(ORDERS, body, content_type="application/json"), 422, "invalid_order")


def test_a_body_without_end_is_a_413(api: Api, alice: AbstractUser) -> None:
    body = b'{"name": "' + b"x" * MAX_BYTES + b'"}'
    problem(api(alice).post(ORDERS, body, content_type="application/json"), 413, "body_too_large")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_other_media_types_are_a_415(api: Api, alice: AbstractUser, media_type: str) -> None:
    problem(api(alice).post(ORDERS, b"x", content_type=media_type), 415, "unsupported_media_type")


# --- Lists --------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_paged(api: Api, alice: AbstractUser, spec: MosaicSpec) -> None:
    made = [ordering.submit(alice, spec).pk for _ in range(5)]
    first = api(alice).get(ORDERS + "?limit=2").json()
    assert [order["id"] for order in first["results"]] == made[:-3:-1]
    rest = api(alice).get(first["next"]).json()
    last = api(alice).get(rest["next"]).json()
    assert [order["id"] for order in rest["results"] + last["results"]] == made[2::-1]
    assert last["next"] is None


def test_the_list_costs_the_same_queries_however_long(
    api: Api, alice: AbstractUser, spec: MosaicSpec, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        ordering.submit(alice, spec)
    with django_assert_max_num_queries(3):
        assert api(alice).get(ORDERS).json()["count"] == 5


def test_the_list_can_be_filtered(api: Api, alice: AbstractUser, spec: MosaicSpec, spec_json: dict) -> None:
    hills = ordering.submit(alice, spec)
    valley = ordering.submit(alice, MosaicSpec.parse(spec_json | {"name": "Valley"}))
    ordering.dismiss(valley, by=alice)

    def found(query: str) -> list[int]:
        return [order["id"] for order in api(alice).get(f"{ORDERS}?{query}").json()["results"]]

    assert found("status=dismissed") == [valley.pk]
    assert found("status=dismissed&status=accepted") == [valley.pk, hills.pk]
    assert found("name=HILL") == [hills.pk]
    assert found("name=nothing") == []


@pytest.mark.parametrize("query", ["status=unknown", "name=%00", "name=" + "x" * 65])
def test_a_filter_that_makes_no_sense_is_a_400(api: Api, alice: AbstractUser, query: str) -> None:
    document = problem(api(alice).get(f"{ORDERS}?{query}"), 400, "invalid")
    assert document["errors"][0]["field"] == query.split("=")[0]


@pytest.mark.parametrize("query", ["offset=99999999999999999999", "limit=-1", "limit=99999999999999999999", "offset=x"])
def test_odd_pages_are_no_errors(api: Api, order: Order, alice: AbstractUser, query: str) -> None:
    assert api(alice).get(f"{ORDERS}?{query}").status_code == 200


# --- Products and files -------------------------------------------------------------------------


def test_a_delivered_product_lists_its_files_with_links(api: Api, delivered: Product, alice: AbstractUser) -> None:
    (product,) = api(alice).get(f"{ORDERS}{delivered.order_id}/products/").json()
    assert product == api(alice).get(f"/api/v1/products/{delivered.pk}/").json() | {"files": product["files"]}
    assert (product["status"], product["name"], product["order"]) == ("successful", "Hills", delivered.order_id)
    assert product["footprint"]["type"] == "Polygon"
    files = {file["name"]: file for file in product["files"]}
    assert set(files) == {"B04.tiff", "metadata.json", "S2GM_base-Hills.zip"}
    row = delivered.files.get(name="B04.tiff")
    assert (files["B04.tiff"]["sha256"], files["B04.tiff"]["size_bytes"]) == (row.sha256, row.size_bytes)
    assert "/download/" in files["B04.tiff"]["url"]


def test_files_of_every_role_are_listed(api: Api, claimed: Product, made_by: Any, alice: AbstractUser) -> None:
    production.deliver(claimed, made_by(claimed, whole=True))
    roles = {file["role"] for file in api(alice).get(f"/api/v1/products/{claimed.pk}/").json()["files"]}
    assert roles == set(Role.values)


def test_why_a_product_failed_quality_control_is_told(api: Api, claimed: Product, alice: AbstractUser) -> None:
    production.fail(claimed, QualityRejected("The product failed its quality control: B04 is empty."))
    product = api(alice).get(f"/api/v1/products/{claimed.pk}/").json()
    assert (product["error_code"], product["files"]) == ("quality_rejected", [])
    assert "B04 is empty" in product["error"]


def test_a_product_that_is_not_delivered_has_no_files(api: Api, product: Product, alice: AbstractUser) -> None:
    assert api(alice).get(f"/api/v1/products/{product.pk}/").json()["files"] == []


# --- Dismissing ---------------------------------------------------------------------------------


def test_an_order_is_dismissed_once(api: Api, order: Order, alice: AbstractUser) -> None:
    response = api(alice).post(f"{ORDERS}{order.pk}/dismiss/")
    assert (response.status_code, response.json()["status"]) == (200, "dismissed")
    problem(api(alice).post(f"{ORDERS}{order.pk}/dismiss/"), 409, "not_active")
    problem(api(alice).delete(f"{ORDERS}{order.pk}/"), 409, "not_active")


def test_deleting_an_order_dismisses_it(api: Api, order: Order, alice: AbstractUser) -> None:
    assert api(alice).delete(f"{ORDERS}{order.pk}/").status_code == 204
    assert Order.objects.get().status == Status.DISMISSED


# --- Catalogue, schema and the rest ----------------------------------------------------------------


def test_the_catalogue_is_open_and_tells_what_can_be_ordered(api: Api, db: None) -> None:
    catalogue = api().get("/api/v1/catalogue/").json()
    assert [band["name"] for band in catalogue["bands"]] == list(BANDS)
    assert [layer["name"] for layer in catalogue["layers"]] == list(LAYERS)
    assert {method["name"] for method in catalogue["methods"]} == set(registry.methods())
    assert {mask["name"] for mask in catalogue["masks"]} == set(registry.masks())
    assert {form["name"] for form in catalogue["formats"]} == set(registry.formats())
    assert catalogue["periods"] == ["day", "dekad", "month", "quarter", "year"]
    assert (catalogue["resolutions"], catalogue["crs"]) == ([10, 20, 60], ["utm", "wgs84"])
    assert catalogue["archive"]["first_day"] == "2024-06-03"
    assert len(catalogue["archive"]["bounds"]) == 4


def test_the_catalogue_tells_what_each_layer_brings(api: Api, db: None) -> None:
    """A1-037."""
    catalogue = api().get("/api/v1/catalogue/").json()
    layers = {layer["name"]: layer for layer in catalogue["layers"]}
    assert all(layer["group"] in catalogue["layer_groups"] and layer["summary"] for layer in layers.values())
    assert [raster["prefix"] for raster in layers["aot"]["rasters"]] == ["quality_aot"]
    assert (layers["aot"]["rasters"][0]["scale"], layers["aot"]["rasters"][0]["nodata"]) == (0.001, 65535)
    assert len(layers["rejected_obs"]["rasters"]) == 5
    assert len(layers["scene_classification"]["rasters"][0]["flags"]) == 12


def test_an_order_with_every_option_of_the_catalogue_is_taken(
    api: Api, alice: AbstractUser, spec_json: dict, settings: Any
) -> None:
    catalogue = api().get("/api/v1/catalogue/").json()
    settings.ORDER_LIMIT_ACTIVE_PER_USER = 1000
    for method in catalogue["methods"]:
        assert method["mask"] in {mask["name"] for mask in catalogue["masks"]}
        for mask in catalogue["masks"]:
            options = {option["name"]: option["largest"] for option in method["options"]}
            order = spec_json | {"method": method["name"], "method_options": options, "mask": mask["name"]}
            assert api(alice).post(ORDERS, order, format="json").json()["spec"] == order


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mask": "none"}, "mask"),
        ({"mask": 5}, "mask"),
        ({"method_options": {"threshold": 1}}, "method_options"),
        ({"method_options": {"depth": 3}}, "method_options"),
        ({"method": "latest", "method_options": {"threshold": 4}}, "method_options"),
        ({"method_options": {"threshold": 4.5}}, "method_options.threshold"),
        ({"method_options": {"threshold": True}}, "method_options.threshold"),
        ({"method_options": [4]}, "method_options"),
    ],
)
def test_a_wrong_option_or_mask_is_refused_at_its_field(
    api: Api, alice: AbstractUser, spec_json: dict, change: dict, field: str
) -> None:
    document = problem(api(alice).post(ORDERS, spec_json | change, format="json"), 422, "invalid_order")
    assert [error["field"] for error in document["errors"]] == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("name", registry.names("formats"))
def test_a_dry_run_tells_the_size_in_every_format(api: Api, alice: AbstractUser, spec_json: dict, name: str) -> None:
    estimate = api(alice).post(ORDERS + "?dry_run=true", spec_json | {"format": name}, format="json").json()
    assert estimate["megabytes"] > 0 and estimate["products"] == 1


def test_the_catalogue_answers_while_the_archive_is_away(api: Api, db: None, settings: Any, tmp_path: Any) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "nowhere")
    assert api().get("/api/v1/catalogue/").json()["archive"] is None


def test_the_schema_holds_the_one_definition_of_an_order(api: Api, db: None) -> None:
    schema = json.loads(api().get("/api/v1/schema/?format=json").content)
    components = schema["components"]
    defined = MosaicSpec.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = defined.pop("$defs")
    assert components["schemas"]["MosaicSpec"] == defined
    assert components["schemas"]["CompositingPeriod"] == parts["CompositingPeriod"]
    body = schema["paths"]["/api/v1/orders/"]["post"]["requestBody"]["content"]
    assert body == {"application/json": {"schema": {"$ref": "#/components/schemas/MosaicSpec"}}}
    assert components["securitySchemes"]["token"]["scheme"] == "bearer"
    validate_schema(schema)


def test_the_documentation_page_is_open(api: Api, db: None) -> None:
    response = api().get("/api/v1/docs/", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert b"swagger" in response.content


@pytest.mark.parametrize("path", ["", "nothing/", "orders/x/", "orders/-1/", "orders/1.5/", "orders", "orders/1/x/"])
def test_an_address_that_does_not_exist_is_a_problem_not_a_page(api: Api, alice: AbstractUser, path: str) -> None:
    problem(api(alice).get("/api/v1/" + path), 404, "not_found")


def test_a_number_beyond_the_database_is_not_found(api: Api, alice: AbstractUser) -> None:
    problem(api(alice).get(f"{ORDERS}{'9' * 30}/"), 404, "not_found")


def test_a_wrong_method_is_a_405(api: Api, alice: AbstractUser) -> None:
    problem(api(alice).put(ORDERS, {}, format="json"), 405, "method_not_allowed")


def test_too_many_calls_are_a_429_with_the_time_to_wait(
    api: Api, alice: AbstractUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(UserRateThrottle, "get_rate", lambda self: "2/min")
    answers = [api(alice).get(ORDERS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[-1], 429, "throttled")
    assert 0 < int(answers[-1]["Retry-After"]) <= 61
    cache.clear()


def test_an_error_of_the_service_is_a_problem_that_tells_nothing_inside(
    api: Api, alice: AbstractUser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret at /srv/secret")

    monkeypatch.setattr(Order.objects, "visible_to", broken)
    response = api(alice).get(ORDERS)
    problem(response, 500, "internal_error")
    assert b"secret" not in response.content
    assert "secret at /srv/secret" in caplog.text
