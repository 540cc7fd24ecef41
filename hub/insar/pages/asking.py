"""Pages on which people ask for access and follow what becomes of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from hub.errors import HubError, NotFound
from hub.insar import policy
from hub.insar.access import requests as asking
from hub.insar.access import undertakings
from hub.insar.answers.describing import rough_extent
from hub.insar.models import Right
from hub.insar.pages.forms import AskForm
from hub.insar.pages.frame import add_refusal, frame, outline_map, page
from hub.orders.views.access import signed_in
from hub.orders.views.drawing import drawing_texts
from hub.orders.views.wording import explained

PER_PAGE = 20


@page
def ask(request: HttpRequest, key: str) -> HttpResponseBase:
    """The form; takes requests. A release that one may not know of is a 404 for visitors, too."""
    access = policy.access(request.user, key)
    return _ask(request, access=access)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def _ask(request: HttpRequest, *, access: policy.Access) -> HttpResponseBase:
    if request.method != "POST":
        return _ask_page(request, access, AskForm(release=access.release, initial=_initial(request)))
    form = AskForm(request.POST, release=access.release)
    if not form.is_valid():
        return _ask_page(request, access, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    chosen = form.cleaned_data
    wish = asking.Wish(
        right=chosen["right"],
        purpose=chosen["purpose"],
        until=chosen["until"],
        territories=chosen["territories"],
        area=chosen["area"],
        organisation=chosen["organisation"],
        accepts=form.accepted,
    )
    try:
        made = asking.ask(request.user, access.release.key, wish)
    except NotFound:
        raise
    except HubError as refused:
        add_refusal(form, refused)
        return _ask_page(request, access, form, status=refused.status)
    said = ngettext(
        "Your request is with %(names)s, who answers for the territory.",
        "Your requests are with %(names)s, who answer for the territories.",
        len(made),
    )
    messages.success(request, said % {"names": ", ".join(sorted({each.territory.authority for each in made}))})
    return HttpResponseRedirect(reverse("insar:requests"), status=HTTPStatus.SEE_OTHER)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the address proposes: the right, and an area that was drawn on the map of ground motion."""
    right = request.GET.get("right", "")
    area = request.GET.get("area", "")[:20_000]
    return {"right": right if right in asking.GRANTABLE else Right.FULL, "area": area}


def _ask_page(request: HttpRequest, access: policy.Access, form: AskForm, *, status: int = 200) -> HttpResponse:
    release = access.release
    standing = release.undertaking if undertakings.stands(release.undertaking) else None
    text, language = undertakings.text_of(standing) if standing else ("", "")
    territories = asking.territories_of(release)
    context = {
        **frame(request, "releases"),
        "release": release,
        "access": access,
        "form": form,
        "nobody": not form.fields["territories"].choices,
        "closed": release.undertaking is not None and standing is None,
        "undertaking": standing,
        "undertaking_text": text,
        "undertaking_language": language,
        "accepted": undertakings.acceptance(request.user, standing) if standing else None,
        "map_config": outline_map(
            *(("territory", territory.area) for territory in territories),
            *(("extent", rough_extent(layer.extent)) for layer in release.layers.filter(indexed=True)),
            ("mine", access.area(Right.FULL)),
        ),
        "drawing_texts": drawing_texts(),
    }
    return render(request, "insar/ask.html", context, status=status)


@page
@signed_in
def requests(request: HttpRequest) -> HttpResponse:
    """What the person has asked for, the newest first, and the undertakings that they still have to accept."""
    context = {
        **frame(request, "requests"),
        "page": Paginator(asking.of(request.user), PER_PAGE).get_page(request.GET.get("page")),
        "missing": undertakings.missing(request.user),
    }
    return render(request, "insar/requests.html", context)


@page
@signed_in
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        asking.withdraw(request.user, pk)
    except NotFound:
        raise
    except HubError as refused:
        messages.error(request, explained(refused))
    else:
        messages.success(request, _("The request is withdrawn."))
    return HttpResponseRedirect(reverse("insar:requests"), status=HTTPStatus.SEE_OTHER)


@page
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def undertaking(request: HttpRequest, pk: int) -> HttpResponse:
    """The text of an undertaking, for those whom it concerns; takes its acceptance."""
    found = undertakings.find(request.user, pk)
    if request.method == "POST":
        return _accepted(request, pk)
    text, language = undertakings.text_of(found)
    context = {
        **frame(request, "requests"),
        "undertaking": found,
        "text": text,
        "text_language": language,
        "stands": undertakings.stands(found),
        "acceptance": undertakings.acceptance(request.user, found),
    }
    return render(request, "insar/undertaking.html", context)


def _accepted(request: HttpRequest, pk: int) -> HttpResponse:
    if request.POST.get("accepts") != "yes":
        messages.error(request, _("Tick that you accept the undertaking."))
        return HttpResponseRedirect(reverse("insar:undertaking", args=[pk]), status=HTTPStatus.SEE_OTHER)
    try:
        undertakings.accept(request.user, pk)
    except NotFound:
        raise
    except HubError as refused:
        messages.error(request, explained(refused))
    else:
        messages.success(request, _("You have accepted the undertaking."))
    return HttpResponseRedirect(reverse("insar:releases"), status=HTTPStatus.SEE_OTHER)
