"""From blocks to files: composites made in threads, written in order, counted on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio

from processing import registry
from processing.clock import Clock
from processing.compositing import Composite, Compositor
from processing.formats.base import Heading, WrittenFile
from processing.grid import Block, Grid, block_size
from processing.layers import output_layers
from processing.quality.pixels import PixelCounts
from processing.reading import GDAL_OPTIONS
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
        self.counts.add(composite.rasters)


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
    size = limits.block_px or block_size(
        grid, pixel_bytes=scenes.pixel_bytes, memory_mb=limits.memory_mb, threads=limits.threads
    )
    blocks = list(grid.blocks(size))
    written_as = registry.formats()[spec.format]
    with written_as.writer(
        folder, heading=heading, grid=grid, layers=output_layers(spec), threads=limits.threads
    ) as writer:
        for number, (block, composite) in enumerate(_composed(spec, grid, scenes.compositor, blocks, limits)):
            with clock.measuring("writing"):
                writer.write(block, composite.rasters)
            tally.add(block, composite)
            tell("compositing", 5 + 70 * (number + 1) / len(blocks))
        with clock.measuring("writing"):
            return writer.finish(lambda share: tell("writing", 75 + 15 * share)), tally


def _composed(
    spec: MosaicSpec, grid: Grid, compositor: Compositor, blocks: Sequence[Block], limits: Limits
) -> Iterator[tuple[Block, Composite]]:
    """The blocks in order, each composited in a thread while earlier ones are written.

    No more blocks than threads are under way or waiting, so that memory stays what ``block_size`` reckoned with.
    """

    def compose(block: Block) -> Composite:
        with rasterio.Env(**GDAL_OPTIONS):
            return compositor.compose(grid.part(block), bands=spec.bands, layers=spec.layers)

    pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="block")
    under_way: list[tuple[Block, Future[Composite]]] = []
    try:
        for block in blocks:
            if len(under_way) == limits.threads:
                oldest, future = under_way.pop(0)
                made = future.result()
                under_way.append((block, pool.submit(compose, block)))
                yield oldest, made
            else:
                under_way.append((block, pool.submit(compose, block)))
        while under_way:
            oldest, future = under_way.pop(0)
            yield oldest, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
