"""The form of the time-series page: fields in, a SeriesSpec out, and every refusal back at its field."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.areas.text import read_area, write_area
from hub.orders.form_choices import MethodCard, OptionInput
from hub.orders.form_fields import Text, Texts, differs, option_field, option_fields, options_of
from hub.orders.offer import AS_THE_METHOD_DOES, Choice, LayerGroup, Offer
from hub.wording.sentences import told
from processing.errors import FieldProblem, InvalidOrder
from processing.pixels.series_spec import DEFAULT_LAYERS, SeriesSpec

CONTENTS = (
    Choice("composites", _("Mosaics per period"), _("What the mosaic of each period holds at this place")),
    Choice("observations", _("All observations"), _("Every scene, cloudy ones too, without compositing")),
    Choice("statistics", _("Statistics of an area"), _("Mean, median and percentiles over a polygon, per period")),
)
PIXELS = (Choice("1", "1 × 1", _("One pixel")), Choice("3", "3 × 3", _("The pixel and its eight neighbours")))
LISTS = ("bands", "layers")
PLACE = ("lon", "lat", "pixels", "area", "crs", "epsg")
FIELDS = ("contents", "kind", "resolution", *PLACE, "start", "end", "method", "mask", *LISTS, "name")
DEFAULT_DAYS = 366

SUBJECTS = {
    "contents": _("The contents"),
    "kind": _("The period"),
    "resolution": _("The resolution"),
    "lon": _("The longitude"),
    "lat": _("The latitude"),
    "pixels": _("The number of pixels"),
    "start": _("The first day"),
    "end": _("The last day"),
    "area": _("The area"),
    "crs": _("The coordinate system"),
    "epsg": _("The coordinate system"),
    "method": _("The method"),
    "method_options": _("The option"),
    "mask": _("The mask"),
    "bands": _("The selection"),
    "layers": _("The selection"),
    "name": _("The name"),
}
# Fields of a spec that the form has under another name, or not at all.
SHOWN_AT = {"place": "lon", "period": "start", "method_options": "method"}

Marked = tuple[Choice, bool]
"""A choice, and whether it is chosen."""


class SeriesForm(forms.Form):
    """Choices of the time-series page. After ``is_valid()`` the series stands in ``spec``.

    SeriesSpec.parse is the only judge; here only the texts of numbers and of the area are read.
    """

    contents = Text()
    kind = Text()
    resolution = Text()
    lon = Text(strip=True)
    lat = Text(strip=True)
    pixels = Text()
    start = Text(strip=True)
    end = Text(strip=True)
    area = Text(strip=True)
    crs = Text()
    epsg = Text(strip=True)
    method = Text()
    mask = Text()
    bands = Texts()
    layers = Texts()
    name = Text(strip=True)

    spec: SeriesSpec

    def __init__(self, data: QueryDict | None = None, *, offer: Offer, **kwargs: Any) -> None:
        kwargs["initial"] = defaults(offer) | (kwargs.get("initial") or {})
        super().__init__(data, **kwargs)
        self.fields |= {name: Text(strip=True) for name in option_fields()}
        self.offer = offer

    def clean(self) -> dict[str, Any]:
        series, problems = self._as_series()
        try:
            self.spec = SeriesSpec.parse(series)
        except InvalidOrder as refused:
            known = {field_of(problem.field) for problem in problems}
            problems.extend(problem for problem in refused.problems if field_of(problem.field) not in known)
        self.add_problems(problems)
        return self.cleaned_data

    def _as_series(self) -> tuple[dict[str, Any], list[FieldProblem]]:
        """The choices as a series' JSON, and what cannot be read of them."""
        chosen = self.cleaned_data
        contents = chosen.get("contents") or CONTENTS[0].value
        options, problems = self._method_options()
        series: dict[str, Any] = {
            "name": chosen.get("name") or gettext("Time series"),
            "contents": contents,
            "resolution": _whole(chosen.get("resolution", "")),
            **{key: chosen.get(key, "") for key in ("kind", "start", "end", "crs", "method", "bands")},
            "layers": sorted(chosen.get("layers", []), key=_column),
            "epsg": _whole(chosen["epsg"]) if chosen.get("epsg") else None,
            "method_options": options,
            "mask": chosen.get("mask") or None,
        }
        if contents != "statistics":
            place, unread = self._place()
            return series | {"place": place}, [*problems, *unread]
        try:
            return series | {"area": read_area(chosen.get("area", ""))}, problems
        except InvalidOrder as refused:
            return series, [*problems, *refused.problems]

    def _place(self) -> tuple[dict[str, Any], list[FieldProblem]]:
        place: dict[str, Any] = {"pixels": _whole(self.cleaned_data.get("pixels") or "1")}
        problems = []
        for name, limits in (("lon", "-180 to 180"), ("lat", "-80 to 84")):
            number = read_degrees(self.cleaned_data.get(name, ""))
            if number is None:
                message = gettext("must be a number of degrees from %(limits)s; give it, or click on the map")
                problems.append(FieldProblem(f"place.{name}", message % {"limits": limits}))
            else:
                place[name] = number
        return place, problems

    def _method_options(self) -> tuple[dict[str, int], list[FieldProblem]]:
        """What differs from the defaults of the chosen method's options, and those that are no numbers."""
        differing: dict[str, int] = {}
        problems = []
        method = self.cleaned_data.get("method", "")
        for option in options_of(method):
            number = _whole(self.cleaned_data.get(option_field(method, option)) or str(option.default))
            if not isinstance(number, int):
                message = f"must be a whole number from {option.smallest} to {option.largest}"
                problems.append(FieldProblem(f"method_options.{option.name}", message))
            elif number != option.default:
                differing[option.name] = number
        return differing, problems

    def add_problems(self, problems: Iterable[FieldProblem]) -> None:
        """Put each problem at its field, as a sentence."""
        for problem in problems:
            self.add_error(self._field_of(problem), sentence_of(problem))

    def _field_of(self, problem: FieldProblem) -> str | None:
        method = self.cleaned_data.get("method", "")
        for option in options_of(method):
            if problem.field == f"method_options.{option.name}" or problem.message.startswith(f"{option.name} "):
                return option_field(method, option)
        name = field_of(problem.field)
        if name in ("lon", "lat") and self.cleaned_data.get("contents") == "statistics":
            return "area"
        return name

    @property
    def choices(self) -> dict[str, list[Marked]]:
        """For each field of fixed choices what can be chosen, each with whether it is chosen."""
        fixed = {key: self.offer.fixed[key] for key in ("kind", "resolution", "crs", "bands", "mask")}
        return {field: self._marked(field, found) for field, found in (fixed | _own_choices()).items()}

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
    def layer_groups(self) -> list[tuple[LayerGroup, list[Marked]]]:
        return [(group, self._marked("layers", group.choices)) for group in self.offer.layer_groups]

    @property
    def has_advanced(self) -> bool:
        """Whether something under "Advanced settings" is not as it is by default, or was refused."""
        usual = defaults(self.offer)
        names = ["bands", "layers", "method", "mask", "crs", *option_fields()]
        return any(self.errors.get(name) or differs(self[name].value(), usual[name]) for name in names)

    @property
    def first_problem(self) -> str:
        return next((str(errors[0]) for errors in self.errors.values() if errors), "")

    @property
    def page_problems(self) -> list[str]:
        return list(self.errors.get(NON_FIELD_ERRORS, []))

    def _marked(self, field: str, choices: Iterable[Choice]) -> list[Marked]:
        value: Any = self[field].value()
        chosen = value if isinstance(value, list | tuple) else [value]
        return [(choice, choice.value in chosen) for choice in choices]


