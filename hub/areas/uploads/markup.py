"""XML from strangers: how much of it is read, and its elements without their namespaces."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from processing import plain_xml

MOST_BYTES = 32_000_000
# A corner of a GPX track takes up to eight tags.
MOST_TAGS = 1_000_000


def parse(xml: bytes) -> Element:
    """The document's root. Raises InvalidOrder."""
    # An element takes a hundred times the memory of its tag, so they are counted before they are made.
    if xml.count(b"<") > MOST_TAGS or xml.count(b"=") > MOST_TAGS:
        refuse(_("The file has more elements than can be read; leave out what is no area."))
    try:
        return plain_xml.parse(xml, most_bytes=MOST_BYTES)
    except ValueError as error:
        if "document type" in str(error):
            refuse(_("The file is XML with a document type, which is not taken; save it without."))
        refuse(_("The file is XML that cannot be read: it is cut short or damaged."))


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """The first direct child of that name, in whatever namespace."""
    return next((inner for inner in element if local_name(inner) == name), None)


def children(element: Element, name: str) -> list[Element]:
    """All direct children of that name."""
    return [inner for inner in element if local_name(inner) == name]


def text_of(element: Element | None, name: str) -> str:
    """The text of the direct child of that name; empty where there is none."""
    inner = child(element, name) if element is not None else None
    return (inner.text or "").strip() if inner is not None else ""
