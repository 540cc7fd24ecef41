"""Points as GeoJSON: one FeatureCollection, written feature by feature."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hub.insar.answers.exports.about import About
from hub.insar.answers.exports.rows import Batch
from processing.insar.attributes import ATTRIBUTES, NO_NUMBER
from processing.insar.delivery import NODATA

_PLACE_DECIMALS = 7


def collection(batches: Iterable[Batch], about: About, **members: Any) -> Iterator[bytes]:
    """A FeatureCollection with what it is about as its member "metadata", and with ``members``."""
    head = {"type": "FeatureCollection", "metadata": about.document(), **members}
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "features": ['
    begun = False
    for batch in batches:
        written = ",\n".join(json.dumps(feature, allow_nan=False) for feature in features(batch))
        yield ((",\n" if begun else "\n") + written).encode()
        begun = True
    yield b"\n]}\n"


def features(batch: Batch) -> Iterator[dict[str, Any]]:
    """One Feature for each point: its id, all that is known of it, and its series in mm where that was asked for."""
    columns = {"pid": batch.pid.tolist(), "part": [batch.part.identity] * len(batch)}
    columns |= {name: _column(name, values) for name, values in batch.attributes.items()}
    columns |= {
        f"extra_{name}": [None if value != value else float(f"{value:.7g}") for value in values.tolist()]
        for name, values in batch.extra.items()
    }
    if batch.series is not None:
        columns["displacement"] = [_series(row) for row in batch.series]
    places = np.stack([batch.lon, batch.lat], axis=1).round(_PLACE_DECIMALS).tolist()
    for number, place, *values in zip(batch.ids.tolist(), places, *columns.values(), strict=True):
        yield {
            "type": "Feature",
            "id": number,
            "geometry": {"type": "Point", "coordinates": place},
            "properties": dict(zip(columns, values, strict=True)),
        }


def _column(name: str, values: np.ndarray) -> list[float | None]:
    attribute = ATTRIBUTES[name]
    if attribute.dtype == "int32":
        return [None if value == NO_NUMBER else value for value in values.tolist()]
    # Float32 has more digits than were delivered.
    return [None if value != value else round(value, max(attribute.decimals, 3)) for value in values.tolist()]


def _series(row: np.ndarray) -> list[float | None]:
    return [None if tenths == NODATA else tenths / 10 for tenths in row.tolist()]
