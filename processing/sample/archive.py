"""The archive on disk: granules as folders of COGs, and the ``items.json`` that describes them."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio.shutil
from rasterio.io import MemoryFile

from processing.sample.grids import EPSG, TILE_SIDE_M, TILES, Window, archive_window
from processing.sample.items import granule_name, make_item
from processing.sample.landscape import Landscape, make_landscape
from processing.sample.passes import Pass, plan_passes
from processing.sample.scene import RESOLUTION_M, make_scene
from processing.sample.weather import cover_shares, make_sky

GENERATOR = 1
"""Counts the changes that make other pixels or other items of the same arguments."""

ITEMS = "items.json"
RECORD = "archive.json"

MIN_SIZE_KM, MAX_SIZE_KM = 1.2, TILE_SIDE_M / 1000
MAX_DATES = 400
FIRST_LAUNCH = date(2015, 6, 23)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides about the archive's contents. Refuses what makes no archive with a ValueError."""

    size_km: float
    dates: int
    start: date
    seed: int
    cloudiness: float
    blocksize: int
    tiles: tuple[str, ...]

    def __post_init__(self) -> None:
        checks = (
            (
                MIN_SIZE_KM <= self.size_km <= MAX_SIZE_KM,
                f"The size must be between {MIN_SIZE_KM} and {MAX_SIZE_KM} km, not {self.size_km}.",
            ),
            (
                1 <= self.dates <= MAX_DATES,
                f"The number of dates must be between 1 and {MAX_DATES}, not {self.dates}.",
            ),
            (
                FIRST_LAUNCH <= self.start <= date(2100, 1, 1),
                f"The start must lie between the launch of Sentinel-2 ({FIRST_LAUNCH}) and 2100, not {self.start}.",
            ),
            (self.seed >= 0, f"The seed must be 0 or a positive whole number, not {self.seed}."),
            (0 <= self.cloudiness <= 1, f"The cloudiness must be between 0 and 1, not {self.cloudiness}."),
            (
                self.blocksize % 128 == 0 and 128 <= self.blocksize <= 4096,
                f"The block size must be a multiple of 128 up to 4096 pixels, not {self.blocksize}.",
            ),
            (
                bool(self.tiles) and set(self.tiles) <= set(TILES) and len(set(self.tiles)) == len(self.tiles),
                f"The tiles must be {' or '.join(TILES)} or both, each once, not {', '.join(self.tiles) or 'none'}.",
            ),
        )
        for sound, complaint in checks:
            if not sound:
                raise ValueError(complaint)

    def record(self) -> dict[str, Any]:
        """The recipe as it stands in the archive's own record."""
        return asdict(self) | {"start": self.start.isoformat(), "tiles": list(self.tiles), "generator": GENERATOR}


