"""From blocks to files: composites made in threads, written in order, counted on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from processing import registry
from processing.block_cells import Crew
from processing.blocks import Lattice, block_shape, columns_of_blocks
from processing.clock import Clock
from processing.compositing import Composite
from processing.formats.base import Heading, WrittenFile
from processing.grid import Block, Grid
from processing.layers import output_layers
from processing.quality.pixels import PixelCounts
from processing.scenes import Progress, Scenes
from processing.spec import MosaicSpec


@dataclass(frozen=True)
class Limits:
    """What the making of a product may take."""

    memory_mb: int = 768
    """Of the whole process."""

    threads: int = 2

    block_px: int | None = None
    """Edge of the blocks; by default the largest that the memory allows. The product does not depend on it."""


@dataclass
class Tally:
    """What was counted over all blocks."""

    scenes: int
    counts: PixelCounts = field(default_factory=PixelCounts)
    pixels: int = 0
    taken: np.ndarray = field(init=False)
    """int64 (granule,): pixels that come from each granule, newest first."""

    def __post_init__(self) -> None:
        self.taken = np.zeros(self.scenes, np.int64)

    @property
    def with_data(self) -> int:
        return int(self.taken.sum())

    def add(self, block: Block, composite: Composite) -> None:
        self.pixels += block.width * block.height
        self.taken += composite.taken
        self.counts.add(composite.rasters, block)


def write_data(
    spec: MosaicSpec,
    grid: Grid,
    scenes: Scenes,
    folder: Path,
    *,
    heading: Heading,
    clock: Clock,
    limits: Limits,
    tell: Progress,
) -> tuple[list[WrittenFile], Tally]:
    """Composite all blocks and write them into ``folder``, then complete the files."""
    tally = Tally(len(scenes.granules))
    columns = _columns(grid, scenes, limits)
    count = sum(map(len, columns))
    written_as = registry.formats()[spec.format]
    with (
        scenes.reader,
        written_as.writer(
            folder, heading=heading, grid=grid, layers=output_layers(spec), threads=limits.threads, clock=clock
        ) as writer,
    ):
        for number, (block, composite) in enumerate(_composed(spec, grid, scenes, columns, limits)):
            with clock.measuring("write"):
                writer.write(block, composite.rasters)
            tally.add(block, composite)
            tell("compositing", 5 + 70 * (number + 1) / count)
        return writer.finish(lambda share: tell("writing", 75 + 15 * share)), tally


def _columns(grid: Grid, scenes: Scenes, limits: Limits) -> list[list[Block]]:
    if limits.block_px:
        return columns_of_blocks(grid, limits.block_px, limits.block_px, Lattice())
    width, height = block_shape(
        grid,
        pixel_bytes=scenes.pixel_bytes,
        tiles=scenes.tiles,
        memory_mb=limits.memory_mb,
        threads=limits.threads,
    )
    return columns_of_blocks(grid, width, height, scenes.lattice)


def _composed(
    spec: MosaicSpec, grid: Grid, scenes: Scenes, columns: Sequence[Sequence[Block]], limits: Limits
) -> Iterator[tuple[Block, Composite]]:
    """The blocks, column by column, each composited by all threads while the one before it is written."""

    def compose(block: Block, last_row: int) -> Composite:
        below = Block(block.column, block.rows.stop, block.width, last_row - block.rows.stop)
        return scenes.compositor.compose(
            grid.part(block),
            bands=spec.bands,
            layers=spec.layers,
            crew=crew,
            below=grid.part(below) if below.height else None,
        )

    def compose_all() -> Iterator[tuple[Block, Composite]]:
        for column in columns:
            scenes.reader.release()
            for block in column:
                yield block, compose(block, column[-1].rows.stop)

    with Crew(limits.threads) as crew, ThreadPoolExecutor(1) as ahead:
        composed = compose_all()
        under_way = ahead.submit(next, composed, None)
        while (made := under_way.result()) is not None:
            under_way = ahead.submit(next, composed, None)
            yield made
    scenes.compositor.release()
