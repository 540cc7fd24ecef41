"""Where granules come from: a STAC API, a file of STAC items, SAFE products; one module each, found by scanning."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from processing.errors import SourceUnreachable
from processing.sources.base import Source, host_of


@cache
def plugins() -> dict[str, Any]:
    """The source plug-ins by name; ``processing.sources.base`` says what each module has to define."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
    return {name: import_module(f"{__name__}.{name}") for name in names}


def open_source(where: str) -> Source:
    """The source at ``where``: the URL of a STAC API, an ``items.json`` or the folder
    that holds one, a folder of ``.SAFE`` products.

    Raises SourceUnreachable where nothing answers, CorruptInput where what is there cannot be read.
    """
    plugin = next((plugin for plugin in plugins().values() if plugin.accepts(where)), None)
    if plugin is None:
        shown = f"{where.partition('://')[0]}://{host_of(where)}" if "://" in where else where
        raise SourceUnreachable(
            f"No archive is found at {shown}; "
            "give the URL of a STAC API, an items.json file or a folder that holds one, or a folder of .SAFE products."
        )
    source: Source = plugin.connect(where)
    return source
