"""Every refusal of the API and of the downloads as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, ErrorDetail, Throttled
from rest_framework.views import set_rollback

from hub.errors import HubError, NotFound, http_status, told_to_users
from hub.orders.alternatives import Change, changes_that_fit
from hub.orders.estimates import OrderTooLarge
from hub.wording.sentences import told
from processing.errors import InvalidOrder, ProcessingError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "Something unexpected went wrong in the service; write to the service desk if it stays so."


def problem_response(error: HubError | ProcessingError) -> JsonResponse:
    """The answer to an error of the hub or of the engine."""
    extra: dict[str, Any] = {}
    detail = told_to_users(error) if isinstance(error, ProcessingError) else str(error)
    if detail != str(error):
        logger.warning("Told to a user as “%s”: %s", detail, error)
    detail = told(detail)
    if isinstance(error, InvalidOrder):
        detail = gettext("The order cannot be taken as it stands.")
        extra["errors"] = [{"field": problem.field, "message": told(problem.message)} for problem in error.problems]
        if isinstance(error, OrderTooLarge):
            extra["alternatives"] = [_alternative(change) for change in changes_that_fit(error.spec, error.found)]
    elif isinstance(error, HubError) and error.remedy:
        extra["remedy"] = error.remedy
    return _problem(http_status(error), error.code, detail, retry=error.retry, **extra)


def _alternative(change: Change) -> dict[str, Any]:
    """A change that fits; ``changes`` and each of ``rest`` are keys to be replaced in the order that was sent."""
    return {
        "title": change.title,
        "sentence": change.sentence,
        "changes": change.changes,
        "rest": [{"area": spec.to_json()["area"]} for spec in change.rest],
        "estimate": asdict(change.estimate),
    }


def exception_handler(error: Exception, context: dict[str, Any]) -> JsonResponse:
    """Django REST framework's hook: whatever a view raised becomes a problem."""
    set_rollback()
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        return _problem(HTTPStatus.FORBIDDEN, "permission_denied", gettext("You may not do this."))
    if isinstance(error, HubError | ProcessingError):
        return problem_response(error)
    if isinstance(error, APIException):
        return _framework_problem(error)
    logger.error("Unexpected error in %s", type(context.get("view")).__name__, exc_info=error)
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", told(UNEXPECTED))


def _framework_problem(error: APIException) -> JsonResponse:
    """An error of Django REST framework: not signed in, wrong method, too often ..."""
    extra: dict[str, Any] = {}
    detail = str(error.detail)
    code = error.get_codes() if isinstance(error.detail, ErrorDetail) else "invalid"
    if isinstance(error.detail, dict):
        detail = gettext("The request has parameters that cannot be used.")
        extra["errors"] = [
            {"field": field, "message": str(message)}
            for field, messages in error.detail.items()
            for message in (messages if isinstance(messages, list) else [messages])
        ]
    response = _problem(HTTPStatus(error.status_code), str(code), detail, **extra)
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if isinstance(error, Throttled) and error.wait is not None:
        response["Retry-After"] = str(int(error.wait) + 1)
    return response


def _problem(status: HTTPStatus, code: str, detail: str, **extra: Any) -> JsonResponse:
    content = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail, "code": code}
    return JsonResponse(content | extra, status=status, content_type=MEDIA_TYPE)
