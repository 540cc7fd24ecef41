"""Points as CSV in the format of EGMS: its columns, their order and decimals, dates as columns."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, groupby
from pathlib import PurePosixPath

import numpy as np

from hub.insar.answers.exports.about import About
from hub.insar.answers.exports.rows import Batch
from hub.insar.models import Part
from processing.insar.attributes import ATTRIBUTES, NO_NUMBER
from processing.insar.delivery import NODATA

_PLACE = ("latitude", "longitude")
_BEFORE_PLACE = ("cluster_label", "mp_type")
_PLACE_DECIMALS = 6
# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Sink:
    """Takes what a zip file writes, until it is sent."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """A zip file asks for it."""

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def zipped(batches: Iterable[Batch], about: About, *, series: bool) -> Iterator[bytes]:
    """A zip with README.txt, metadata.json, and the points: in one file, or with series in one for each part."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[arg-type]
        archive.writestr("README.txt", about.text())
        archive.writestr("metadata.json", json.dumps(about.document(), ensure_ascii=False, indent=1))
        files = _by_part(batches) if series else iter([(f"{about.name}.csv", flat(batches, about))])
        for name, pieces in files:
            with archive.open(name, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    if ready := sink.taken():
                        yield ready
    yield sink.taken()


def flat(batches: Iterable[Batch], about: About) -> Iterator[bytes]:
    """One table of points of all parts, without series; what a part does not have is empty."""
    known = {name for part in about.parts for name in _attributes(part)}
    names = [name for name in ATTRIBUTES if name in known]
    yield _header(["pid", *_ordered(names, place=True), "part"])
    for batch in batches:
        part = _text(batch.part.identity)
        yield from _lines([*_texts(batch, names, place=True), [part] * len(batch)], None)


def _by_part(batches: Iterable[Batch]) -> Iterator[tuple[str, Iterator[bytes]]]:
    for _pk, own in groupby(batches, key=lambda batch: batch.part.pk):
        first = next(own)
        yield _file_name(first.part), _whole(first, own)  # noqa: B031  both are the rest of the same one


def _whole(first: Batch, others: Iterable[Batch]) -> Iterator[bytes]:
    names = _attributes(first.part)
    # An EGMS tile of level 3 has no degrees; whatever has no metres of EPSG:3035 needs them.
    place = not _is_tile(first.part)
    dates = [f"{day:%Y%m%d}" for day in first.dates]
    yield _header(["pid", *_ordered(names, place=place), *(_text(name) for name in first.extra), *dates])
    for batch in chain((first,), others):
        extra = [_shortest(values) for values in batch.extra.values()]
        yield from _lines([*_texts(batch, names, place=place), *extra], batch.series)


def _attributes(part: Part) -> list[str]:
    from hub.insar.answers.exports.rows import columns_of

    return columns_of(part)


def _is_tile(part: Part) -> bool:
    return part.format == "egms" and part.layer.direction in {"east", "up"}


def _file_name(part: Part) -> str:
    """The delivered file's name, marked as a cut-out: its readers know level, burst and years by it."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", PurePosixPath(part.file_name).name.split(".")[0]) or "part"
    return f"{stem}.{part.pk}.cut.csv"


def _ordered(names: list[str], *, place: bool) -> list[str]:
    """``names`` with latitude and longitude where EGMS has them."""
    first = [name for name in names if name in _BEFORE_PLACE]
    return [*first, *(_PLACE if place else ()), *(name for name in names if name not in _BEFORE_PLACE)]


def _header(names: Iterable[str]) -> bytes:
    return ",".join(names).encode() + b"\n"


def _texts(batch: Batch, names: list[str], *, place: bool) -> list[list[str]]:
    """The columns of a batch as they are written."""
    degrees = {"latitude": batch.lat, "longitude": batch.lon}
    columns = [[_text(pid) for pid in batch.pid.tolist()]]
    for name in _ordered(names, place=place):
        if name in degrees:
            columns.append(_decimals(degrees[name], _PLACE_DECIMALS))
        elif name in batch.attributes:
            columns.append(_column(name, batch.attributes[name]))
        else:
            columns.append([""] * len(batch))
    return columns


def _column(name: str, values: np.ndarray) -> list[str]:
    attribute = ATTRIBUTES[name]
    if attribute.dtype == "int32":
        return ["" if value == NO_NUMBER else str(value) for value in values.tolist()]
    # Metres of a level 3 tile are whole; EGMS writes them so.
    if name in {"easting", "northing"} and np.all(values == np.floor(values)):
        return _decimals(values, 0)
    return _decimals(values, attribute.decimals)


def _decimals(values: np.ndarray, decimals: int) -> list[str]:
    pattern = f"%.{decimals}f"
    return ["" if value != value else pattern % value for value in values.tolist()]


def _shortest(values: np.ndarray) -> list[str]:
    """Numbers of which nobody knows the decimals, as float32 tells them apart."""
    return ["" if value != value else f"{value:.7g}" for value in values.tolist()]


def _text(value: str) -> str:
    """A text as one field, which no spreadsheet takes for a formula."""
    safe = f"'{value}" if value.startswith(_FORMULA) else value
    return '"' + safe.replace('"', '""') + '"' if any(mark in safe for mark in ',"\n\r') else safe


def _lines(columns: list[list[str]], series: np.ndarray | None) -> Iterator[bytes]:
    rows = zip(*columns, strict=True)
    if series is None:
        yield "".join(",".join(row) + "\n" for row in rows).encode()
        return
    table = _tenths() if series.dtype == np.int16 else None
    held = []
    for row, values in zip(rows, series, strict=True):
        written = table[values] if table is not None else [_tenth(value) for value in values.tolist()]
        held.append(",".join((*row, *written)))
        if len(held) == 1000:
            yield ("\n".join(held) + "\n").encode()
            held = []
    if held:
        yield ("\n".join(held) + "\n").encode()


@cache
def _tenths() -> np.ndarray:
    """How each int16 is written; a negative one is found from the end."""
    written = [_tenth(value) for value in (*range(2**15), *range(-(2**15), 0))]
    return np.array(written, object)


def _tenth(value: int) -> str:
    if value == NODATA:
        return ""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 10}.{abs(value) % 10}"
