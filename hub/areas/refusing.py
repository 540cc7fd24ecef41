"""How areas are refused: one sentence at the field ``area``."""

from __future__ import annotations

from http import HTTPStatus
from typing import NoReturn

from hub.errors import HubError
from processing.errors import FieldProblem, InvalidOrder


class AreaFileTooLarge(InvalidOrder):
    """The file has more bytes than may be uploaded."""

    code = "area_file_too_large"


class UploadTooLarge(HubError):
    """The request that brings a file is larger than any that could be taken."""

    code = "area_file_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooManyUploads(HubError):
    """One address sends files faster than is allowed."""

    code = "too_many_uploads"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True


def refusal(message: str, *, kind: type[InvalidOrder] = InvalidOrder) -> InvalidOrder:
    """``message`` is a sentence, or a predicate in small letters that goes on from "The area"."""
    return kind([FieldProblem("area", message)])


def refuse(message: str, *, kind: type[InvalidOrder] = InvalidOrder) -> NoReturn:
    """Raise the refusal."""
    raise refusal(message, kind=kind)
