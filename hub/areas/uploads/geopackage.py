"""GeoPackages: SQLite databases from strangers.

The database is opened in memory, out of the bytes; nothing of it can run: an authorizer lets only plain tables
be read, and a clock stops what takes too long.
"""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hub.areas.refusing import refuse
from hub.areas.uploads import well_known_binary
from hub.areas.uploads.found import Found, Rings, cleaned
from hub.areas.uploads.reference_systems import Degrees, from_epsg, from_wkt, unknown_but_degrees

MAGIC = b"SQLite format 3\x00"
MOST_LAYERS = 50
MOST_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 10_000
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}


@dataclass(frozen=True)
class _Layer:
    table: str
    column: str
    system: int


def read(data: bytes) -> Found:
    """The polygons of all layers, in degrees. Raises InvalidOrder."""
    try:
        with _opened(data) as database:
            return _read_layers(database)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError):
        refuse(_("The file is a damaged GeoPackage, or a database of another kind."))


class _opened:  # noqa: N801  used like a function
    """The database in memory, closed at the end."""

    def __init__(self, data: bytes) -> None:
        # A journal beside the file, which its header may announce, did not come along.
        self._data = data[:18] + b"\x01\x01" + data[20:]
        self._until = time.monotonic() + MOST_SECONDS

    def __enter__(self) -> sqlite3.Connection:
        database = sqlite3.connect(":memory:")
        try:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(self._data) + 1_000_000)
            database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            database.deserialize(self._data)
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute("PRAGMA cell_size_check = ON")
            database.execute("PRAGMA query_only = ON")
            database.set_authorizer(_authorized)
            database.set_progress_handler(self._too_late, _STEPS_BETWEEN_LOOKS)
        except BaseException:
            database.close()
            raise
        self._database = database
        return database

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _too_late(self) -> bool:
        return time.monotonic() > self._until


def _authorized(action: int, *_: object) -> int:
    """Tables may be read; no function, no view's trigger, no pragma, no writing."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _read_layers(database: sqlite3.Connection) -> Found:
    layers = list(_layers(database))
    if not layers:
        refuse(_("The GeoPackage holds no layer with shapes."))
    whole, told = Found(), []
    for layer in layers:
        found = _read_layer(database, layer)
        whole.merge(found)
        if found.polygons:
            told.append(cleaned(layer.table))
    if len(told) > 1:
        whole.notes.append(_("The area was put together from the layers %(names)s.") % {"names": ", ".join(told[:5])})
    elif told:
        # The layer's name stands for the features'.
        whole.names = [*(whole.names if whole.features == 1 else ()), *told]
    return whole


def _layers(database: sqlite3.Connection) -> Iterator[_Layer]:
    rows = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns").fetchmany(MOST_LAYERS)
    for table, column, system in rows:
        if not (isinstance(table, str) and isinstance(column, str) and isinstance(system, int)):
            refuse(_("The GeoPackage does not say where its shapes are."))
        if _is_plain_table(database, table):
            yield _Layer(table, column, system)


def _is_plain_table(database: sqlite3.Connection, table: str) -> bool:
    """Whether that is a table of its own: no view, and nothing that only looks like a table."""
    rows = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (table,)).fetchmany(2)
    return len(rows) == 1 and rows[0][0] == "table" and str(rows[0][1])[:12].upper() == "CREATE TABLE"


def _read_layer(database: sqlite3.Connection, layer: _Layer) -> Found:
    found = Found()
    degrees, known = _system(database, layer.system)
    rows = database.execute(f"SELECT {_quoted(layer.column)} FROM {_quoted(layer.table)}")  # noqa: S608  quoted
    for (blob,) in rows:
        if blob is None:
            found.empty += 1
            continue
        polygons = _polygons(blob, found)
        if not known and not unknown_but_degrees(polygons):
            refuse(_("The GeoPackage does not say its coordinate system; save it in EPSG:4326."))
        if polygons:
            found.add_feature((degrees.of(rings) for rings in polygons) if degrees else polygons)
    if not known and found.polygons:
        found.notes.append(
            _("The file does not say its coordinate system; its numbers were taken for longitude and latitude.")
        )
    return found


def _system(database: sqlite3.Connection, number: int) -> tuple[Degrees | None, bool]:
    """The layer's coordinate system, and whether there is one."""
    rows = database.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
        (number,),
    ).fetchmany(1)
    if number in (0, -1) or not rows:
        return None, False
    organization, code, definition = rows[0]
    if str(organization).upper() == "EPSG" and isinstance(code, int):
        return from_epsg(code), True
    return from_wkt(str(definition)), True


def _polygons(blob: object, found: Found) -> list[Rings]:
    """The polygons of a GeoPackage's blob: a header, an envelope, WKB."""
    try:
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            raise ValueError("is no geometry of a GeoPackage")
        start = 8 + _ENVELOPE_BYTES[blob[3] >> 1 & 7]
        if blob[3] >> 4 & 1:
            return []
        return well_known_binary.read(blob[start:], found)
    except (ValueError, KeyError, IndexError, struct.error):
        refuse(_("The GeoPackage holds a shape that cannot be read: it is damaged, or a curve."))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
