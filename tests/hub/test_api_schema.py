"""Schemathesis calls every operation of the OpenAPI page with good and bad input: no 500, and as documented."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from django.contrib.auth.models import AbstractUser
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.orders.models import Product
from portal.accounts.tokens import ApiToken
from tests.hub.processes import site

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.fixture
def address(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    with site(tmp_path, SECRET_KEY=os.environ["SECRET_KEY"], API_RATE="1000000/min") as (address, _):
        yield address


def test_every_operation_answers_as_documented(address: str, alice: AbstractUser, delivered: Product) -> None:
    headers = {"Authorization": f"Bearer {ApiToken.create_for(alice, 'test')[1]}"}
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/schema/?format=json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 8
    for operation in operations:
        modes = [GenerationMode.POSITIVE]
        if operation.body or operation.query or operation.path_parameters:
            modes.append(GenerationMode.NEGATIVE)
        for mode in modes:
            call_with_examples(operation, mode, headers)


def call_with_examples(operation: schemathesis.APIOperation, mode: GenerationMode, headers: dict[str, str]) -> None:
    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()
