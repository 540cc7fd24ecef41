"""XML as text: a small tree builder, and times and numbers as ESA writes them."""

import xml.etree.ElementTree as ElementTree
from datetime import datetime
from xml.etree.ElementTree import Element

PSD = "https://psd-14.sentinel2.eo.esa.int/PSD/"


def element(tag: str, *content: Element | str | float, **attributes: str | int) -> Element:
    """An element with either children or one text."""
    made = Element(tag, {name: str(value) for name, value in attributes.items()})
    for part in content:
        if isinstance(part, Element):
            made.append(part)
        else:
            made.text = str(part)
    return made


def psd_document(name: str, schema: str, *sections: Element) -> bytes:
    """A file of ESA's Product Specification Document; ``sections`` carry the prefix ``n1:``."""
    return document(element(f"n1:{name}", *sections, **{"xmlns:n1": f"{PSD}{schema}"}))


def document(root: Element) -> bytes:
    """The whole file, the same bytes for the same tree."""
    ElementTree.indent(root)
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(root, encoding="utf-8") + b"\n"


def moment(at: datetime, *, digits: int = 6) -> str:
    """``2024-06-03T10:08:08.000000Z``, with as many digits after the second."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{'0' * digits}Z"
