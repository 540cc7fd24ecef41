"""What is refused about a series, and why."""

from __future__ import annotations

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from hub.errors import HubError


class TooManySeries(HubError):
    """As many are under way as one person may have."""

    code = "too_many_series"
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry = True
    sentence = _("Earlier series of yours are still being computed.")
    remedy = _("Wait until one is finished, or stop one.")


class TooManyKept(HubError):
    """As many are kept as one person may have."""

    code = "too_many_kept"
    status = HTTPStatus.CONFLICT
    sentence = _("You keep as many series as you may.")
    remedy = _("Delete those that you need no longer.")


class AlreadyFinished(HubError):
    code = "not_active"
    status = HTTPStatus.CONFLICT
    sentence = _("The series is finished already.")
    remedy = _("Load it again to see how it stands.")


class NotFinished(HubError):
    """The file asked for can only be made of a series that is finished."""

    code = "not_finished"
    status = HTTPStatus.CONFLICT
    retry = True
    sentence = _("The series is not finished, so there is no NetCDF file of it yet.")
    remedy = _("Wait until it is, or take CSV or JSON, which hold what is there so far.")


class NothingYet(HubError):
    """There is no step to export."""

    code = "nothing_there"
    status = HTTPStatus.CONFLICT
    sentence = _("The series ended without a single step, so there is nothing to export.")
    remedy = _("Ask for it again.")
