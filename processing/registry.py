"""The plug-ins there are: every module of ``methods``, ``masks`` and ``formats`` holds one.

A plug-in module is named for its plug-in and defines ``PLUGIN``, an object with ``name``, ``title`` and
``summary``; the rest of its contract stands in the package's ``base`` module. Dropping a new module
into the folder is all it takes: it then appears in orders, on the pages, in the API and in the tests.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from processing.formats.base import Format
    from processing.masks.base import Mask
    from processing.methods.base import Method


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of ``kind`` ("methods", "masks", "formats"), without importing them."""
    package = import_module(f"processing.{kind}")
    return tuple(sorted(module.name for module in iter_modules(package.__path__) if module.name != "base"))


@cache
def _plugins(kind: str) -> dict[str, Any]:
    return {name: import_module(f"processing.{kind}.{name}").PLUGIN for name in names(kind)}


def methods() -> dict[str, Method]:
    """How one pixel can be chosen from many, by name."""
    return cast("dict[str, Method]", _plugins("methods"))


def masks() -> dict[str, Mask]:
    """Which pixels can count as observed, by name."""
    return cast("dict[str, Mask]", _plugins("masks"))


def formats() -> dict[str, Format]:
    """How a mosaic can be written, by name."""
    return cast("dict[str, Format]", _plugins("formats"))
