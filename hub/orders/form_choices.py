"""The order form's choices as the page shows them: what is chosen, what is folded away, which step needs a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from hub.orders.form_fields import PERIOD_FIELDS, defaults, differs, option_field, option_fields
from hub.orders.offer import KINDS, Choice, LayerGroup
from hub.orders.period_titles import period_title
from processing.methods.base import Option
from processing.periods import CompositingPeriod

if TYPE_CHECKING:
    from hub.orders.offer import Offer

Marked = tuple[Choice, bool]
"""A choice, and whether it is chosen."""

STEPS = ("format", "bands", "order", "confirm")
"""The steps of the order panel."""
STEP_OF_FIELD = {
    **dict.fromkeys(("format", "resolution", "crs"), "format"),
    **dict.fromkeys(("bands", "layers", "method", "mask"), "bands"),
    "name": "order",
}


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


class ShownChoices:
    """What the templates ask of the order form beside its fields."""

    offer: Offer

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
        usual = defaults(self.offer)
        names = ["layers", "method", "mask", *option_fields()]
        return any(self.errors.get(name) or differs(self[name].value(), usual[name]) for name in names)

    @property
    def dekads(self) -> list[tuple[int, list[Marked]]]:
        return self._years("dekad")

    @property
    def period_grids(self) -> list[tuple[str, list[tuple[int, list[Marked]]]]]:
        """Years, quarters and months: few enough a year to be buttons."""
        return [(kind, self._years(kind)) for kind in ("year", "quarter", "month")]

    @property
    def period_title(self) -> str:
        """The chosen period for people, "August 2018"; empty where none is chosen rightly."""
        kind = self["kind"].value()
        if kind not in KINDS:
            return ""
        try:
            return period_title(CompositingPeriod(kind=kind, start=self[kind].value() or ""))
        except ValueError:
            return ""

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
        return [error for field in PERIOD_FIELDS for error in self.errors.get(field, [])]

    @property
    def refused_steps(self) -> list[str]:
        """The steps of the order panel that hold a refused field, in their order."""
        found = {STEP_OF_FIELD.get(name, "bands" if name in option_fields() else "") for name in self.errors}
        return [step for step in STEPS if step in found]

    def _years(self, kind: str) -> list[tuple[int, list[Marked]]]:
        return [(year.number, self._marked(kind, year.periods)) for year in self.offer.periods[kind]]

    def _marked(self, field: str, choices: Iterable[Choice]) -> list[Marked]:
        value: Any = self[field].value()
        chosen = value if isinstance(value, list | tuple) else [value]
        return [(choice, choice.value in chosen) for choice in choices]
