"""Where the generated archive lies: two MGRS tiles, the window over them, and each tile's part of it."""

from dataclasses import dataclass

from rasterio import Affine

EPSG = 32633
LATTICE_M = 60
"""Every edge is a multiple of this, so that the 10, 20 and 60 m pixels nest."""

TILE_SIDE_M = 109_800
TILES = {"33TWL": (499_980, 5_100_000), "33TWM": (499_980, 5_200_020)}
"""Upper left corner of each tile in EPSG:32633, metres; 33TWM is the northern neighbour."""

OVERLAP_SOUTH_M = TILES["33TWM"][1] - TILE_SIDE_M
OVERLAP_NORTH_M = TILES["33TWL"][1]


@dataclass(frozen=True)
class Window:
    """A rectangle on the 60 m lattice of EPSG:32633, in metres."""

    left: int
    top: int
    width_m: int
    height_m: int

    @property
    def right(self) -> int:
        return self.left + self.width_m

    @property
    def bottom(self) -> int:
        return self.top - self.height_m

    def shape(self, pixel_m: int) -> tuple[int, int]:
        """(height, width) in pixels of ``pixel_m`` metres."""
        return self.height_m // pixel_m, self.width_m // pixel_m

    def transform(self, pixel_m: int) -> Affine:
        """Pixel (column, row) to metres."""
        return Affine(pixel_m, 0, self.left, 0, -pixel_m, self.top)

    def within(self, outer: "Window", pixel_m: int) -> tuple[slice, slice]:
        """Rows and columns of this window in an array of ``outer`` at ``pixel_m`` metres."""
        row, col = (outer.top - self.top) // pixel_m, (self.left - outer.left) // pixel_m
        height, width = self.shape(pixel_m)
        return slice(row, row + height), slice(col, col + width)

    def part_in_tile(self, tile: str) -> "Window":
        """The part of this window that ``tile`` covers."""
        left, top = TILES[tile]
        west, east = max(self.left, left), min(self.right, left + TILE_SIDE_M)
        north, south = min(self.top, top), max(self.bottom, top - TILE_SIDE_M)
        return Window(west, north, east - west, north - south)


def archive_window(size_km: float, tiles: tuple[str, ...]) -> Window:
    """Square of about ``size_km`` over the border of the tiles, or in the middle of the only one.

    A window larger than the tiles' overlap is centred on it, and each tile has a part of its own.
    A smaller one lies across the southern tile's upper edge, so that the tiles still cover different parts of it.
    """
    side = _on_lattice(size_km * 1000)
    if len(tiles) == 1:
        middle = TILES[tiles[0]][1] - TILE_SIDE_M / 2
    elif side > OVERLAP_NORTH_M - OVERLAP_SOUTH_M:
        middle = (OVERLAP_NORTH_M + OVERLAP_SOUTH_M) / 2
    else:
        middle = OVERLAP_NORTH_M
    left = TILES["33TWL"][0] + _on_lattice((TILE_SIDE_M - side) / 2)
    return Window(left, _on_lattice(middle + side / 2), side, side)


def _on_lattice(metres: float) -> int:
    return int(metres // LATTICE_M) * LATTICE_M
