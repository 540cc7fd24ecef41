"""The OpenAPI page over ground motion: every address is on it, and answers are as it says, to good and bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.contrib.auth.models import AbstractUser
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis import GenerationMode

from hub.api.insar.urls import urlpatterns
from hub.insar.models import Release, Right
from tests.hub.asked_motion import Known, address, body, grant, square, written

pytestmark = pytest.mark.django_db
EXAMPLES = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
PREFIX = "/api/v1/insar/"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


@pytest.fixture
def release(motion_releases: dict[str, Release]) -> Release:
    return Release.objects.get(pk=motion_releases["L2b"].pk)


@pytest.fixture
def known(release: Release) -> Known:
    return Known(release.layers.get(direction="ascending"))


@pytest.fixture(autouse=True)
def many_requests(settings: Any) -> None:
    settings.INSAR_ANSWERS_PER_MINUTE = settings.INSAR_TILES_PER_MINUTE = 10**9
    settings.INSAR_EXPORT_POINTS_PER_DAY = 10**9


def operations(schema: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Path and method by operation id."""
    return {
        operation["operationId"]: (path, method)
        for path, methods in schema["paths"].items()
        if path.startswith(PREFIX)
        for method, operation in methods.items()
    }


def test_every_address_is_described_with_a_summary_and_refusals(schema: dict[str, Any]):
    paths = [path for path in schema["paths"] if path.startswith(PREFIX)]
    assert len(paths) == len(urlpatterns)
    for path in paths:
        for operation in schema["paths"][path].values():
            assert operation["summary"]
            assert {"404", "429"} <= set(operation["responses"])
            for parameter in operation.get("parameters", []):
                assert parameter["schema"]


def validate(schema: dict[str, Any], name: str, response: Any) -> None:
    path, method = operations(schema)[name]
    content = schema["paths"][path][method]["responses"][str(response.status_code)]["content"]
    expected = content[response["Content-Type"].partition(";")[0]]["schema"]
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **expected}
    jsonschema.validate(json.loads(body(response)), document | {"components": schema["components"]})


@pytest.mark.parametrize("right", [Right.FULL, Right.OVERVIEW])
def test_answers_are_as_described(
    api: Callable, alice: AbstractUser, release: Release, known: Known, schema: dict[str, Any], right: Right
):
    grant(release, right, user=alice)
    client = api(alice)
    west, south, east, north = known.around
    line = {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    bbox, polygon = {"bbox": written(known.around)}, {"polygon": square(*known.around)}
    asked = {
        "insar_releases": lambda: client.get(f"{PREFIX}releases/"),
        "insar_release": lambda: client.get(f"{PREFIX}releases/{release.key}/"),
        "insar_cells": lambda: client.get(address(release, "cells/"), bbox),
        "insar_aggregate": lambda: client.post(
            address(release, "aggregate/"), polygon | {"series": True}, format="json"
        ),
        "insar_profile": lambda: client.post(
            address(release, "profile/"), {"line": line, "width_m": 2000}, format="json"
        ),
    }  # fmt: skip
    if right == Right.FULL:
        point, around = address(release, f"points/{known.ids[0]}/"), [west, south, east, north]
        window = {"bbox": around, "first": "2019-01-01", "last": "2021-12-31"}
        reference = {"id": int(known.ids[1])}
        asked |= {
            "insar_points": lambda: client.get(address(release, "points/"), bbox | {"limit": 20, "series": 1}),
            "insar_export": lambda: client.get(address(release, "export.geojson"), bbox),
            "insar_point": lambda: client.get(point),
            "insar_point_series": lambda: client.get(f"{point}series/", {"reference": int(known.ids[1])}),
            "insar_velocities": lambda: client.post(address(release, "velocities/"), window, format="json"),
            "insar_aggregate": lambda: client.post(
                address(release, "aggregate/"), polygon | {"series": True, "reference": reference}, format="json"
            ),
        }
    for name, ask in asked.items():
        response = ask()
        assert response.status_code == 200, (name, body(response))
        validate(schema, name, response)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_described(
    api: Callable, alice: AbstractUser, release: Release, known: Known, schema: dict[str, Any], mode: GenerationMode
):
    grant(release, user=alice)
    client = api(alice)
    here = {"key": release.key, "direction": "ascending", "point_id": str(known.ids[0]), "kind": "geojson"}
    found = schemathesis.openapi.from_dict(schema)
    for result in found.get_all_operations():
        operation = result.ok()
        if not operation.path.startswith(PREFIX):
            continue
        if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue

        call_with_examples(operation, mode, client, here)


def call_with_examples(
    operation: schemathesis.APIOperation, mode: GenerationMode, client: APIClient, here: dict[str, str]
) -> None:
    described = operation.definition.raw["responses"]

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        case.path_parameters |= {name: here[name] for name in here if name in case.path_parameters}
        response = sent(client, case)
        assert response.status_code < 500
        assert str(response.status_code) in described, (case.body, case.query, body(response))
        content = described[str(response.status_code)].get("content")
        if content:
            assert response["Content-Type"].partition(";")[0] in content

    call()


def sent(client: APIClient, case: schemathesis.Case) -> Any:
    """The answer to a case, from this process."""
    if case.method.upper() == "GET":
        return client.get(case.formatted_path, dict(case.query or {}))
    is_json = case.body is None or isinstance(case.body, dict | list | str | int | float)
    content = json.dumps(case.body) if is_json else b""
    return client.post(case.formatted_path, content, content_type="application/json")
