"""The kinds of files, and how their bytes are sent while they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from hub.insar.answers.exports import csv_files, geojson_files, parquet_files
from hub.insar.answers.exports.about import About
from hub.insar.answers.exports.rows import Batch

CSV, ZIP, GEOJSON, PARQUET = "text/csv", "application/zip", "application/geo+json", "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    media_type: str
    extension: str
    content: Callable[[Iterable[Batch], About, bool], Iterator[bytes]]


KINDS = {
    "csv": Kind(ZIP, "zip", lambda batches, about, series: csv_files.zipped(batches, about, series=series)),
    "geojson": Kind(GEOJSON, "geojson", lambda batches, about, series: geojson_files.collection(batches, about)),
    "parquet": Kind(
        PARQUET, "parquet", lambda batches, about, series: parquet_files.table(batches, about, series=series)
    ),
}  # fmt: skip
"""By the name in addresses."""


def sent(kind: Kind, batches: Iterator[Batch], about: About, *, series: bool) -> StreamingHttpResponse:
    """The file, sent as it is made: a few thousand points are in memory at a time."""
    response = StreamingHttpResponse(_streamed(kind.content(batches, about, series)), content_type=kind.media_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{about.name}.{kind.extension}")
    return response


async def _streamed(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """``chunks``, each made beside the event loop when the one before it was sent."""
    while (chunk := await sync_to_async(next)(chunks, None)) is not None:
        if chunk:
            yield chunk
