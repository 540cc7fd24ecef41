"""The order form: fields in, a MosaicSpec out, and every refusal back at the field it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict

from hub.areas import read_area, write_area
from hub.orders.offer import KINDS, Choice, Offer
from processing.errors import FieldProblem, InvalidOrder
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
    "format": "The format",
}
DEFAULT_BANDS = ["B02", "B03", "B04", "B08"]
DEFAULT_LAYERS = ["valid_obs", "source_index", "scene_classification"]
UNNAMED = "unnamed"

Option = tuple[Choice, bool]


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

    After ``is_valid()`` the order stands in ``spec``. Nothing is checked here but that the area's text
    can be read: MosaicSpec.parse is the only judge, and its problems are put at their fields.
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
    format = Text()
    name = Text(strip=True)

    spec: MosaicSpec

    def __init__(self, data: QueryDict | None = None, *, offer: Offer, may_be_unnamed: bool = False, **kwargs):
        """``may_be_unnamed``: an estimate is asked for, which needs no name yet."""
        kwargs["initial"] = _defaults(offer) | (kwargs.get("initial") or {})
        super().__init__(data, **kwargs)
        self.offer = offer
        self.may_be_unnamed = may_be_unnamed

    def clean(self) -> dict[str, Any]:
        problems: list[FieldProblem] = []
        order = self._as_order()
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
        """The choices as an order's JSON, still without the area."""
        chosen = self.cleaned_data
        kind = chosen.get("kind", "")
        name = chosen.get("name") or (UNNAMED if self.may_be_unnamed else "")
        return {
            **({"name": name} if name else {}),
            "period": {"kind": kind, "start": chosen.get(kind, "") if kind in KINDS else ""},
            "resolution": _number(chosen.get("resolution", "")),
            **{key: chosen.get(key) for key in ("crs", "bands", "layers", "method", "format")},
        }

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
        return head if head in SUBJECTS else None

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
    def options(self) -> dict[str, list[Option]]:
        """For each field of fixed choices what can be chosen, each with whether it is chosen."""
        return {field: self._marked(field, choices) for field, choices in self.offer.fixed.items()}

    @property
    def dekads(self) -> list[tuple[int, list[Option]]]:
        return self._years("dekad")

    @property
    def period_grids(self) -> list[tuple[str, list[tuple[int, list[Option]]]]]:
        """Months, quarters and years: few enough a year to be buttons."""
        return [(kind, self._years(kind)) for kind in ("month", "quarter", "year")]

    def _years(self, kind: str) -> list[tuple[int, list[Option]]]:
        return [(year.number, self._marked(kind, year.periods)) for year in self.offer.periods[kind]]

    def _marked(self, field: str, choices: Iterable[Choice]) -> list[Option]:
        value = self[field].value()
        chosen = value if isinstance(value, list | tuple) else [value]
        return [(choice, choice.value in chosen) for choice in choices]


def sentence_of(problem: FieldProblem) -> str:
    """``problem`` as a whole sentence; a message that is only a predicate ("is missing") gets its subject."""
    message = problem.message
    subject = SUBJECTS.get(_head(problem.field), "The order")
    whole = message if message[:1].isupper() else f"{subject} {message}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def initial_from_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The form's initial values that lead to the order ``spec`` (its JSON) again."""
    kind, start = spec["period"]["kind"], spec["period"]["start"]
    kept = {key: spec[key] for key in ("name", "crs", "bands", "layers", "method", "format")}
    return kept | {
        "area": write_area(spec["area"]),
        "kind": kind,
        kind: start,
        "resolution": str(spec["resolution"]),
    }


def initial_from_data(data: QueryDict) -> dict[str, Any]:
    """The form's initial values from what was sent before, as it stands: unknown names are left out."""
    fields = OrderForm.base_fields
    return {
        name: data.getlist(name) if isinstance(fields[name], Texts) else data[name] for name in data if name in fields
    }


def _defaults(offer: Offer) -> dict[str, Any]:
    return {
        "kind": "month",
        "resolution": "10",
        "crs": "utm",
        "bands": DEFAULT_BANDS,
        "layers": DEFAULT_LAYERS,
        "method": MosaicSpec.model_fields["method"].default,
        "format": MosaicSpec.model_fields["format"].default,
    } | offer.suggested_periods


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 6 else text


def _head(field: str) -> str:
    return field.split(".", 1)[0]
