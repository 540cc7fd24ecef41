"""The partitions of the tables of points and cells: one each per layer, made, indexed and dropped as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from hub.insar.models.words import CELL_SIZES_M

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from hub.insar.models import Layer

_POINTS, _CELLS = "insar_measurementpoint", "insar_cell"
_CELLS_BEING_MADE = "_new"
# Building an index is the one thing here that more memory makes quicker; it is given back at once.
_INDEX_MEMORY = "384MB"


def points_table(layer: Layer) -> str:
    return f"insar_points_{int(layer.pk)}"


def cells_table(layer: Layer) -> str:
    return f"insar_cells_{int(layer.pk)}"


def create(layer: Layer) -> None:
    """Make the partitions of a new layer, without indexes: rows come in faster."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, parent in ((points_table(layer), _POINTS), (cells_table(layer), _CELLS)):
            _make(cursor, table, parent)
            _attach(cursor, table, parent, layer)


def index(layer: Layer) -> None:
    """Make both partitions searchable."""
    points = points_table(layer)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = %s", [_INDEX_MEMORY])
        cursor.execute(f'CREATE UNIQUE INDEX IF NOT EXISTS {points}_key ON {points} (part_id, "row")')
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {points}_geom ON {points} USING gist (geom)")
        cursor.execute(f"ANALYZE {points}")
        _index_cells(cursor, cells_table(layer))


def make_cells(layer: Layer) -> str:
    """The name of a new table for the layer's cells, which nobody reads before ``swap_cells``."""
    table = cells_table(layer) + _CELLS_BEING_MADE
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        _make(cursor, table, _CELLS)
    return table


def index_new_cells(layer: Layer) -> None:
    """Make the new table searchable, before it is put in place."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = %s", [_INDEX_MEMORY])
        _index_cells(cursor, cells_table(layer) + _CELLS_BEING_MADE)


def swap_cells(layer: Layer) -> None:
    """Put the new table in the place of the layer's cells, within the caller's transaction."""
    old, new = cells_table(layer), cells_table(layer) + _CELLS_BEING_MADE
    with connection.cursor() as cursor:
        # What makes attaching quick: the server need not look whether the rows belong here.
        cursor.execute(f"ALTER TABLE {new} ADD CONSTRAINT {new}_layer CHECK (layer_id = {int(layer.pk)})")
        cursor.execute(f"DROP TABLE IF EXISTS {old}")
        cursor.execute(f"ALTER TABLE {new} RENAME TO {old}")
        for suffix in ("key", *(f"geom_{size}" for size in CELL_SIZES_M)):
            cursor.execute(f"ALTER INDEX {new}_{suffix} RENAME TO {old}_{suffix}")
        _attach(cursor, old, _CELLS, layer)
        cursor.execute(f"ALTER TABLE {old} DROP CONSTRAINT {new}_layer")


def drop(layer: Layer) -> None:
    """Remove both partitions and all that is in them."""
    with connection.cursor() as cursor:
        cells = cells_table(layer)
        cursor.execute(f"DROP TABLE IF EXISTS {points_table(layer)}, {cells}, {cells}{_CELLS_BEING_MADE}")


def _make(cursor: CursorWrapper, table: str, parent: str) -> None:
    cursor.execute(f"CREATE TABLE {table} (LIKE {parent} INCLUDING DEFAULTS INCLUDING STORAGE)")


def _attach(cursor: CursorWrapper, table: str, parent: str, layer: Layer) -> None:
    # CREATE TABLE ... PARTITION OF would shut out everybody who reads any layer.
    cursor.execute(f"ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES IN ({int(layer.pk)})")


def _index_cells(cursor: CursorWrapper, table: str) -> None:
    cursor.execute(f'CREATE UNIQUE INDEX IF NOT EXISTS {table}_key ON {table} (size_m, "column", "row")')
    for size in CELL_SIZES_M:
        # One index per size: the cells of all sizes lie over one another, and a map tile asks for one size.
        name = f"{table}_geom_{size}"
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gist (geom) WHERE size_m = {size}")
    cursor.execute(f"ANALYZE {table}")
