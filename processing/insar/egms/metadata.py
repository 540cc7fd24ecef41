"""The XML beside the points of an EGMS file, as plain names and values."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from processing import plain_xml
from processing.insar.delivery import BadDelivery
from processing.insar.unpacking import Text

_MOST_BYTES = 2 << 20
_MOST_ELEMENTS, _MOST_DEPTH, _LONGEST_VALUE = 20_000, 20, 1000


def read_metadata(text: Text) -> dict[str, Any]:
    """Text by dotted path below the root ("dem.version"); a list of texts where a path comes several times.

    Raises BadDelivery for what is no XML, and for one with a document type or of a size that none has.
    """
    try:
        root = plain_xml.parse(text.whole(_MOST_BYTES), most_bytes=_MOST_BYTES)
        return _flatten(root)
    except ValueError as error:
        raise BadDelivery(text.name, f"a document that {error}; upload the metadata as they were delivered.") from None


def _flatten(root: Element) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    waiting = [(child, _plain(child.tag)) for child in reversed(root)]
    for count in range(_MOST_ELEMENTS + 1):
        if not waiting:
            return {path: values[0] if len(values) == 1 else values for path, values in found.items()}
        element, path = waiting.pop()
        if path.count(".") > _MOST_DEPTH or count == _MOST_ELEMENTS:
            break
        if value := " ".join((element.text or "").split()):
            found.setdefault(path, []).append(value[:_LONGEST_VALUE])
        for key, value in element.attrib.items():
            found.setdefault(f"{path}.{_plain(key)}", []).append(value[:_LONGEST_VALUE])
        waiting += [(child, f"{path}.{_plain(child.tag)}") for child in reversed(element)]
    raise ValueError("has more in it than any of its kind")


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2][:100]
