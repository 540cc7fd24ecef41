"""The fields of the order form: their names, their defaults, and the values that fill them again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from hub.areas.text import write_area
from hub.orders.offer import AS_THE_METHOD_DOES, KINDS, Offer
from processing import registry
from processing.methods.base import Option
from processing.spec import MosaicSpec

DEFAULT_BANDS = ["B02", "B03", "B04", "B08"]
DEFAULT_LAYERS = ["valid_obs", "source_index", "scene_classification"]
LISTS = ("bands", "layers")
"""Fields with several values."""
PERIOD_FIELDS = ("kind", *KINDS)
PRESET_FIELDS = ("format", "resolution", "crs", "bands", "layers", "method", "mask")
"""What a preset keeps, beside the methods' options."""
FIELDS = ("area", *PERIOD_FIELDS, *PRESET_FIELDS, "name")


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


def option_field(method: str, option: Option) -> str:
    """Name of the form's field for an option of ``method``."""
    return f"option-{method}-{option.name}"


def option_fields() -> dict[str, str]:
    """The names of all options' fields, and what stands in them by default."""
    return {
        option_field(name, option): str(option.default) for name in registry.methods() for option in options_of(name)
    }


def options_of(method: str) -> tuple[Option, ...]:
    found = registry.methods().get(method)
    return found.options if found else ()


def defaults(offer: Offer) -> dict[str, Any]:
    """What the form starts with."""
    return {
        "kind": "month",
        "resolution": "10",
        "crs": "utm",
        "bands": DEFAULT_BANDS,
        "layers": DEFAULT_LAYERS,
        "method": MosaicSpec.model_fields["method"].default,
        "mask": AS_THE_METHOD_DOES,
        "format": MosaicSpec.model_fields["format"].default,
        **option_fields(),
        **offer.suggested_periods,
    }


def differs(value: Any, default: Any) -> bool:
    """Whether a field holds something else than its default; the order of ticks does not matter."""
    return set(value or ()) != set(default) if isinstance(default, list) else (value or default) != default


def initial_from_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The form's initial values that lead to the order ``spec`` (its JSON) again."""
    kind, start = spec["period"]["kind"], spec["period"]["start"]
    # Orders of earlier versions have neither options nor a mask.
    options = spec.get("method_options", {})
    return {
        **{key: spec[key] for key in ("name", "crs", "bands", "layers", "method", "format")},
        **{
            option_field(spec["method"], option): str(options[option.name])
            for option in options_of(spec["method"])
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
    known = {*FIELDS, *option_fields()}
    return {name: data.getlist(name) if name in LISTS else data[name] for name in data if name in known}
