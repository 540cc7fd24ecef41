"""Why something about access is not done."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from hub.errors import HubError


class AccessRefused(HubError):
    """What was asked for, or decided, cannot be so; ``field`` names the form's field that is to be mended."""

    code = "access_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, sentence: str = "", *, field: str | None = None, remedy: str = "") -> None:
        super().__init__(sentence, remedy=remedy)
        self.field = field


class AlreadyDecided(HubError):
    """Somebody else was faster."""

    code = "already_decided"
    status = HTTPStatus.CONFLICT
    sentence = _("This has been decided already.")
    remedy = _("Load the page again to see how it stands.")


class TooManyRequests(HubError):
    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("You have too many requests that wait for a decision.")
    remedy = _("Wait until some are decided, or withdraw one.")
