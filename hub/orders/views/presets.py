"""Saving, applying, renaming and deleting one's own presets, as a part of the page for htmx or as the page itself."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hub.errors import NotFound
from hub.orders import presets
from hub.orders.form_fields import LISTS
from hub.orders.forms import OrderForm, initial_from_data
from hub.orders.offer import Offer
from hub.orders.views.access import signed_in
from hub.orders.views.hub_page import hub_page


@signed_in
@require_POST
def save(request: HttpRequest) -> HttpResponseBase:
    """Keep the form's choices under the name in ``preset_name``."""
    name = request.POST.get("preset_name", "")
    try:
        preset = presets.save(request.user, name, presets.choices_in(request.POST))
    except presets.PresetRefused as refused:
        return _answer(request, status=refused.status, preset_problem=str(refused), preset_name=name[:100])
    return _answer(request, preset_said=_("The preset “%(name)s” is saved.") % {"name": preset.name})


@signed_in
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give a preset the name in ``preset_name_PK``."""
    try:
        preset = presets.rename(request.user, pk, request.POST.get(f"preset_name_{pk}", ""))
    except presets.PresetRefused as refused:
        return _answer(request, status=refused.status, preset_problem=str(refused))
    except NotFound as missing:
        raise Http404 from missing
    return _answer(request, preset_said=_("The preset is called “%(name)s” now.") % {"name": preset.name})


@signed_in
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    try:
        presets.remove(request.user, pk)
    except NotFound as missing:
        raise Http404 from missing
    return _answer(request, preset_said=_("The preset is deleted."))


@signed_in
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page with a preset's choices in the form; for browsers without scripts, which set them themselves."""
    preset = presets.of(request.user).filter(pk=pk).first()
    if preset is None:
        raise Http404
    return hub_page(request, OrderForm(offer=Offer(), initial=initial_from_data(request.POST) | preset.choices))


def _answer(request: HttpRequest, *, status: int = 200, **said: Any) -> HttpResponse:
    """The presets for htmx; else the whole page, with all choices as they were sent."""
    if request.htmx:
        # htmx shows only what was answered with success.
        return render(request, "hub/_presets.html", {"presets": presets.of(request.user), **said})
    return hub_page(request, OrderForm(offer=Offer(), initial=_as_sent(request.POST)), status=status, **said)


def _as_sent(data: QueryDict) -> dict[str, Any]:
    """The choices in ``data``; a list that is not in it has nothing ticked."""
    return {name: [] for name in LISTS} | initial_from_data(data)
