"""How problems look, for the OpenAPI page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from pydantic import BaseModel

from hub.api.problems import MEDIA_TYPE


class FieldError(BaseModel):
    """One thing that is wrong, at the field where it is wrong."""

    field: str
    message: str


class ExpectedWork(BaseModel):
    """What an order would come to; see Estimate."""

    area_km2: float
    products: int
    pixels: int
    scenes: int
    megabytes: float
    megabytes_low: float
    megabytes_high: float
    seconds: float
    seconds_low: float
    seconds_high: float
    credits: float
    held: bool


class Alternative(BaseModel):
    """A change by which an order that is too large fits."""

    title: str
    sentence: str
    changes: dict[str, Any]
    """Keys to be replaced in the order that was sent."""

    rest: list[dict[str, Any]]
    """The same for further orders, where several together make the whole."""

    estimate: ExpectedWork


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry: bool | None = None
    remedy: str | None = None
    errors: list[FieldError] | None = None
    alternatives: list[Alternative] | None = None


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals that an operation can answer with, for ``extend_schema(responses=...)``."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(Problem, description=HTTPStatus(status).phrase)
        for status in (*statuses, *({429} - set(statuses)))
    }
