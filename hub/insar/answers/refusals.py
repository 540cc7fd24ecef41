"""What questions on ground motion are refused for, beside places and rights."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from hub.errors import HubError


class BadQuestion(HubError):
    """A parameter that cannot be used."""

    code = "bad_question"
    status = HTTPStatus.BAD_REQUEST
    sentence = _("The question has a parameter that cannot be used.")


class TooManyPoints(HubError):
    """The answer would hold or rest on more points than one answer may."""

    code = "too_many_points"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    sentence = _("There are too many points for one answer.")
    remedy = _("Ask for a smaller area.")


class QuotaUsedUp(HubError):
    """A person has taken away as many points as they may in a day."""

    code = "quota_used_up"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("You have taken away as many points as you may in a day.")
    remedy = _("Ask for a smaller area, or come back when a day has passed.")
