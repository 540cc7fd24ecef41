"""The order form: fields in, a MosaicSpec out, and every refusal back at the field it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict

from hub.areas.text import read_area, write_area
from hub.orders.offer import AS_THE_METHOD_DOES, KINDS, Choice, LayerGroup, Offer
from processing import registry
from processing.errors import FieldProblem, InvalidOrder
from processing.methods.base import Option
from processing.spec import MosaicSpec

SUBJECTS = {
    "area": "The area",
    "period": "The period",
    "name": "The name",
    "resolution": "The resolution",
    "crs": "The coordinate system",
    "bands": "The selection",
    "layers": "The selection",
    "method": "The method",
    "method_options": "The option",
    "mask": "The mask",
    "format": "The format",
}
DEFAULT_BANDS = ["B02", "B03", "B04", "B08"]
DEFAULT_LAYERS = ["valid_obs", "source_index", "scene_classification"]
UNNAMED = "unnamed"

Marked = tuple[Choice, bool]
"""A choice, and whether it is chosen."""


@dataclass(frozen=True)
class OptionInput:
    """The number field of one of a method's options."""

    option: Option
    field: forms.BoundField


@dataclass(frozen=True)
class MethodCard:
    """A method with the fields of its options."""

    choice: Choice
    chosen: bool
    inputs: tuple[OptionInput, ...]


class Text(forms.CharField):
    """Text as it was sent; whether it is right is for MosaicSpec to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)


class Texts(forms.Field):
    """All values that were sent under one name."""

    widget = forms.SelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> list[str]:
        return [str(item) for item in value or []]


class OrderForm(forms.Form):
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
        kwargs["initial"] = _defaults(offer) | (kwargs.get("initial") or {})
        super().__init__(data, **kwargs)
        self.fields |= {name: Text(strip=True) for name in _option_fields()}
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
        for option in _options_of(method):
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
        for option in _options_of(method):
            if problem.field.endswith(f".{option.name}") or problem.message.startswith(f"{option.name} "):
                return option_field(method, option)
        return "method"

    @property
    def first_problem(self) -> str:
        """The first refusal in the order of the fields, for a summary line; empty when there is none."""
        return next((str(errors[0]) for errors in self.errors.values() if errors), "")

    @property
    def page_problems(self) -> list[str]:
        return list(self.errors.get(NON_FIELD_ERRORS, []))

    @property
    def period_problems(self) -> list[str]:
        """Refusals of the period, whichever of its fields they stand at."""
        return [error for field in ("kind", *KINDS) for error in self.errors.get(field, [])]

    @property
    def options(self) -> dict[str, list[Marked]]:
        """For each field of fixed choices what can be chosen, each with whether it is chosen."""
        return {field: self._marked(field, choices) for field, choices in self.offer.fixed.items()}

    @property
    def layer_groups(self) -> list[tuple[LayerGroup, list[Marked]]]:
        """The layers by group."""
        return [(group, self._marked("layers", group.choices)) for group in self.offer.layer_groups]

    @property
    def methods(self) -> list[MethodCard]:
        """The methods, each with the fields of its options."""
        return [
            MethodCard(
                choice,
                chosen,
                tuple(OptionInput(option, self[option_field(choice.value, option)]) for option in choice.options),
            )
            for choice, chosen in self._marked("method", self.offer.fixed["method"])
        ]

    @property
    def has_advanced(self) -> bool:
        """Whether something under "Advanced settings" is not as it is by default, or was refused."""
        defaults = _defaults(self.offer)
        names = ["layers", "method", "mask", *_option_fields()]
        return any(self.errors.get(name) or _differs(self[name].value(), defaults[name]) for name in names)

    @property
    def dekads(self) -> list[tuple[int, list[Marked]]]:
        return self._years("dekad")

    @property
    def period_grids(self) -> list[tuple[str, list[tuple[int, list[Marked]]]]]:
        """Months, quarters and years: few enough a year to be buttons."""
        return [(kind, self._years(kind)) for kind in ("month", "quarter", "year")]

    def _years(self, kind: str) -> list[tuple[int, list[Marked]]]:
        return [(year.number, self._marked(kind, year.periods)) for year in self.offer.periods[kind]]

    def _marked(self, field: str, choices: Iterable[Choice]) -> list[Marked]:
        value = self[field].value()
        chosen = value if isinstance(value, list | tuple) else [value]
        return [(choice, choice.value in chosen) for choice in choices]


def option_field(method: str, option: Option) -> str:
    """Name of the form's field for an option of ``method``."""
    return f"option-{method}-{option.name}"


def sentence_of(problem: FieldProblem) -> str:
    """``problem`` as a whole sentence; a message that is only a predicate ("is missing") gets its subject."""
    message = problem.message
    subject = SUBJECTS.get(_head(problem.field), "The order")
    whole = message if message[:1].isupper() else f"{subject} {message}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def initial_from_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The form's initial values that lead to the order ``spec`` (its JSON) again."""
    kind, start = spec["period"]["kind"], spec["period"]["start"]
    # Orders of earlier versions have neither options nor a mask.
    options = spec.get("method_options", {})
    return {
        **{key: spec[key] for key in ("name", "crs", "bands", "layers", "method", "format")},
        **{
            option_field(spec["method"], option): str(options[option.name])
            for option in _options_of(spec["method"])
            if option.name in options
        },
        "mask": spec.get("mask") or AS_THE_METHOD_DOES,
        "area": write_area(spec["area"]),
        "kind": kind,
        kind: start,
        "resolution": str(spec["resolution"]),
    }


def initial_from_data(data: QueryDict) -> dict[str, Any]:
    """The form's initial values from what was sent before, as it stands: unknown names are left out."""
    lists = {name for name, field in OrderForm.base_fields.items() if isinstance(field, Texts)}
    known = {*OrderForm.base_fields, *_option_fields()}
    return {name: data.getlist(name) if name in lists else data[name] for name in data if name in known}


def _defaults(offer: Offer) -> dict[str, Any]:
    return {
        "kind": "month",
        "resolution": "10",
        "crs": "utm",
        "bands": DEFAULT_BANDS,
        "layers": DEFAULT_LAYERS,
        "method": MosaicSpec.model_fields["method"].default,
        "mask": AS_THE_METHOD_DOES,
        "format": MosaicSpec.model_fields["format"].default,
        **_option_fields(),
        **offer.suggested_periods,
    }


def _option_fields() -> dict[str, str]:
    """The names of all options' fields, and what stands in them by default."""
    return {
        option_field(name, option): str(option.default) for name in registry.methods() for option in _options_of(name)
    }


def _options_of(method: str) -> tuple[Option, ...]:
    found = registry.methods().get(method)
    return found.options if found else ()


def _differs(value: Any, default: Any) -> bool:
    """Whether a field holds something else than its default; the order of ticks does not matter."""
    return set(value or ()) != set(default) if isinstance(default, list) else (value or default) != default


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 6 else text


def _head(field: str) -> str:
    return field.split(".", 1)[0]
