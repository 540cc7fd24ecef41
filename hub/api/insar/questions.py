"""What lists, exports, aggregates and profiles are asked with: a place, a reference, yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from hub.errors import MalformedBody
from hub.insar.answers.places import read_box
from hub.insar.answers.refusals import BadQuestion
from hub.insar.answers.shapes import Shape, of_box, read_polygon

_YES, _NO = {"1", "true", "yes"}, {"", "0", "false", "no"}


def body_of(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object that was sent. Raises MalformedBody where it is none, or has keys beside ``known``."""
    sent = request.data
    if not isinstance(sent, dict) or isinstance(sent, Mapping) and not all(isinstance(key, str) for key in sent):
        raise MalformedBody
    for key in sent:
        if key not in known:
            text = _("There is no parameter “%(name)s”; there are %(known)s.")
            raise BadQuestion(text % {"name": str(key)[:60], "known": ", ".join(known)})
    return sent


def asked_of(request: Request, *known: str) -> dict[str, Any]:
    """What was asked for: the body of a POST, or the address's parameters, as they were sent."""
    if request.method == "POST":
        return body_of(request, *known)
    return {name: value for name, value in request.query_params.items() if name in known}


def shape_of(asked: Mapping[str, Any]) -> Shape:
    """The place that was asked about: a bbox or a polygon. Raises BadPlace, BadQuestion."""
    polygon, bbox = asked.get("polygon"), asked.get("bbox")
    if (polygon is None) == (bbox is None):
        raise BadQuestion(_("Give either bbox (west,south,east,north) or, by POST, polygon (GeoJSON)."))
    return read_polygon(polygon) if bbox is None else of_box(read_box(bbox))


def flag(asked: Mapping[str, Any], name: str) -> bool:
    """A parameter that is yes or no. Raises BadQuestion."""
    value = asked.get(name, False)
    if isinstance(value, bool) or value is None:
        return bool(value)
    written = str(value).lower()
    if written not in _YES | _NO:
        raise BadQuestion(_("The parameter %(name)s is 1 or 0.") % {"name": name})
    return written in _YES


def whole_number(asked: Mapping[str, Any], name: str, *, usual: int, least: int, most: int) -> int:
    """A parameter that is a whole number. Raises BadQuestion."""
    value = asked.get(name)
    if value is None or value == "":
        return usual
    text = str(value)
    is_whole = not isinstance(value, bool) and text.isascii() and text.isdecimal() and len(text) <= 9
    if not is_whole or not least <= int(text) <= most:
        sentence = _("The parameter %(name)s is a whole number from %(least)s to %(most)s.")
        raise BadQuestion(sentence % {"name": name, "least": least, "most": most})
    return int(text)


def chosen(asked: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    """A parameter that is one of ``choices``, of which the first is meant where there is none. Raises BadQuestion."""
    value = asked.get(name) or choices[0]
    if value not in choices:
        sentence = _("The parameter %(name)s is one of %(choices)s.")
        raise BadQuestion(sentence % {"name": name, "choices": ", ".join(choices)})
    return str(value)
