"""Reads out of ``processing`` what it may say to people, so that it can be translated without its knowing.

Its sentences are found in its source, by the shape of the texts; titles and summaries of all that can be chosen by
asking the plug-ins and layers. ``manage.py engine_texts`` writes both to ``engine.py``, where makemessages finds them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import processing
from processing import registry
from processing.insar.attributes import ATTRIBUTES
from processing.layers import GROUPS, LAYERS
from processing.pixels.indices import INDICES
from processing.sentinel2 import BANDS

ROOT = Path(processing.__file__).parent
# What speaks to the person who ordered. Sources and rasters are left out: what they say names paths and hosts,
# and hub.errors.told_to_users says something else in its place.
SPEAKERS = (
    "areas.py", "blocks.py", "mosaic.py", "periods.py", "plain_xml.py", "planning.py", "reading.py", "scenes.py",
    "spec.py", "storage.py", "methods", "masks", "pixels", "quality/inputs.py", "quality/outputs.py",
    "quality/pixels.py", "quality/spectra.py",
    "insar/egms/columns.py", "insar/egms/metadata.py", "insar/egms/reading.py", "insar/hdf5.py", "insar/licsbas.py",
    "insar/mintpy.py", "insar/opening.py", "insar/pixels.py", "insar/points.py", "insar/reading_aloud.py",
    "insar/stamps.py", "insar/tables.py", "insar/unpacking.py", "insar/velocity_raster.py",
)  # fmt: skip
STAGES = ("searching", "compositing", "writing", "checking", "describing", "finished")
# By a text with fewer letters of its own anything could be meant.
FEWEST_LETTERS = 7
NOT_SENTENCES = frozenset({"description", "title", "summary", "name"})


def sentences() -> list[str]:
    """Everything else that the engine's modules may say, sorted; ``{0}``, ``{1}`` ... stand for what changes."""
    found = {text for path in _modules() for text in _texts(ast.parse(path.read_text())) if _is_sentence(text)}
    return sorted(found - set(titles()))


def titles() -> list[str]:
    """Titles and summaries of everything that can be chosen, and of the stages of the work, sorted."""
    return sorted({text for text in _titles() if text})


def _modules() -> Iterator[Path]:
    for name in SPEAKERS:
        path = ROOT / name
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _is_sentence(text: str) -> bool:
    own = "".join(text.split("{")[:1] + [part.partition("}")[2] for part in text.split("{")[1:]])
    return " " in own.strip() and sum(letter.isalpha() for letter in own) >= FEWEST_LETTERS


def _texts(tree: ast.Module) -> Iterator[str]:
    silent = _silent(tree)
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _braced(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield _template(node)


def _silent(tree: ast.Module) -> set[int]:
    """The nodes whose texts are said to nobody: docstrings, descriptions, what is compared, parts of f-strings."""
    found: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                found.add(id(text))
            case ast.JoinedStr(values=parts):
                found.update(id(part) for part in parts if isinstance(part, ast.Constant))
            case ast.FormattedValue(format_spec=ast.JoinedStr() as layout):
                found.update(id(part) for part in ast.walk(layout))
            case ast.Compare() | ast.Subscript():
                found.update(id(part) for part in ast.walk(node))
            case ast.keyword(arg=name, value=value) if name in NOT_SENTENCES:
                found.add(id(value))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NOT_SENTENCES:
                found.add(id(value))
    return found


def _template(node: ast.JoinedStr) -> str:
    """An f-string with its expressions numbered."""
    parts, number = [], 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(_braced(part.value))
        else:
            parts.append(f"{{{number}}}")
            number += 1
    return "".join(parts)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _titles() -> Iterator[str]:
    yield from STAGES
    yield from GROUPS.values()
    for band in BANDS.values():
        yield band.title
    for layer in LAYERS.values():
        yield from (layer.title, layer.summary)
        for raster in layer.rasters:
            yield raster.title
            yield from (flag.title for flag in raster.flags)
    for index in INDICES.values():
        yield from (index.title, index.summary)
    for attribute in ATTRIBUTES.values():
        yield attribute.title
    for plug_ins in (registry.methods(), registry.masks(), registry.formats()):
        yield from _plug_in_titles(plug_ins.values())


def _plug_in_titles(plug_ins: Iterable) -> Iterator[str]:
    for plug_in in plug_ins:
        yield from (plug_in.title, plug_in.summary)
        for option in getattr(plug_in, "options", ()):
            yield from (option.title, option.summary)
