"""Locks that processes of one database share; any numbers that nothing else there locks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from hub.insar.models import Layer

SERIES_LOCK = 7_254_190_313
"""Shared by all who put folders of series in place; alone for who removes those that belong to nothing."""
UPKEEP_LOCK = 7_254_190_314
_LOADING, _CELLS = 725_419, 725_420


def lock_layer(layer: Layer) -> None:
    """Load a layer alone, until the transaction ends; waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOADING, layer.pk])


def lock_cells(layer: Layer) -> None:
    """Make the layer's cells alone, until ``unlock_cells``; waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_CELLS, layer.pk])


def unlock_cells(layer: Layer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_CELLS, layer.pk])
