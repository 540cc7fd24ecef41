"""XML from strangers, read without its dangers."""

from __future__ import annotations

import contextlib
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat


class _DocumentType(Exception):
    """The document declares a document type."""


class _RootBegins(Exception):
    """The root element begins: no document type can follow."""


def parse(xml: bytes, *, most_bytes: int) -> Element:
    """The root of a document of at most ``most_bytes``.

    Raises ValueError that says why not, to go on from "a document that ...".
    """
    if len(xml) > most_bytes:
        raise ValueError(f"has more than {most_bytes / 1e6:.0f} MB")
    try:
        _refuse_document_type(xml)
        parser = XMLParser()  # noqa: S314  document types, and entities with them, are refused
        parser.feed(xml)
        root: Element = parser.close()
    except _DocumentType:
        raise ValueError("brings a document type, which none of its kind has") from None
    except (ParseError, expat.ExpatError, ValueError, LookupError):
        # ValueError and LookupError come of encodings that do not exist or do not fit.
        raise ValueError("is no XML, or is cut short") from None
    return root


def _refuse_document_type(xml: bytes) -> None:
    """Stop at a document type: with it come entities, which can grow without end or name other files.

    Looking for "<!DOCTYPE" in the bytes would not do: they may be UTF-16. A scanner of its own, because a
    tree builder that looks out for it takes ten times as long for the whole tree.
    """

    def refuse(*_: Any) -> None:
        raise _DocumentType

    def stop(*_: Any) -> None:
        raise _RootBegins

    scanner = expat.ParserCreate()
    scanner.StartDoctypeDeclHandler, scanner.StartElementHandler = refuse, stop
    with contextlib.suppress(_RootBegins):
        scanner.Parse(xml, True)
