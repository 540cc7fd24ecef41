"""A series as a file to keep: CSV, JSON or NetCDF, made when it is asked for."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from hub.errors import NotFound
from hub.series.models import Series
from hub.series.refusals import NotFinished, NothingYet
from hub.series.showing import all_steps
from processing.pixels.exports import to_csv, to_json, to_netcdf

CHUNK_BYTES = 2**16
# The NetCDF and HDF5 libraries hold one file's state for all threads of a process.
_NETCDF = threading.Lock()


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    media_type: str
    content: Callable[[Series], Iterator[bytes]]


def export(series: Series, kind: str) -> StreamingHttpResponse:
    """The file of ``kind`` (csv, json, nc) under the series' name.

    CSV and JSON hold what is there so far. Raises NotFound for another kind, NotFinished for NetCDF of a
    series under way, and NothingYet where one ended without a step.
    """
    if kind not in KINDS:
        raise NotFound
    if not series.is_unfinished and not series.steps.exists():
        raise NothingYet
    chosen = KINDS[kind]
    response = StreamingHttpResponse(_streamed(chosen.content(series)), content_type=chosen.media_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{file_name(series)}.{kind}")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def file_name(series: Series) -> str:
    """The series' name as part of a file's: ASCII letters, digits, hyphens and underscores."""
    plain = unicodedata.normalize("NFKD", series.name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_") or "series"


def _csv(series: Series) -> Iterator[bytes]:
    return _joined(to_csv(series.series_spec, all_steps(series)))


def _json(series: Series) -> Iterator[bytes]:
    return _joined(_json_texts(to_json(series.series_spec, []), all_steps(series)))


def _json_texts(document: dict[str, Any], steps: Iterable[dict[str, Any]]) -> Iterator[str]:
    """``document`` with ``steps`` in it, of which one at a time is in memory."""
    head = json.dumps({key: value for key, value in document.items() if key != "steps"}, ensure_ascii=False)
    yield head[:-1] + ', "steps": ['
    for number, step in enumerate(steps):
        yield (",\n" if number else "\n") + json.dumps(step, ensure_ascii=False, allow_nan=False)
    yield "\n]}\n"


def _netcdf(series: Series) -> Iterator[bytes]:
    if series.is_unfinished:
        raise NotFinished
    folder = Path(settings.SCRATCH_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="series-", dir=folder) as place:
        path = Path(place) / "series.nc"
        with _NETCDF:
            to_netcdf(series.series_spec, all_steps(series), path)
        # Open it stays readable until it was sent, and nothing is left behind, come what may.
        content = path.open("rb")
    return _read(content)


def _read(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk


def _joined(texts: Iterator[str]) -> Iterator[bytes]:
    """``texts`` as UTF-8 in pieces that are worth sending."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= CHUNK_BYTES:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


async def _streamed(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """``chunks``, each made beside the event loop when the one before it was sent."""
    while (chunk := await sync_to_async(next)(chunks, None)) is not None:
        yield chunk


KINDS = {
    "csv": Kind("text/csv; charset=utf-8", _csv),
    "json": Kind("application/json", _json),
    "nc": Kind("application/netcdf", _netcdf),
}
