"""Making one product of an order, block by block, in bounded memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from processing import __version__, registry
from processing.clock import Clock
from processing.compositing import Compositor
from processing.errors import NoReadableScene, NoScenes
from processing.formats.base import WrittenFile
from processing.granule import Granule
from processing.grid import Block, Grid, block_size
from processing.layers import output_layers
from processing.planning import ProductPlan, check_bands, estimate_megabytes, plan_products, split
from processing.reading import GDAL_OPTIONS, GranuleUnreadable
from processing.scenes import Progress, Scenes, open_scenes
from processing.sentinel2 import REFLECTANCE_NODATA
from processing.sidecars import Account, sha256, write_sidecars
from processing.sources.base import Source
from processing.spec import MosaicSpec
from processing.storage import check_room, put_in_place, storage_errors

__all__ = [
    "Limits",
    "MadeFile",
    "MadeProduct",
    "ProductPlan",
    "base_folder_name",
    "estimate_megabytes",
    "make_product",
    "plan_products",
    "split",
    "warm_up",
]


@dataclass(frozen=True)
class Limits:
    """What the making of a product may take."""

    memory_mb: int = 768
    """Of the whole process."""

    threads: int = 2


@dataclass(frozen=True)
class MadeFile:
    """One file of a product."""

    name: str
    """Path relative to the folder the product was made into."""

    size_bytes: int
    sha256: str
    role: str
    """data or metadata."""

    layer: str | None
    """The layer it holds, if it holds one."""


@dataclass(frozen=True)
class MadeProduct:
    """A finished product."""

    folder: Path
    files: tuple[MadeFile, ...]
    statistics: dict[str, Any]
    warnings: tuple[str, ...]
    """What its user should know, one sentence each."""


@dataclass
class _Tally:
    """Counts over all blocks."""

    pixels: int = 0
    with_data: int = 0
    clock: Clock = field(default_factory=Clock)


def base_folder_name(spec: MosaicSpec, order_number: str) -> str:
    """Name of an order's folder: S2GM_M10_20180501_20180531_Name_STD_v0.1.0_10213."""
    period = spec.period
    return (
        f"S2GM_{period.letter}{spec.resolution}_{period.first_day:%Y%m%d}_{period.last_day:%Y%m%d}"
        f"_{spec.file_name}_STD_v{__version__}_{order_number}"
    )


