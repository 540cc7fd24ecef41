"""The plug-ins there are: every module of ``methods``, ``masks`` and ``formats`` holds one.

A plug-in module is named for its plug-in (its underscores stand for hyphens, between digits for dots) and
defines ``PLUGIN``, an object with ``name``, ``title`` and ``summary``; the rest of its contract stands in
the package's ``base`` module. Dropping a new module into the folder is all it takes: it then appears in
orders, on the pages, in the API and in the tests. One that takes several modules is a package.
"""

from __future__ import annotations

import re
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
    return tuple(sorted(_modules(kind)))


def _modules(kind: str) -> dict[str, str]:
    """Module of each plug-in by the plug-in's name: ``s2gm_1_0`` holds "s2gm-1.0"."""
    package = import_module(f"processing.{kind}")
    modules = [module.name for module in iter_modules(package.__path__) if module.name != "base"]
    return {re.sub(r"(?<=\d)_(?=\d)", ".", module).replace("_", "-"): module for module in modules}


@cache
def _plugins(kind: str) -> dict[str, Any]:
    return {
        name: import_module(f"processing.{kind}.{module}").PLUGIN for name, module in sorted(_modules(kind).items())
    }


def methods() -> dict[str, Method]:
    """How one pixel can be chosen from many, by name."""
    return cast("dict[str, Method]", _plugins("methods"))


def masks() -> dict[str, Mask]:
    """Which pixels can count as observed, by name."""
    return cast("dict[str, Mask]", _plugins("masks"))


def formats() -> dict[str, Format]:
    """How a mosaic can be written, by name."""
    return cast("dict[str, Format]", _plugins("formats"))
