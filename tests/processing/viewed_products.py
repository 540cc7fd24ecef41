"""Small products as the viewer's tests look into them, and what they hold as other libraries read it."""

import math
import warnings
from pathlib import Path

import accounts
import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.io import MemoryFile

from processing.account import Account
from processing.grid import Grid, grid_around
from processing.layers import RASTERS
from processing.sidecars import write_sidecars

GRIDS = {
    "utm": grid_around((500_100, 5_090_000, 504_100, 5_093_000), epsg=32633, resolution_m=20),
    "southern utm": grid_around((500_100, 6_090_000, 503_340, 6_092_500), epsg=32733, resolution_m=20),
    "wgs84": grid_around((15.0, 46.0, 15.04, 46.02), epsg=4326, resolution_m=20),
}
BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
LAYERS = ("scene_classification", "source_index", "valid_obs", "method", "observation_date", "sun_azimuth")
HALF_WORLD_M = 20_037_508.342789244
SCENES = 3


def write_product(folder: Path, *, grid: Grid, format: str = "geotiff", **changes) -> Account:
    """A whole product with random pixels, a fifth of them without data."""
    folder.mkdir(parents=True)
    crs = "utm" if grid.is_utm else "wgs84"
    account = accounts.account_of(
        folder, grid=grid, format=format, crs=crs, **{"bands": BANDS, "layers": LAYERS, "scenes": SCENES} | changes
    )
    write_sidecars(folder, account)
    return account


def numbers(account: Account, name: str) -> np.ndarray:
    """(y, x) of one of the rasters, as GDAL reads the file, in the layer's own type."""
    layer = RASTERS[name]
    file = next(file for file in account.files if layer in file.layers)
    with rasterio.open(file.dataset(layer)) as dataset:
        return dataset.read(1).astype(layer.dtype)


def middle_tile(grid: Grid, zoom: int) -> tuple[int, int, int]:
    """z, x and y of the map tile that holds the grid's middle."""
    west, south, east, north = grid.bounds
    to_map = Transformer.from_crs(grid.epsg, 3857, always_xy=True)
    x, y = to_map.transform((west + east) / 2, (south + north) / 2)
    tiles = 2**zoom / (2 * HALF_WORLD_M)
    return zoom, math.floor((x + HALF_WORLD_M) * tiles), math.floor((HALF_WORLD_M - y) * tiles)


def under(grid: Grid, z: int, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column in the grid, with fractions, of every pixel centre of a map tile: each projected by itself."""
    size = 2 * HALF_WORLD_M / 2**z / 256
    across = x * size * 256 - HALF_WORLD_M + (np.arange(256) + 0.5) * size
    down = HALF_WORLD_M - y * size * 256 - (np.arange(256) + 0.5) * size
    east, north = Transformer.from_crs(3857, grid.epsg, always_xy=True).transform(*np.meshgrid(across, down))
    west, _, _, top = grid.bounds
    return (top - north) / grid.pixel_size, (east - west) / grid.pixel_size


def well_inside(rows: np.ndarray, columns: np.ndarray, grid: Grid) -> np.ndarray:
    """Which of these places lie in the grid and not close to the border of a pixel."""
    clear = (np.abs(rows % 1 - 0.5) < 0.45) & (np.abs(columns % 1 - 0.5) < 0.45)
    return clear & (rows > 0) & (rows < grid.height) & (columns > 0) & (columns < grid.width)


def well_outside(rows: np.ndarray, columns: np.ndarray, grid: Grid) -> np.ndarray:
    return (rows < -0.1) | (rows > grid.height + 0.1) | (columns < -0.1) | (columns > grid.width + 0.1)


def picture(content: bytes) -> np.ndarray:
    """uint8 (red, green, blue, alpha; y, x) of a PNG."""
    with warnings.catch_warnings(), MemoryFile(content) as file:
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        dataset = file.open()
        assert dataset.driver == "PNG" and dataset.shape == (256, 256)
        return dataset.read()


def bright(values: np.ndarray, low: float, high: float, gamma: float = 1) -> np.ndarray:
    """What a stretch makes of stored numbers: 0..255."""
    return np.rint(255 * ((values.astype(float) - low) / (high - low)).clip(0, 1) ** (1 / gamma)).astype(np.uint8)