def make_archive(
    folder: Path,
    *,
    size_km: float = 20,
    dates: int = 12,
    start: date = date(2024, 6, 3),
    seed: int = 7,
    cloudiness: float = 0.4,
    blocksize: int = 1024,
    tiles: tuple[str, ...] = ("33TWL", "33TWM"),
    threads: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Path of the ``items.json`` of a generated archive in ``folder``, made now unless it is there already.

    The folder appears whole or not at all. An archive of other arguments is replaced; a folder that holds
    anything else is left alone and a FileExistsError raised. Nonsense arguments raise a ValueError.
    ``progress`` is called with percent. Memory grows with the area: 0.5 GB for 20 km, 1.2 GB for 40 km.
    """
    if not 1 <= threads <= 64:
        raise ValueError(f"The number of threads must be between 1 and 64, not {threads}.")
    recipe = Recipe(size_km, dates, start, seed, cloudiness, blocksize, tuple(tiles))
    folder = Path(folder).absolute()
    if _holds(folder, recipe):
        return folder / ITEMS
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_maker(folder.parent):
        # Another process may have made it while this one waited.
        if not _holds(folder, recipe):
            _refuse_foreign(folder)
            _make(folder, recipe, threads, progress or (lambda percent: None))
    return folder / ITEMS


@contextmanager
def _only_maker(parent: Path) -> Iterator[None]:
    """Keeps other processes from making archives in the same place meanwhile; ends with the process at the latest."""
    handle = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _holds(folder: Path, recipe: Recipe) -> bool:
    """Whether the folder is a complete archive of this recipe, every file in its full size."""
    record = _read_record(folder)
    if record is None or record.get("recipe") != recipe.record():
        return False
    sizes = {name: _size(folder / name) for name in record.get("files", {})}
    return ITEMS in sizes and sizes == record["files"]


def _read_record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _refuse_foreign(folder: Path) -> None:
    """Nothing is overwritten but an earlier archive or an empty folder."""
    if folder.is_dir() and (_read_record(folder) is not None or not any(folder.iterdir())):
        return
    if folder.exists() or folder.is_symlink():
        raise FileExistsError(f"{folder} is no generated archive: name another folder, or remove it first.")


def _make(folder: Path, recipe: Recipe, threads: int, progress: Callable[[float], None]) -> None:
    making = folder.with_name(f".{folder.name}.making")
    # Whoever left it behind is gone, or this process would still wait for the lock.
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    try:
        items = _write_granules(making, recipe, threads, progress)
        _write_json(making / ITEMS, {"type": "FeatureCollection", "features": items})
        files = {
            path.relative_to(making).as_posix(): path.stat().st_size
            for path in sorted(making.rglob("*.*"))
            if path.is_file()
        }
        _write_json(making / RECORD, {"recipe": recipe.record(), "files": files})
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _write_granules(
    folder: Path, recipe: Recipe, threads: int, progress: Callable[[float], None]
) -> list[dict[str, Any]]:
    """Items of all granules, by time and tile; their files are in ``folder``."""
    window = archive_window(recipe.size_km, recipe.tiles)
    landscape = make_landscape(window.shape(10), recipe.seed)
    covers = cover_shares(recipe.dates, recipe.cloudiness)
    items: list[dict[str, Any]] = []
    progress(5.0)
    with ThreadPoolExecutor(threads) as pool:
        waiting = [
            pool.submit(_write_pass, folder, recipe, window, landscape, passing, cover)
            for passing, cover in zip(plan_passes(recipe.start, recipe.dates), covers, strict=True)
        ]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                items += future.result()
                progress(5 + 95 * done / recipe.dates)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return sorted(items, key=lambda item: (item["properties"]["datetime"], item["id"]))


def _write_pass(
    folder: Path, recipe: Recipe, window: Window, landscape: Landscape, passing: Pass, cover: float
) -> list[dict[str, Any]]:
    """Items of one datatake: a granule of each tile in which it measured anything."""
    sky = make_sky(passing, window.shape(20), cover, recipe.seed)
    scene = make_scene(landscape, passing, sky, window, recipe.seed)
    items = []
    for tile in recipe.tiles:
        grid = window.part_in_tile(tile)
        scene_class = scene.scene_class[grid.within(window, 20)]
        if not scene_class.any():
            continue
        granule = folder / granule_name(passing, tile)
        granule.mkdir()
        for band, metres in RESOLUTION_M.items():
            pixels = scene.bands[band][grid.within(window, metres)]
            _write_cog(granule / f"{band}.tif", pixels, grid, metres, recipe.blocksize)
        _write_cog(granule / "SCL.tif", scene_class, grid, 20, recipe.blocksize)
        items.append(make_item(passing, tile, grid, scene_class, window))
    return items


def _write_cog(path: Path, pixels: np.ndarray, grid: Window, metres: int, blocksize: int) -> None:
    """A deflated COG; blocks are not made larger than the image, which would only pad it."""
    height, width = pixels.shape
    # In memory first: closing a COG that is opened for writing holds the interpreter's lock, copying does not;
    # and Python, unlike GDAL, says plainly when the disk is full.
    with MemoryFile() as plain, MemoryFile() as cog:
        with plain.open(
            driver="GTiff",
            width=width,
            height=height,
            count=1,
            dtype=pixels.dtype,
            crs=f"EPSG:{EPSG}",
            transform=grid.transform(metres),
            nodata=0,
        ) as image:
            image.write(pixels, 1)
        rasterio.shutil.copy(
            plain.name,
            cog.name,
            driver="COG",
            compress="DEFLATE",
            predictor="STANDARD",
            # Twice as fast as the default here, and no larger.
            level=1,
            blocksize=min(blocksize, -(-max(height, width) // 128) * 128),
            # Classes have no average.
            overview_resampling="AVERAGE" if pixels.dtype == np.uint16 else "NEAREST",
        )
        path.write_bytes(cog.getbuffer())