def _own_choices() -> dict[str, tuple[Choice, ...]]:
    return {"contents": CONTENTS, "pixels": PIXELS}


def defaults(offer: Offer) -> dict[str, Any]:
    """What the form starts with: the archive's last year, month by month."""
    fields = SeriesSpec.model_fields
    first = max(offer.first_day, offer.last_day - dt.timedelta(days=DEFAULT_DAYS))
    return {
        "contents": "composites",
        "kind": "month",
        "resolution": "10",
        "pixels": "1",
        "crs": "utm",
        "method": fields["method"].default,
        "mask": AS_THE_METHOD_DOES,
        "start": first.replace(day=1).isoformat(),
        "end": offer.last_day.isoformat(),
        **{name: list(fields[name].get_default(call_default_factory=True)) for name in LISTS},
        **option_fields(),
    }


def initial_from_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The form's initial values that lead to the series ``spec`` (its JSON) again."""
    place = spec.get("place") or {}
    plain = ("name", "contents", "kind", "start", "end", "crs", "method", "bands", "layers")
    options = spec.get("method_options") or {}
    return {
        **{key: spec[key] for key in plain if spec.get(key) is not None},
        **{key: str(place[key]) for key in ("lon", "lat", "pixels") if place.get(key) is not None},
        **{
            option_field(spec["method"], option): str(options[option.name])
            for option in options_of(spec["method"])
            if option.name in options
        },
        "area": write_area(spec["area"]) if spec.get("area") else "",
        "mask": spec.get("mask") or AS_THE_METHOD_DOES,
        "epsg": str(spec.get("epsg") or ""),
        "resolution": str(spec["resolution"]),
    }


def initial_from_data(data: QueryDict) -> dict[str, Any]:
    """The form's initial values from what was sent before, as it stands: unknown names are left out."""
    known = {*FIELDS, *option_fields()}
    return {name: data.getlist(name) if name in LISTS else data[name] for name in data if name in known}


def field_of(name: str) -> str | None:
    """The form's field for a spec's, ``lon`` for "place.lon"; None is the form as a whole."""
    parts = name.split(".")
    for part in reversed(parts):
        if part in FIELDS:
            return part
    return SHOWN_AT.get(parts[0])


def sentence_of(problem: FieldProblem) -> str:
    """``problem`` as a whole sentence; a message that is only a predicate ("is missing") gets its subject."""
    message = told(problem.message)
    parts = problem.field.split(".")
    known = next((part for part in reversed(parts) if part in SUBJECTS), "")
    subject = str(SUBJECTS[known]) if known else gettext("The time series")
    whole = message if message[:1].isupper() or not message else f"{subject} {message}"
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def read_degrees(text: str) -> float | None:
    """The number in ``text``, with a decimal point or comma; None where it is none, or not finite."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _column(layer: str) -> int:
    """The place of a layer's columns: first S2GM's in its order, whatever the order of the ticks on the page."""
    return DEFAULT_LAYERS.index(layer) if layer in DEFAULT_LAYERS else len(DEFAULT_LAYERS)


def _whole(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 6 else text
