"""How problems look, for the OpenAPI page."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import OpenApiResponse
from pydantic import BaseModel

from hub.api.problems import MEDIA_TYPE


class FieldError(BaseModel):
    """One thing that is wrong, at the field where it is wrong."""

    field: str
    message: str


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


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals that an operation can answer with, for ``extend_schema(responses=...)``."""
    return {
        (status, MEDIA_TYPE): OpenApiResponse(Problem, description=HTTPStatus(status).phrase)
        for status in (*statuses, *({429} - set(statuses)))
    }