def make_product(
    spec: MosaicSpec,
    plan: ProductPlan,
    *,
    source: Source,
    into: Path,
    order_number: str,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> MadeProduct:
    """Make the product ``plan`` of an order in ``into/<base folder>/<plan's name>``.

    The folder appears whole or not at all; one that is there already is replaced. ``progress`` hears the
    stage and the percentage; what it raises stops the making. A granule that cannot be read is left out
    and named in the warnings; the others serve.

    Raises NoScenes, InvalidOrder, SourceUnreachable, CorruptInput, StorageFull, OutOfMemoryLimit.
    """
    limits = limits or Limits()
    tell = progress or (lambda stage, percent: None)
    tell("searching", 0)
    title = base_folder_name(spec, order_number)
    final = into / title / plan.name
    granules = source.search(plan.grid.footprint, spec.period.first_day, spec.period.last_day)
    if not granules:
        raise NoScenes("period", f"has no scene in the archive for {plan.name}")
    check_bands(spec, granules)
    tally = _Tally()
    into.mkdir(parents=True, exist_ok=True)
    with storage_errors(into), rasterio.Env(**GDAL_OPTIONS):
        check_room(into, output_layers(spec), plan.grid)
        with tempfile.TemporaryDirectory(dir=into, prefix=".making-") as scratch:
            made = Path(scratch) / plan.name
            scenes, files, unread = _make_readable(spec, plan, granules, made, tally, limits, tell)
            account = Account(
                spec=spec,
                title=title,
                order_number=order_number,
                grid=plan.grid,
                granules=scenes.granules[::-1],
                judged_by_angle=scenes.judged_by_angle[::-1],
                files=files,
                written_as=registry.formats()[spec.format],
                source=source.title,
                rejected=[*source.rejected, *unread],
                notes=scenes.notes,
            )
            tell("describing", 96)
            sidecars = write_sidecars(made, _suffix(spec, plan), account)
            listed = _list_files(into, final, files, sidecars)
            put_in_place(made, final)
    tell("finished", 100)
    return MadeProduct(final, listed, _statistics(tally, account), (*unread, *scenes.notes))


def warm_up() -> None:
    """Compile the kernels, or load them compiled, so that the first product does not wait for it."""
    from processing.stack import BandCells, Stack

    for method in registry.methods().values():
        mask = registry.masks()[method.mask]
        bands = tuple(dict.fromkeys((*mask.measures, *method.compares)))
        buffer = np.ones(5 * len(bands), np.uint16)
        index, offset = np.zeros(1, np.int32), np.zeros(5, np.int32)
        stack = Stack(
            observations=range(5),
            scene_class=np.full((5, 1, 1), 11, np.uint8),
            valid=np.ones((5, 1, 1), bool),
            bands={
                band: BandCells(buffer[5 * k : 5 * k + 5].reshape(5, 1, 1), index, index, offset)
                for k, band in enumerate(bands)
            },
            buffer=buffer,
        )
        mask.refine(stack)
        chosen = method.choose(stack)
        Compositor.gather_band(stack, bands[0], chosen)


def _make_readable(
    spec: MosaicSpec,
    plan: ProductPlan,
    granules: Sequence[Granule],
    folder: Path,
    tally: _Tally,
    limits: Limits,
    tell: Progress,
) -> tuple[Scenes, list[WrittenFile], list[str]]:
    """Make the data files; whenever a granule turns out unreadable begin anew without it.

    Beginning anew keeps a product the same whichever block met the damage first.
    """
    unread: list[str] = []
    left = list(granules)
    while left:
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            scenes = open_scenes(spec, left, tally.clock, limits.threads, tell)
            return scenes, _write_data(spec, plan, scenes, folder, tally, limits, tell), unread
        except GranuleUnreadable as damage:
            unread.append(f"{damage}; it was left out.")
            left.remove(next(granule for granule in left if granule.item_id == damage.granule.item_id))
            tally.pixels = tally.with_data = 0
    raise NoReadableScene(f"No scene of this area and period can be read: {unread[0]}")


def _write_data(
    spec: MosaicSpec,
    plan: ProductPlan,
    scenes: Scenes,
    folder: Path,
    tally: _Tally,
    limits: Limits,
    tell: Progress,
) -> list[WrittenFile]:
    """Composite all blocks and write them, then complete the files."""
    layers = output_layers(spec)
    size = block_size(plan.grid, pixel_bytes=scenes.pixel_bytes, memory_mb=limits.memory_mb, threads=limits.threads)
    blocks = list(plan.grid.blocks(size))
    written_as = registry.formats()[spec.format]
    with written_as.writer(
        folder, suffix=_suffix(spec, plan), grid=plan.grid, layers=layers, threads=limits.threads
    ) as writer:
        for number, (block, made) in enumerate(_composed(spec, plan.grid, scenes.compositor, blocks, limits)):
            with tally.clock.measuring("writing"):
                writer.write(block, made)
            _count(tally, spec, made)
            tell("compositing", 5 + 70 * (number + 1) / len(blocks))
        with tally.clock.measuring("writing"):
            return writer.finish(lambda share: tell("writing", 75 + 20 * share))


def _composed(
    spec: MosaicSpec, grid: Grid, compositor: Compositor, blocks: Sequence[Block], limits: Limits
) -> Iterator[tuple[Block, dict[str, np.ndarray]]]:
    """The blocks in order, each composited in a thread while earlier ones are written.

    No more blocks than threads are under way or waiting, so that memory stays what ``block_size`` reckoned with.
    """

    def compose(block: Block) -> dict[str, np.ndarray]:
        with rasterio.Env(**GDAL_OPTIONS):
            return compositor.compose(grid.part(block), bands=spec.bands, layers=spec.layers)

    pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="block")
    under_way: list[tuple[Block, Future[dict[str, np.ndarray]]]] = []
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


def _count(tally: _Tally, spec: MosaicSpec, made: dict[str, np.ndarray]) -> None:
    """Count pixels and those that hold data, by the first ordered band or layer that can tell."""
    name = (*spec.bands, *spec.layers)[0]
    values = made[name]
    tally.pixels += values.size
    if name in spec.bands:
        tally.with_data += int(np.count_nonzero(values != REFLECTANCE_NODATA))
    elif name == "valid_obs":
        tally.with_data += int(np.count_nonzero(values))
    else:
        layer = next(layer for layer in output_layers(spec) if layer.name == name)
        tally.with_data += int(np.count_nonzero(values != layer.nodata))


def _suffix(spec: MosaicSpec, plan: ProductPlan) -> str:
    """The part that all file names of a product share: M10_20180501_Name."""
    return f"{spec.period.letter}{spec.resolution}_{spec.period.first_day:%Y%m%d}_{plan.name}"


def _list_files(
    into: Path, final: Path, files: Sequence[WrittenFile], sidecars: Sequence[Path]
) -> tuple[MadeFile, ...]:
    place = final.relative_to(into)
    data = [(file.path, "data", file.layers[0].name if len(file.layers) == 1 else None) for file in files]
    return tuple(
        MadeFile(str(place / path.name), path.stat().st_size, sha256(path), role, layer)
        for path, role, layer in [*data, *((path, "metadata", None) for path in sidecars)]
    )


def _statistics(tally: _Tally, account: Account) -> dict[str, Any]:
    return {
        "granules": len(account.granules),
        "left_out": len(account.rejected),
        "width": account.grid.width,
        "height": account.grid.height,
        "valid_share": round(tally.with_data / tally.pixels, 4) if tally.pixels else 0.0,
        "seconds": tally.clock.seconds(),
    }
