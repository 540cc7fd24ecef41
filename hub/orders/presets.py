"""A person's own presets: choices of the order form under a name. Only their owner can see or change them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from hub.errors import HubError, NotFound
from hub.orders.form_fields import LISTS, PRESET_FIELDS, option_fields
from hub.orders.models import Preset

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.db.models import QuerySet

MOST_PRESETS = 30
LONGEST_NAME = 40
LONGEST_VALUE = 64
MOST_VALUES = 60


class PresetRefused(HubError):
    """A preset that cannot be kept so."""

    code = "preset_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Preset]:
    """The presets of ``user``; a visitor has none."""
    return Preset.objects.filter(owner_id=user.pk) if user.is_authenticated else Preset.objects.none()


def choices_in(data: QueryDict) -> dict[str, Any]:
    """What a preset keeps of the form's ``data``: all but the area, the period and the name.

    Values are kept as they stand, because MosaicSpec judges them when they are ordered; they are only kept short.
    """
    kept = {}
    for name in (*PRESET_FIELDS, *option_fields()):
        values = [value[:LONGEST_VALUE] for value in data.getlist(name)[:MOST_VALUES]]
        if name in LISTS:
            kept[name] = values
        elif values:
            kept[name] = values[-1]
    return kept


def save(user: AbstractBaseUser, name: str, choices: dict[str, Any]) -> Preset:
    """Keep ``choices`` as the preset ``name`` of ``user``, in place of an earlier one of that name.

    Raises PresetRefused when the name will not do, or there are too many.
    """
    name = _checked(name)
    with transaction.atomic():
        # One after the other: two at once would pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        others = of(user).exclude(name=name)
        if others.count() >= MOST_PRESETS:
            message = _("You have %(count)s presets, which is the limit. Delete one first.")
            raise PresetRefused(message % {"count": MOST_PRESETS})
        preset, _made = Preset.objects.update_or_create(owner_id=user.pk, name=name, defaults={"choices": choices})
    return preset


def rename(user: AbstractBaseUser, pk: int, name: str) -> Preset:
    """Give a preset of ``user`` another name; raises NotFound or PresetRefused."""
    name = _checked(name)
    with transaction.atomic():
        preset = _locked(user, pk)
        if of(user).exclude(pk=pk).filter(name=name).exists():
            raise PresetRefused(_("You have a preset of that name already. Choose another name."))
        preset.name = name
        preset.save(update_fields=["name"])
    return preset


def remove(user: AbstractBaseUser, pk: int) -> None:
    """Delete a preset of ``user``; raises NotFound."""
    with transaction.atomic():
        _locked(user, pk).delete()


def _locked(user: AbstractBaseUser, pk: int) -> Preset:
    preset = of(user).select_for_update().filter(pk=pk).first()
    if preset is None:
        raise NotFound
    return preset


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise PresetRefused(_("Give the preset a name."))
    if len(name) > LONGEST_NAME:
        raise PresetRefused(_("A preset's name has at most %(count)s characters.") % {"count": LONGEST_NAME})
    if not name.isprintable():
        raise PresetRefused(_("A preset's name holds letters, digits and signs only."))
    return name
