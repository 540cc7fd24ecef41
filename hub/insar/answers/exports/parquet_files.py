"""Points as GeoParquet 1.1: columns with types of their own, series as lists of tenths of a millimetre.

Source: https://geoparquet.org/releases/v1.1.0/. Places are WKB in degrees; the format's default coordinate system,
OGC:CRS84, is that of GPS, longitude first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hub.insar.answers.exports.about import About
from hub.insar.answers.exports.rows import Batch, columns_of
from processing.insar.attributes import ATTRIBUTES, NO_NUMBER
from processing.insar.delivery import NODATA

_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}


class _Sink:
    """Takes what a Parquet file writes, until it is sent."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._written = 0

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        self._written += len(self._held[-1])
        return len(self._held[-1])

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """A file has it."""

    def close(self) -> None:
        self.closed = True

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def table(batches: Iterable[Batch], about: About, *, series: bool) -> Iterator[bytes]:
    """A Parquet file; its metadata say where it is from, and the dates of each part's series."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(about, series=series)
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(_table(batch, schema))
            if ready := sink.taken():
                yield ready
    yield sink.taken()


def _names(about: About) -> list[str]:
    known = {name for part in about.parts for name in columns_of(part)}
    return [name for name in ATTRIBUTES if name in known]


def _schema(about: About, *, series: bool) -> Any:
    import pyarrow as pa

    kinds = {"int32": pa.int32(), "float32": pa.float32(), "float64": pa.float64()}
    columns = [("id", pa.int64()), ("pid", pa.string()), ("part", pa.string()), ("geometry", pa.binary())]
    columns += [(name, kinds[ATTRIBUTES[name].dtype]) for name in _names(about)]
    columns += [
        (f"extra_{name}", pa.float32()) for name in sorted({each for part in about.parts for each in part.extra})
    ]
    if series:
        columns.append(("displacement_tenths_mm", pa.list_(pa.int32() if _wide(about) else pa.int16())))
    metadata = {"geo": json.dumps(_GEO), "mosaic_hub": json.dumps(about.document(), ensure_ascii=False)}
    return pa.schema(columns, metadata=metadata)


def _wide(about: About) -> bool:
    """Whether a part's displacements need more than 16 bits."""
    from processing.insar.series_store import SeriesStore

    return any(SeriesStore(part.series_folder).raw([]).dtype != np.int16 for part in about.parts if part.dates)


def _table(batch: Batch, schema: Any) -> Any:
    import pyarrow as pa

    known: dict[str, Any] = {
        "id": batch.ids,
        "pid": pa.array(batch.pid.tolist(), pa.string()),
        "part": pa.array([batch.part.identity] * len(batch), pa.string()),
        "geometry": pa.array(_wkb(batch.lon, batch.lat), pa.binary()),
    }
    for name, values in batch.attributes.items():
        missing = values == NO_NUMBER if ATTRIBUTES[name].dtype == "int32" else np.isnan(values)
        known[name] = pa.array(values, mask=missing)
    known |= {f"extra_{name}": pa.array(values, from_pandas=True) for name, values in batch.extra.items()}
    columns = []
    for field in schema:
        if field.name == "displacement_tenths_mm":
            columns.append(_lists(batch, field.type))
        elif field.name in known:
            columns.append(known[field.name])
        else:
            columns.append(pa.nulls(len(batch), field.type))
    return pa.table(columns, schema=schema)


def _lists(batch: Batch, kind: Any) -> Any:
    import pyarrow as pa

    if batch.series is None:
        return pa.nulls(len(batch), kind)
    flat = batch.series.ravel()
    values = pa.array(flat, kind.value_type, mask=flat == NODATA)
    offsets = np.arange(len(batch) + 1, dtype=np.int32) * batch.series.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _wkb(lon: np.ndarray, lat: np.ndarray) -> list[bytes]:
    """Points as little-endian WKB."""
    packed = np.zeros(lon.size, [("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
    packed["order"], packed["kind"], packed["x"], packed["y"] = 1, 1, lon, lat
    size = packed.dtype.itemsize
    whole = packed.tobytes()
    return [whole[at : at + size] for at in range(0, len(whole), size)]
