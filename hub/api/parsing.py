"""Reads JSON bodies, and refuses what would only do harm further in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from hub.errors import BodyTooLarge, MalformedBody

MAX_BYTES = 2 * 2**20
MAX_DEPTH = 20
# Beyond this a JSON number is not the same integer everywhere (RFC 8259, section 6).
MAX_INTEGER = 2**53


class StrictJSONParser(BaseParser):
    """JSON of bounded size and depth, with finite numbers and text that a database can store."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise BodyTooLarge(f"The body is larger than {MAX_BYTES // 2**20} MiB.")
        return read_json(body)


def read_json(body: bytes) -> Any:
    """The document in ``body``; raises MalformedBody with one sentence."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_integer,
            object_pairs_hook=_without_doubles,
        )
    except RecursionError:
        raise MalformedBody("The JSON document is nested too deeply.") from None
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    _check(document)
    return document


def _no_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not a number that can be ordered.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedBody("A number in the body is too large.")
    return number


def _integer(digits: str) -> int:
    # The length first: converting a million digits takes minutes, and Python refuses more than 4300.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise MalformedBody("A number in the body is too large.")
    return int(digits)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise MalformedBody("An object in the body names a key twice.")
    return content


def _check(document: Any) -> None:
    """Refuse deep nesting, and text with null characters or halves of surrogate pairs."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise MalformedBody("The JSON document is nested too deeply.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        return value
    elif isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return []


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedBody("A text in the body holds a null character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedBody("A text in the body holds half of a surrogate pair.") from None
