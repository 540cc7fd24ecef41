"""The managers' desk: what waits for a decision in their territories, and what was granted there."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub.errors import HubError, NotFound
from hub.insar.access import desk as managing
from hub.insar.access import grants, undertakings
from hub.insar.answers.describing import rough_extent
from hub.insar.models import AccessRequest, RequestState
from hub.insar.pages.forms import DecideForm, RevokeForm
from hub.insar.pages.frame import add_refusal, frame, of_managers, outline_map
from hub.orders.views.drawing import drawing_texts

PER_PAGE = 25


@of_managers
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Requests that wait, grants that stand (``?grants=all``: ended ones too), and the latest decisions."""
    shows_all = request.GET.get("grants") == "all"
    rows = managing.grants_of(request.user) if shows_all else managing.standing(request.user)
    decided = managing.requests_of(request.user).exclude(state=RequestState.WAITING).order_by("-decided_at", "-pk")
    context = {
        **frame(request, "desk"),
        "territories": managing.territories_of(request.user),
        "waiting": managing.waiting(request.user),
        "decided": decided[:PER_PAGE],
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "pager_query": "&grants=all" if shows_all else "",
        "shows_all": shows_all,
        "now": timezone.now(),
    }
    return render(request, "insar/desk.html", context)


@of_managers
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One request with all that a manager needs; takes the decision."""
    asked = managing.request_of(request.user, pk)
    is_operator = managing.is_operator(request.user)
    if request.method != "POST":
        return _decide_page(request, asked, DecideForm(asked=asked, is_operator=is_operator))
    form = DecideForm(request.POST, asked=asked, is_operator=is_operator)
    refuses = request.POST.get("decision") == "refuse"
    # What a refusal leaves empty must not keep it back.
    if not refuses and not form.is_valid():
        return _decide_page(request, asked, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        said = _refused(request, pk) if refuses else _granted(request, asked, form)
    except NotFound:
        raise
    except HubError as refused:
        form.full_clean()
        add_refusal(form, refused)
        return _decide_page(request, managing.request_of(request.user, pk), form, status=refused.status)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("insar:desk"), status=HTTPStatus.SEE_OTHER)


def _refused(request: HttpRequest, pk: int) -> str:
    grants.refuse(request.user, pk, request.POST.get("answer", ""))
    return _("The request is refused, and the person is told.")


def _granted(request: HttpRequest, asked: AccessRequest, form: DecideForm) -> str:
    chosen = form.cleaned_data
    terms = grants.Terms(
        right=chosen["right"],
        until=chosen["until"],
        area=chosen["area"],
        answer=chosen["answer"],
        note=chosen["note"],
        despite_embargo=chosen.get("despite_embargo", False),
    )
    grants.grant(request.user, asked.pk, terms)
    return _("The request is granted, and the person is told.")


def _decide_page(request: HttpRequest, asked: AccessRequest, form: DecideForm, *, status: int = 200) -> HttpResponse:
    undertaking = asked.release.undertaking
    context = {
        **frame(request, "desk"),
        "asked": asked,
        "form": form,
        "is_own": asked.user_id == request.user.pk and not managing.is_operator(request.user),
        "is_waiting": asked.state == RequestState.WAITING,
        "earlier": managing.earlier(request.user, asked)[:PER_PAGE],
        "acceptance": undertakings.acceptance(asked.user, undertaking) if undertaking else None,
        "undertaking": undertaking,
        "now": timezone.now(),
        "map_config": outline_map(
            ("territory", asked.territory.area),
            *(("extent", rough_extent(layer.extent)) for layer in asked.release.layers.filter(indexed=True)),
            ("asked", asked.area),
        ),
        "drawing_texts": drawing_texts(),
    }
    return render(request, "insar/decide.html", context, status=status)


@of_managers
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the reason; takes it, and the grant has ended."""
    grant = managing.grant_of(request.user, pk)
    form = RevokeForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                grants.revoke(request.user, pk, form.cleaned_data["reason"])
            except NotFound:
                raise
            except HubError as refused:
                add_refusal(form, refused)
                status = refused.status
            else:
                messages.success(request, _("The grant is revoked. It counts no more from this moment."))
                return HttpResponseRedirect(reverse("insar:desk"), status=HTTPStatus.SEE_OTHER)
    context = {**frame(request, "desk"), "grant": grant, "form": form, "now": timezone.now()}
    return render(request, "insar/revoke.html", context, status=status)
