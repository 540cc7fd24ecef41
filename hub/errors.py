"""What the hub refuses and why, and the one table from errors to HTTP.

Every error is one plain sentence for the person concerned, with a stable ``code``, who can mend it,
and whether trying the same again later is worth it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar, Literal

from processing.errors import CorruptInput, InvalidOrder, ProcessingError, SourceUnreachable, StorageFull


class HubError(Exception):
    """A refusal by the hub; ``str(error)`` is one sentence, ``remedy`` what to do about it."""

    code: ClassVar[str] = "hub_error"
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    mender: ClassVar[Literal["user", "operator"]] = "user"
    retry: ClassVar[bool] = False
    sentence: ClassVar[str] = "The request could not be carried out."
    remedy: str = ""

    def __init__(self, sentence: str = "", *, remedy: str = "") -> None:
        super().__init__(sentence or self.sentence)
        self.remedy = remedy or self.remedy


class NotFound(HubError):
    """Missing, or not to be seen by this person: the two are answered alike."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND
    sentence = "There is nothing here."
    remedy = "Check the address, and that you are signed in as the owner."


class NotAllowed(HubError):
    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN
    sentence = "Only an operator may do this."
    remedy = "Ask the service desk."


class NotActive(HubError):
    """The order's state does not allow what was asked for."""

    code = "not_active"
    status = HTTPStatus.CONFLICT
    sentence = "The order is finished already."
    remedy = "Load the order again to see how it stands."


class TooManyOrders(HubError):
    code = "too_many_orders"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = "You have too many unfinished orders."
    remedy = "Wait until one is finished, or dismiss one."


class KeyReused(HubError):
    code = "idempotency_key_reused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    sentence = "This Idempotency-Key was used before for a different order."
    remedy = "Use a new key for a new order."


class MalformedBody(HubError):
    code = "malformed_body"
    status = HTTPStatus.BAD_REQUEST
    sentence = "The body is not a JSON document that can be read."
    remedy = "Send one JSON object in UTF-8."


class BodyTooLarge(HubError):
    code = "body_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    sentence = "The body is too large."
    remedy = "Simplify the area: an order has room for many thousands of corners."


class UnsatisfiableRange(HubError):
    code = "unsatisfiable_range"
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    sentence = "The range begins behind the end of the file."
    remedy = "The file may be complete already: compare its size and SHA-256."


class LinkExpired(HubError):
    code = "link_expired"
    status = HTTPStatus.GONE
    sentence = "This download link has expired."
    remedy = "Open the order and use its fresh link."


class FileGone(HubError):
    code = "file_gone"
    status = HTTPStatus.GONE
    sentence = "This file is kept no longer."
    remedy = "Repeat the order to have it made again."


# The nearest class in the error's ancestry counts, so a subclass needs a line only when it differs.
STATUS_OF_PROCESSING_ERRORS: dict[type[ProcessingError], HTTPStatus] = {
    InvalidOrder: HTTPStatus.UNPROCESSABLE_ENTITY,
    SourceUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    ProcessingError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def http_status(error: HubError | ProcessingError) -> HTTPStatus:
    """The HTTP status that answers ``error``."""
    if isinstance(error, HubError):
        return error.status
    return next(
        STATUS_OF_PROCESSING_ERRORS[kind] for kind in type(error).__mro__ if kind in STATUS_OF_PROCESSING_ERRORS
    )


# In the engine's own words these may name paths and hosts: that is for the log, not for users.
_TOLD_TO_USERS: dict[type[ProcessingError], str] = {
    SourceUnreachable: "The archive of scenes does not answer at the moment; try again in a few minutes.",
    CorruptInput: "The archive's scenes for this order cannot be read; write to the service desk if it stays so.",
}


def told_to_users(error: ProcessingError) -> str:
    """The sentence about ``error`` that its user may read."""
    return _TOLD_TO_USERS.get(type(error), str(error))
