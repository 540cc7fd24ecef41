"""Rows of a statement as arrays: each column comes as one run of bytes, a million rows in a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.db import connection

from processing.insar.attributes import NO_NUMBER

_SENT = {
    "int32": ("int4send", f"({NO_NUMBER})::integer", ">i4"),
    "int64": ("int8send", f"({NO_NUMBER})::bigint", ">i8"),
    "float32": ("float4send", "'NaN'::real", ">f4"),
    "float64": ("float8send", "'NaN'::double precision", ">f8"),
}
_TEXT = "text"


def fetch(rows: str, parameters: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The rows that the SELECT ``rows`` gives, as arrays by the names of ``columns``.

    ``columns`` says of each name that the SELECT gives whether it is "int32", "int64", "float32", "float64" or
    "text". NULL becomes NO_NUMBER, NaN, or "". Names are the code's own, never a person's.
    """
    statement = f"SELECT {', '.join(_packed(name, kind) for name, kind in columns.items())} FROM ({rows}) found"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        sent = cursor.fetchone()
    return {name: _array(value, kind) for value, (name, kind) in zip(sent, columns.items(), strict=True)}


def _packed(name: str, kind: str) -> str:
    if kind == _TEXT:
        return f"array_agg(coalesce(found.\"{name}\", ''))"
    function, missing, _ = _SENT[kind]
    return f"string_agg({function}(coalesce(found.\"{name}\", {missing})), ''::bytea)"


def _array(value: Any, kind: str) -> np.ndarray:
    if kind == _TEXT:
        return np.array(value or [], object)
    as_sent = np.frombuffer(bytes(value) if value is not None else b"", _SENT[kind][2])
    return as_sent.astype(as_sent.dtype.newbyteorder("="))
