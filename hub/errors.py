"""What the hub refuses and why, and the one table from errors to HTTP.

Every error is one plain sentence for the person concerned, with a stable ``code``, who can mend it,
and whether trying the same again later is worth it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from processing.errors import CorruptInput, InvalidOrder, ProcessingError, SourceUnreachable, StorageFull


class HubError(Exception):
    """A refusal by the hub; ``str(error)`` is one sentence, ``remedy`` what to do about it."""

    code: ClassVar[str] = "hub_error"
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    mender: ClassVar[Literal["user", "operator"]] = "user"
    retry: ClassVar[bool] = False
    sentence: ClassVar[str] = _("The request could not be carried out.")
    remedy: str = ""

    def __init__(self, sentence: str = "", *, remedy: str = "") -> None:
        super().__init__(str(sentence or self.sentence))
        self.remedy = str(remedy or self.remedy)


class NotFound(HubError):
    """Missing, or not to be seen by this person: the two are answered alike."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND
    sentence = _("There is nothing here.")
    remedy = _("Check the address, and that you are signed in as the owner.")


class NotAllowed(HubError):
    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN
    sentence = _("Only an operator may do this.")
    remedy = _("Ask the service desk.")


class NotActive(HubError):
    """The order's state does not allow what was asked for."""

    code = "not_active"
    status = HTTPStatus.CONFLICT
    sentence = _("The order is finished already.")
    remedy = _("Load the order again to see how it stands.")


class TooManyOrders(HubError):
    code = "too_many_orders"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("You have too many unfinished orders.")
    remedy = _("Wait until one is finished, or dismiss one.")


class KeyReused(HubError):
    code = "idempotency_key_reused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    sentence = _("This Idempotency-Key was used before for a different order.")
    remedy = _("Use a new key for a new order.")


class MalformedBody(HubError):
    code = "malformed_body"
    status = HTTPStatus.BAD_REQUEST
    sentence = _("The body is not a JSON document that can be read.")
    remedy = _("Send one JSON object in UTF-8.")


class BodyTooLarge(HubError):
    code = "body_too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    sentence = _("The body is too large.")
    remedy = _("Simplify the area: an order has room for many thousands of corners.")


class UnsatisfiableRange(HubError):
    code = "unsatisfiable_range"
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    sentence = _("The range begins behind the end of the file.")
    remedy = _("The file may be complete already: compare its size and SHA-256.")


class LinkExpired(HubError):
    code = "link_expired"
    status = HTTPStatus.GONE
    sentence = _("This download link has expired.")
    remedy = _("Open the order and use its fresh link.")


class ShareEnded(HubError):
    code = "share_ended"
    status = HTTPStatus.GONE
    sentence = _("This shared link has ended.")
    remedy = _("Ask the person who gave it to you for a new one.")


class TooManyLinks(HubError):
    code = "too_many_links"
    status = HTTPStatus.CONFLICT
    sentence = _("The order has as many shared links as it may have.")
    remedy = _("End one that is not needed any more.")


class FileGone(HubError):
    code = "file_gone"
    status = HTTPStatus.GONE
    sentence = _("This file is kept no longer.")
    remedy = _("Repeat the order to have it made again.")


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
    """The sentence about ``error`` that its user may read, in English: see ``hub.wording.sentences``."""
    return _TOLD_TO_USERS.get(type(error), str(error))
