"""XML from strangers, read without its dangers."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser


class _DocumentType(Exception):
    """The document declares a document type."""


class _PlainTree(TreeBuilder):
    """Stops at a document type: with it come entities, which can grow without end or name other files.

    Looking for "<!DOCTYPE" in the bytes would not do: they may be UTF-16.
    """

    def doctype(self, *_: object) -> None:
        raise _DocumentType


def parse(xml: bytes, *, most_bytes: int) -> Element:
    """The root of a document of at most ``most_bytes``.

    Raises ValueError that says why not, to go on from "a document that ...".
    """
    if len(xml) > most_bytes:
        raise ValueError(f"has more than {most_bytes / 1e6:.0f} MB")
    parser = XMLParser(target=_PlainTree())  # noqa: S314  document types, and entities with them, are refused
    try:
        parser.feed(xml)
        root: Element = parser.close()
    except _DocumentType:
        raise ValueError("brings a document type, which none of its kind has") from None
    except (ParseError, ValueError, LookupError):
        # ValueError and LookupError come of encodings that do not exist or do not fit.
        raise ValueError("is no XML, or is cut short") from None
    return root
