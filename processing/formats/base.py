"""The contract of an output format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from processing.grid import Block, Grid
from processing.layers import OutputLayer


@dataclass(frozen=True)
class WrittenFile:
    """A data file of a product and the layers it holds."""

    path: Path
    layers: tuple[OutputLayer, ...]


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
    """How a mosaic is written. The same layers give the same bytes: no time stamps, fixed compression."""

    name: str
    title: str
    summary: str
    extension: str
    media_type: str

    def writer(self, folder: Path, *, suffix: str, grid: Grid, layers: Sequence[OutputLayer], threads: int) -> Writer:
        """A writer of files in ``folder``; one that holds one layer is ``{prefix}_{suffix}.{extension}``."""
        ...
