"""Pages of pixels: asking why one is as it is, the answer, its pictures. For the order's owner and shared links."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hub.errors import HubError, http_status
from hub.orders.models import Product
from hub.orders.views.readers import Door, for_readers
from hub.orders.views.wording import explained
from hub.pixels import keeping
from hub.pixels.asking import LONGEST_NUMBER, OutsideProduct, TooManyQuestions, ask_at, degrees
from hub.pixels.models import KEY, Question, State
from hub.pixels.wording import Answer, trouble_of
from hub.wording.sentences import told
from processing.errors import InvalidOrder

SEE_OTHER = 303
FIELDS = {"lon": gettext_lazy("Longitude"), "lat": gettext_lazy("Latitude")}
PICTURES = "pictures"


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers(page=True)
def find(request: HttpRequest, door: Door) -> HttpResponse:
    """Ask about the pixel at a place of the order, in whichever product it lies; to a GET the form to ask with."""
    return _ask(request, door, None)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers(page=True)
def ask(request: HttpRequest, door: Door, product_pk: int) -> HttpResponse:
    """The same in one product."""
    return _ask(request, door, door.product(product_pk))


@require_GET
@for_readers(page=True)
def shown(request: HttpRequest, door: Door, product_pk: int, key: str) -> HttpResponse:
    """The answer: a part of a page for htmx, nothing where nothing has changed, else a page of its own."""
    question = _question(door, product_pk, key)
    if not request.htmx:
        return _page(request, door, question)
    if request.GET.get("part") == PICTURES and question.state == State.MADE:
        if question.waits_for_pictures:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return render(request, "pixels/_pictures.html", _context(door, question))
    if request.GET.get("known") == question.state and not question.is_lost:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "pixels/_shown.html", _context(door, question))


@require_GET
@for_readers()
def thumbnail(request: HttpRequest, door: Door, product_pk: int, key: str, number: int) -> HttpResponseBase:
    """The picture of the surroundings in one of the candidates."""
    question = _question(door, product_pk, key)
    if number not in (question.pictures or ()):
        raise Http404
    etag = f'"{question.key}-{number}-{question.asked_at.timestamp():.0f}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    try:
        content = keeping.picture_path(question, number).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(content, content_type="image/png", headers={"ETag": etag})


def _ask(request: HttpRequest, door: Door, product: Product | None) -> HttpResponse:
    if request.method != "POST":
        return _form(request, door, product)
    try:
        lon, lat = (degrees(request.POST.get(name, ""), name) for name in FIELDS)
        if not _may_ask(request):
            raise TooManyQuestions
        question = _asked(door, lon, lat, product, _guess(request, door))
    except (InvalidOrder, HubError) as refused:
        sentence = _refusal(refused)
        status = http_status(refused)
        if request.htmx:
            return render(request, "pixels/_refused.html", {"sentence": sentence}, status=status)
        return _form(request, door, product, sentence, status)
    if request.htmx:
        return render(request, "pixels/_shown.html", _context(door, question))
    address = door.address("pixels:shown", question.product_id, question.key)
    return HttpResponse(status=SEE_OTHER, headers={"Location": address})


def _question(door: Door, product_pk: int, key: str) -> Question:
    product = door.product(product_pk)
    question = Question.objects.of(product).filter(key=key).first() if KEY.fullmatch(key) else None
    if question is None:
        raise Http404
    question.product = product
    return question


def _asked(door: Door, lon: float, lat: float, product: Product | None, guess: Product | None) -> Question:
    """The question about the place: in ``product`` alone, else in ``guess`` or any other product of the order."""
    try:
        return ask_at(door.order, lon, lat, product=product or guess)
    except OutsideProduct:
        if product or not guess:
            raise
        return ask_at(door.order, lon, lat)


def _guess(request: HttpRequest, door: Door) -> Product | None:
    """The product that the map's page takes the place to lie in, if it says one."""
    text = request.POST.get("product", "")
    return door.product(int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _refusal(refused: InvalidOrder | HubError) -> str:
    """What was refused, in a sentence."""
    if isinstance(refused, HubError):
        return explained(refused)
    problem = refused.problems[0]
    field, message = FIELDS.get(problem.field) or _("The place"), told(problem.message)
    return f"{field} {message}."


def _may_ask(request: HttpRequest) -> bool:
    """Count one more question of this person, or of this address, in the current minute."""
    person = request.user.pk if request.user.is_authenticated else get_adapter().get_client_ip(request)
    name = f"pixel-asked:{person}"
    if cache.add(name, 1, timeout=60):
        return True
    try:
        return cache.incr(name) <= settings.PIXELS_PER_MINUTE
    except ValueError:  # it ran out between the two calls
        return True


def _context(door: Door, question: Question) -> dict[str, Any]:
    answer = Answer(question) if question.state == State.MADE else None
    return {
        "door": door,
        "order": door.order,
        "product": question.product,
        "question": question,
        "answer": answer,
        "trouble": trouble_of(question),
    }


def _page(request: HttpRequest, door: Door, question: Question) -> HttpResponse:
    return render(request, "pixels/why.html", _context(door, question) | {"typed": _typed_of(question)})


def _typed_of(question: Question) -> dict[str, str]:
    return {"lon": f"{question.lon:.6f}", "lat": f"{question.lat:.6f}"}


def _form(
    request: HttpRequest, door: Door, product: Product | None, problem: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    typed = {name: data.get(name, "")[:LONGEST_NUMBER] for name in FIELDS}
    context = {"door": door, "order": door.order, "product": product, "typed": typed, "problem": problem}
    return render(request, "pixels/why.html", context, status=status)
