"""The audit log for managers: a table, and the same as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hub.insar.access import audit_search, desk
from hub.insar.access.audit_search import Search
from hub.insar.models import AuditEntry
from hub.insar.pages.forms import AuditForm
from hub.insar.pages.frame import frame, of_managers, outline_map
from hub.orders.views.drawing import drawing_texts

PER_PAGE = 50
_LARGEST = 2**63 - 1


@of_managers
@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """What was answered in one's territories, the newest first; ``before``: the entries before that one."""
    form = _form(request)
    entries: list[AuditEntry] = []
    if form.is_valid():
        found = _search(form).among(audit_search.entries_of(request.user))
        entries = list(found.filter(id__lt=_before(request))[: PER_PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        **frame(request, "audit"),
        "form": form,
        "entries": entries[:PER_PAGE],
        "older": entries[PER_PAGE - 1].pk if len(entries) > PER_PAGE else None,
        "is_first": "before" not in request.GET,
        "query": query.urlencode(),
        "map_config": outline_map(*(("territory", each.area) for each in desk.territories_of(request.user))),
        "drawing_texts": drawing_texts(),
    }
    return render(request, "insar/audit.html", context, status=200 if form.is_valid() else 422)


@of_managers
@require_GET
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """All entries that match, as CSV."""
    form = _form(request)
    if not form.is_valid():
        return audit(request)
    found = _search(form).among(audit_search.entries_of(request.user))
    response = StreamingHttpResponse(_streamed(audit_search.as_csv(found)), content_type="text/csv; charset=utf-8")
    name = f"ground-motion-audit-{timezone.now():%Y%m%dT%H%M%SZ}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _form(request: HttpRequest) -> AuditForm:
    return AuditForm(request.GET, releases=audit_search.releases_of(request.user))


def _search(form: AuditForm) -> Search:
    chosen: dict[str, Any] = form.cleaned_data
    return Search(**{name: chosen[name] for name in ("person", "release", "action", "first", "last", "area")})


def _before(request: HttpRequest) -> int:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else _LARGEST


async def _streamed(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """``chunks``, each made beside the event loop when the one before it was sent."""
    while (chunk := await sync_to_async(next)(chunks, None)) is not None:
        yield chunk
