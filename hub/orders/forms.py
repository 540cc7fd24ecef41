"""The order form: fields in, a MosaicSpec out, and every refusal back at the field it belongs to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from hub.areas.text import read_area
from hub.orders.form_choices import ShownChoices
from hub.orders.form_fields import (
    Text,
    Texts,
    defaults,
    initial_from_data,
    initial_from_spec,
    option_field,
    option_fields,
    options_of,
)
from hub.orders.offer import KINDS, Offer
from hub.wording.sentences import told
from processing.errors import FieldProblem, InvalidOrder
from processing.spec import MosaicSpec

__all__ = ["OrderForm", "initial_from_data", "initial_from_spec", "option_field", "sentence_of"]

SUBJECTS = {
    "area": _("The area"),
    "period": _("The period"),
    "name": _("The name"),
    "resolution": _("The resolution"),
    "crs": _("The coordinate system"),
    "bands": _("The selection"),
    "layers": _("The selection"),
    "method": _("The method"),
    "method_options": _("The option"),
    "mask": _("The mask"),
    "format": _("The format"),
}
UNNAMED = "unnamed"


class OrderForm(ShownChoices, forms.Form):
    """Choices of the Mosaic Hub page.

    After ``is_valid()`` the order stands in ``spec``. Nothing is checked here but that the area's text and
    the options' numbers can be read: MosaicSpec.parse is the only judge, and its problems are put at their fields.
    Beside the fields below there is one for each option of each method, see ``option_field``.
    """

    area = Text(strip=True)
    kind = Text()
    day = Text()
    dekad = Text()
    month = Text()
    quarter = Text()
    year = Text()
    resolution = Text()
    crs = Text()
    bands = Texts()
    layers = Texts()
    method = Text()
    mask = Text()
    format = Text()
    name = Text(strip=True)

    spec: MosaicSpec

    def __init__(self, data: QueryDict | None = None, *, offer: Offer, may_be_unnamed: bool = False, **kwargs):
        """``may_be_unnamed``: an estimate is asked for, which needs no name yet."""
        kwargs["initial"] = defaults(offer) | (kwargs.get("initial") or {})
        super().__init__(data, **kwargs)
        self.fields |= {name: Text(strip=True) for name in option_fields()}
        self.offer = offer
        self.may_be_unnamed = may_be_unnamed

    def clean(self) -> dict[str, Any]:
        order = self._as_order()
        order["method_options"], problems = self._method_options()
        try:
            order["area"] = read_area(self.cleaned_data.get("area", ""))
        except InvalidOrder as refused:
            problems.extend(refused.problems)
        try:
            self.spec = MosaicSpec.parse(order)
        except InvalidOrder as refused:
            unread = "area" not in order
            problems.extend(p for p in refused.problems if not (unread and _head(p.field) == "area"))
        self.add_problems(problems)
        return self.cleaned_data

    def _as_order(self) -> dict[str, Any]:
        """The choices as an order's JSON, still without the area and the method's options."""
        chosen = self.cleaned_data
        kind = chosen.get("kind", "")
        name = chosen.get("name") or (UNNAMED if self.may_be_unnamed else "")
        return {
            **({"name": name} if name else {}),
            "period": {"kind": kind, "start": chosen.get(kind, "") if kind in KINDS else ""},
            "resolution": _number(chosen.get("resolution", "")),
            **{key: chosen.get(key) for key in ("crs", "bands", "layers", "method", "format")},
            "mask": chosen.get("mask") or None,
        }

    def _method_options(self) -> tuple[dict[str, int], list[FieldProblem]]:
        """What differs from the defaults of the chosen method's options, and those that are no numbers."""
        differing: dict[str, int] = {}
        problems = []
        method = self.cleaned_data.get("method", "")
        for option in options_of(method):
            text = self.cleaned_data.get(option_field(method, option)) or str(option.default)
            number = _number(text)
            if not isinstance(number, int):
                message = f"must be a whole number from {option.smallest} to {option.largest}"
                problems.append(FieldProblem(f"method_options.{option.name}", message))
            elif number != option.default:
                differing[option.name] = number
        return differing, problems

    def add_problems(self, problems: list[FieldProblem] | tuple[FieldProblem, ...]) -> None:
        """Put each problem at its field, as a sentence."""
        for problem in problems:
            self.add_error(self._field_of(problem), sentence_of(problem))

    def _field_of(self, problem: FieldProblem) -> str | None:
        """The form's field for ``problem``; None is the form as a whole."""
        head = _head(problem.field)
        if head == "period":
            kind = self.cleaned_data.get("kind")
            return "kind" if problem.field == "period.kind" or kind not in KINDS else kind
        if head == "method_options":
            return self._field_of_option(problem)
        return head if head in SUBJECTS else None

    def _field_of_option(self, problem: FieldProblem) -> str:
        """The option's own field where the problem names it, else the method."""
        method = self.cleaned_data.get("method", "")
        for option in options_of(method):
            if problem.field.endswith(f".{option.name}") or problem.message.startswith(f"{option.name} "):
                return option_field(method, option)
        return "method"


def sentence_of(problem: FieldProblem) -> str:
    """``problem`` as a whole sentence; a message that is only a predicate ("is missing") gets its subject."""
    message = told(problem.message)
    subject = gettext(SUBJECTS.get(_head(problem.field), "The order"))
    whole = message if message[:1].isupper() else f"{subject} {message}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 6 else text


def _head(field: str) -> str:
    return field.split(".", 1)[0]
