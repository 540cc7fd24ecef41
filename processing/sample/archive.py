"""The archive on disk: granules as folders of COGs with the ``items.json`` that describes them, or SAFE products."""

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

from processing.sample.granule_xml import GRANULE_XML, granule_xml
from processing.sample.grids import TILE_SIDE_M, TILES, Window, archive_window
from processing.sample.items import make_item
from processing.sample.landscape import Landscape, make_landscape
from processing.sample.names import Names
from processing.sample.passes import Pass, plan_passes
from processing.sample.rasters import cog
from processing.sample.safe import write_product
from processing.sample.scene import PIXEL_M, Scene, make_scene
from processing.sample.weather import cover_shares, make_sky

GENERATOR = 2
"""Counts the changes that make other pixels or other items of the same arguments."""

ITEMS = "items.json"
RECORD = "archive.json"
LAYOUTS = ("cog", "safe")

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
    layout: str = "cog"

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
            (self.layout in LAYOUTS, f"The layout must be {' or '.join(LAYOUTS)}, not {self.layout}."),
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
    layout: str = "cog",
    threads: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Where to order from: a generated archive in ``folder``, made now unless it is there already.

    The path of its ``items.json``; of layout "safe" the folder itself, which holds ``.SAFE`` products and no items.

    The folder appears whole or not at all. An archive of other arguments is replaced; a folder that holds
    anything else is left alone and a FileExistsError raised. Nonsense arguments raise a ValueError.
    ``progress`` is called with percent. Memory grows with the area: 0.5 GB for 20 km, 1.3 GB for 40 km.
    """
    if not 1 <= threads <= 64:
        raise ValueError(f"The number of threads must be between 1 and 64, not {threads}.")
    recipe = Recipe(size_km, dates, start, seed, cloudiness, blocksize, tuple(tiles), layout)
    folder = Path(folder).absolute()
    if _holds(folder, recipe):
        return _source(folder, recipe)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_maker(folder.parent):
        # Another process may have made it while this one waited.
        if not _holds(folder, recipe):
            _refuse_foreign(folder)
            _make(folder, recipe, threads, progress or (lambda percent: None))
    return _source(folder, recipe)


def _source(folder: Path, recipe: Recipe) -> Path:
    return folder if recipe.layout == "safe" else folder / ITEMS


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
    return bool(sizes) and sizes == record["files"]


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
        if recipe.layout == "cog":
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
    """Items of all granules, by time and tile, none of SAFE products; their files are in ``folder``."""
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
    """Items of one datatake: a granule of each tile in which it measured anything. SAFE products have none."""
    sky = make_sky(passing, window.shape(20), cover, recipe.seed)
    scene = make_scene(landscape, passing, sky, window, recipe.seed)
    items = []
    for tile in recipe.tiles:
        names, grid = Names(passing, tile), window.part_in_tile(tile)
        part = scene.part(grid, window)
        if not part.scene_class.any():
            continue
        if recipe.layout == "safe":
            write_product(folder, names, grid, window, part, recipe.blocksize)
            continue
        _write_cogs(folder / names.item, part, grid, recipe.blocksize)
        (folder / names.item / GRANULE_XML).write_bytes(granule_xml(names, grid, window, part))
        items.append(make_item(names, grid, part.scene_class, window))
    return items


def _write_cogs(granule: Path, scene: Scene, grid: Window, blocksize: int) -> None:
    granule.mkdir()
    for layer, pixels in scene.rasters.items():
        (granule / f"{layer}.tif").write_bytes(cog(layer, pixels, grid, PIXEL_M[layer], blocksize))
