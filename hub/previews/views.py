"""Pages of previews: asking for one, whether it is there, and its picture. Only who asked sees any of it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub.errors import http_status
from hub.orders.forms import OrderForm, sentence_of
from hub.orders.period_titles import period_title
from hub.orders.views.access import signed_in
from hub.orders.views.sent_area import sent_area
from hub.orders.views.wording import explained
from hub.previews import keeping
from hub.previews.asking import TooManyPreviews, ask_for
from hub.previews.choices import compares, left_form, right_form
from hub.previews.models import UNFINISHED, Preview, State
from hub.wording.sentences import told
from hub.wording.titles import title
from processing import registry
from processing.errors import FieldProblem, InvalidOrder
from processing.previewing import LOOKS

SIDES = ("left", "right")
LOST = "lost"


@dataclass(frozen=True)
class Side:
    """One of the two sides of a comparison, or the only one."""

    name: str
    preview: Preview

    @property
    def state(self) -> str:
        return LOST if self.preview.is_lost else str(self.preview.state)

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def label(self) -> str:
        """``S2GM, June 2024``; with the mask where it is not the method's own."""
        spec = self.preview.mosaic_spec
        parts = [title(registry.methods()[spec.method].title), period_title(spec.period)]
        if spec.mask:
            parts.insert(1, title(registry.masks()[spec.mask].title))
        return ", ".join(parts)

    @property
    def bounds(self) -> str:
        return ",".join(f"{value:.7f}" for value in self.preview.facts["bounds"])

    @property
    def pictures(self) -> dict[str, str]:
        """Address of the picture by look."""
        address = reverse("previews:picture", args=[self.preview.key])
        return {look: f"{address}?look={look}" for look in self.preview.facts["looks"]}

    @property
    def share_percent(self) -> float:
        return 100 * self.preview.facts["share"]

    @property
    def notes(self) -> list[str]:
        return [told(note) for note in self.preview.facts["notes"]]

    @property
    def problem(self) -> str:
        """Why there is no picture, in plain sentences."""
        if self.state == LOST:
            return _("The preview was not finished in time; ask for it again.")
        return " ".join(_sentence(**problem) for problem in self.preview.problems)


@require_POST
def ask(request: HttpRequest) -> HttpResponseBase:
    """Have the order form's choices previewed, and beside them what they are to be compared with."""
    if not request.user.is_authenticated:
        if not request.htmx:
            return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('orders:hub')})}")
        return render(request, "previews/_sign_in.html", status=HTTPStatus.FORBIDDEN)
    data = sent_area(request.POST, request.FILES).data
    forms = _forms(data)
    refused = next(((side, form) for side, form in forms if not form.is_valid()), None)
    if refused:
        status = http_status(InvalidOrder([]))
        return _refusal(request, refused[1].first_problem, status, right=refused[0] == "right")
    try:
        asked = ask_for(request.user, [form.spec for _side, form in forms])
    except TooManyPreviews as too_many:
        return _refusal(request, explained(too_many), too_many.status)
    keys = {side: preview.key for (side, _form), preview in zip(forms, asked, strict=True)}
    query = urlencode(keys | {"look": _look(data)})
    if not request.htmx:
        return redirect(f"{reverse('previews:show')}?{query}")
    return _shown(request, [Side(side, preview) for side, preview in zip(keys, asked, strict=True)], query)


@require_GET
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """How the previews stand: a part of a page for htmx, nothing where nothing has changed, else a page of its own."""
    keys = {side: request.GET[side] for side in SIDES if request.GET.get(side)}
    found = {preview.key: preview for preview in Preview.objects.of(request.user).filter(key__in=keys.values())}
    if not keys or set(keys.values()) - set(found):
        raise Http404
    sides = [Side(side, found[key]) for side, key in keys.items()]
    if request.htmx and request.GET.get("known") == _states(sides):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _shown(request, sides, urlencode(keys | {"look": _look(request.GET)}))


@require_GET
@signed_in
def picture(request: HttpRequest, key: str) -> HttpResponseBase:
    """The picture of one of the reader's own previews."""
    preview = Preview.objects.of(request.user).filter(key=key, state=State.MADE).first()
    look = request.GET.get("look", next(iter(LOOKS)))
    if preview is None or look not in preview.facts["looks"]:
        raise Http404
    try:
        content = keeping.picture_path(preview, look).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(content, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


def _forms(data: QueryDict) -> list[tuple[str, OrderForm]]:
    left = left_form(data)
    if not compares(data) or not left.is_valid():
        return [("left", left)]
    right = right_form(data, left.spec)
    return [("left", left), ("right", right)]


def _look(data: QueryDict) -> str:
    look = data.get("look", "")
    return look if look in LOOKS else next(iter(LOOKS))


def _states(sides: list[Side]) -> str:
    return ",".join(side.state for side in sides)


def _shown(request: HttpRequest, sides: list[Side], query: str) -> HttpResponse:
    context: dict[str, Any] = {
        "sides": sides,
        "made": [side for side in sides if side.state == State.MADE],
        "waits": any(side.is_unfinished for side in sides),
        "address": f"{reverse('previews:show')}?{query}",
        "known": urlencode({"known": _states(sides)}),
        "look": _look(QueryDict(query)),
    }
    return render(request, "previews/_preview.html" if request.htmx else "previews/preview.html", context)


def _refusal(request: HttpRequest, sentence: str, status: int, *, right: bool = False) -> HttpResponse:
    context = {"sentence": sentence, "of_the_right": right}
    return render(
        request, "previews/_refused.html" if request.htmx else "previews/refused.html", context, status=status
    )


def _sentence(field: str, message: str) -> str:
    return sentence_of(FieldProblem(field, message)) if field else told(message)
