"""What the order form asks about areas: a file's area, a region's, and the facts about one.

Visitors fill in the form before they sign in, so nobody needs to be. Nothing is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from hub.api.problems import problem_response
from hub.areas.facts import describe
from hub.areas.fields import of_region
from hub.areas.refusing import AreaFileTooLarge, TooManyUploads, UploadTooLarge, refusal
from hub.areas.regions import find
from hub.areas.text import read_area, write_area
from hub.areas.uploads import read_upload, too_large
from hub.errors import HubError, MalformedBody, NotFound
from processing.errors import InvalidOrder, ProcessingError

View = Callable[..., HttpResponse]

FIELD = "file"
# What a form sends around the file: its boundary, headers and the other fields.
_AROUND_FILE_BYTES = 64 * 1024
_MINUTE = 60


def _with_problems(view: View) -> View:
    """Answers what the view raises as a problem, every message a whole sentence."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except AreaFileTooLarge as refused:
            return problem_response(UploadTooLarge(refused.problems[0].message))
        except InvalidOrder as refused:
            return problem_response(_as_sentence(refused))
        except (HubError, ProcessingError) as refused:
            return problem_response(refused)

    return answering


@csrf_exempt
@require_POST
@never_cache
@_with_problems
def upload(request: HttpRequest) -> HttpResponse:
    """The area in the uploaded ``file``, mended, with facts.

    Checks that cost nothing come first; CSRF's would read the whole body, so it follows in ``_upload``.
    """
    _check_size(request)
    if waiting := _seconds_to_wait(_address(request)):
        response = problem_response(
            TooManyUploads(
                _("More files come from your network than are taken in a minute."),
                remedy=_("Try again in %(count)s seconds.") % {"count": waiting},
            )
        )
        response["Retry-After"] = str(waiting)
        return response
    request.upload_handlers = [
        SizeLimit(request),
        MemoryFileUploadHandler(request),
        TemporaryFileUploadHandler(request),
    ]
    return _upload(request)


@csrf_protect
@_with_problems
def _upload(request: HttpRequest) -> HttpResponse:
    try:
        file = request.FILES.get(FIELD)
    except (MultiPartParserError, RequestDataTooBig):
        raise MalformedBody(_("The upload cannot be read."), remedy=_("Choose the file and send it again.")) from None
    if request.META.get(SizeLimit.EXCEEDED):
        raise UploadTooLarge(too_large())
    if file is None:
        raise refusal(_("No file was chosen."))
    uploaded = read_upload(file, file.name or "")
    return _answer(uploaded.geometry, uploaded.notes, uploaded.title)


@require_GET
@vary_on_headers("Accept-Language", "Cookie")
@_with_problems
def region(request: HttpRequest, code: str) -> HttpResponse:
    """The area of a country or continent, with facts."""
    found = find(code)
    if found is None:
        raise NotFound(_("There is no country or continent with this code."), remedy=_("Choose one from the list."))
    geometry, notes = of_region(found)
    return _answer(geometry, notes, found.title)


@require_POST
@never_cache
@_with_problems
def facts(request: HttpRequest) -> HttpResponse:
    """What there is to know about the area in the text ``area``."""
    try:
        text = request.POST.get("area", "")
    except RequestDataTooBig:
        raise UploadTooLarge(_("The area's text is too long; simplify its outline.")) from None
    return _answer(read_area(text), (), "")


class SizeLimit(FileUploadHandler):
    """Drops what comes of a file beyond the limit, and notes that there was more."""

    EXCEEDED = "areas.upload_exceeded"

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._room = settings.AREA_UPLOAD_MAX_MB * 1_000_000

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._room -= len(raw_data)
        if self._room >= 0:
            return raw_data
        if self.request is not None:
            self.request.META[self.EXCEEDED] = True
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def _answer(geometry: dict[str, Any], notes: tuple[str, ...], title: str) -> JsonResponse:
    try:
        known = describe(geometry)
    except ValueError as error:
        raise refusal(str(error)) from None
    return JsonResponse(
        {
            "area": geometry,
            "wkt": write_area(geometry),
            "notes": list(notes),
            "title": title,
            "facts": known.as_json(),
        }
    )


def _check_size(request: HttpRequest) -> None:
    """Refuse by the length that the request announces, before any of its body is read."""
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if not announced.isdecimal() or int(announced) > settings.AREA_UPLOAD_MAX_MB * 1_000_000 + _AROUND_FILE_BYTES:
        raise UploadTooLarge(too_large())


def _seconds_to_wait(address: str) -> int:
    """Count one more upload from ``address``; how long to wait where there were too many in this minute."""
    now = time.time()
    name = f"areas:uploads:{address}:{int(now // _MINUTE)}"
    cache.add(name, 0, timeout=2 * _MINUTE)
    try:
        count = cache.incr(name)
    except ValueError:  # it was dropped between the two calls
        return 0
    return _MINUTE - int(now % _MINUTE) if count > settings.AREA_UPLOADS_PER_MINUTE else 0


def _address(request: HttpRequest) -> str:
    """The client's; behind a proxy what the proxy itself wrote last."""
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded[:60]
    return str(request.META.get("REMOTE_ADDR", ""))[:60]


def _as_sentence(refused: InvalidOrder) -> InvalidOrder:
    """The first problem; a predicate gets its subject."""
    message = refused.problems[0].message
    if not message[:1].isupper():
        message = f"{_('The area')} {message}."
    return refusal(message)
