"""The contract of an output format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from processing.clock import Clock
from processing.grid import Block, Grid
from processing.layers import OutputLayer
from processing.periods import CompositingPeriod


@dataclass(frozen=True)
class SourceScene:
    """A scene of the mosaic, as ``source_index`` numbers it."""

    identifier: str
    sensed_at: datetime


@dataclass(frozen=True)
class Heading:
    """What a file says of the product it belongs to. Nothing in it depends on when or how fast it was made."""

    title: str
    """Name of the order's base folder; the id of what was ordered."""

    suffix: str
    """The part that all file names of a product share: M10_20180501_Name."""

    period: CompositingPeriod
    scenes: Sequence[SourceScene]
    """Oldest first: ``source_index`` counts in this order."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    """Further statements for formats that hold text, by CF's or ACDD's attribute names."""


@dataclass(frozen=True)
class WrittenFile:
    """A data file of a product, the layers it holds, and the files that belong beside it."""

    path: Path
    layers: tuple[OutputLayer, ...]
    companions: tuple[Path, ...] = ()
    """Files without which GDAL would not know all of it, such as ``.aux.xml``."""

    subdatasets: bool = False
    """Whether GDAL opens its layers as subdatasets, NETCDF:"path":variable."""

    def dataset(self, layer: OutputLayer) -> str:
        """The name by which GDAL opens one of its layers."""
        return f'NETCDF:"{self.path}":{layer.prefix}' if self.subdatasets else str(self.path)


class Writer(Protocol):
    """Takes a product block by block. Used by one thread, as a context manager that lets go of all files."""

    def write(self, block: Block, layers: Mapping[str, np.ndarray]) -> None:
        """Write the (y, x) arrays of a block, by layer name."""
        ...

    def finish(self, progress: Callable[[float], None]) -> list[WrittenFile]:
        """Complete the files once all blocks are written; ``progress`` hears the share done, 0..1."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Format(Protocol):
    """How a mosaic is written.

    The same layers give the same bytes, whatever the blocks they come in and the threads that write them:
    no time stamps, fixed compression.
    """

    name: str
    title: str
    summary: str
    extension: str
    media_type: str

    def writer(
        self,
        folder: Path,
        *,
        heading: Heading,
        grid: Grid,
        layers: Sequence[OutputLayer],
        threads: int,
        clock: Clock | None = None,
    ) -> Writer:
        """A writer of files in ``folder``; one that holds one layer is ``{prefix}_{suffix}.{extension}``.

        ``clock``: counts what encoding and writing take.
        """
        ...
