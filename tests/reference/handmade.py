"""Small archives made by hand of random numbers that come near every rule: swath edges, ties, snow, gaps."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

from .handmade_angles import metadata

ZONE = 32633
WEST, NORTH = 270_000, 5_100_000
"""Upper left corner of the ground in ``ZONE``: multiples of 60 m, a few kilometres from zone 32."""

NATIVE_M = {
    "B01": 60, "B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20, "B08": 10, "B8A": 20,
    "B11": 20, "B12": 20,
}  # fmt: skip
FIRST_DAY = datetime(2021, 6, 1, 10, 0, 31)

# Reflectance x 10000 of what may lie on the ground, B02 B03 B04 B08 B8A B11 B12, and its usual scene class.
# They are chosen so that stacks of them come to every rule of the short-term tree.
SURFACES = {
    "crop": ((300, 500, 300, 4500, 4600, 1800, 900), 4),
    "forest": ((150, 300, 180, 2400, 2500, 1100, 500), 4),
    "soil": ((900, 1300, 1800, 2600, 2700, 3400, 2900), 5),
    "dry": ((300, 500, 2200, 2500, 2500, 4500, 3500), 5),
    "bright soil": ((2500, 3000, 3600, 4200, 4300, 5200, 4800), 5),
    "lake": ((600, 500, 400, 120, 110, 60, 40), 6),
    "muddy": ((1200, 1500, 1400, 500, 480, 380, 300), 6),
    "dark": ((120, 90, 60, 150, 160, 80, 40), 2),
    "haze": ((1900, 1800, 1700, 2600, 2600, 1500, 1100), 4),
    "cloud": ((4500, 4400, 4400, 4800, 4800, 3600, 2900), 5),
    "white cloud": ((9000, 8800, 8600, 8900, 8800, 6000, 5000), 5),
    "snow": ((7800, 7600, 7300, 6800, 6500, 900, 700), 11),
    "dim snow": ((2900, 2800, 2700, 2650, 2600, 350, 250), 11),
    "wet snow": ((7000, 6800, 6500, 2400, 2300, 250, 150), 11),
    "no snow": ((3500, 3300, 3200, 3300, 3400, 2500, 2000), 11),
}
THEMES = (
    ("crop", "forest", "haze"),
    ("soil", "dry", "bright soil"),
    ("dry",),
    ("lake",),
    ("lake", "muddy", "dark"),
    ("cloud", "white cloud"),
    ("white cloud",),
    ("snow", "dim snow", "wet snow", "no snow"),
    ("dim snow",),
    ("wet snow",),
    ("snow",),
    tuple(SURFACES),
)


@dataclass(frozen=True)
class Recipe:
    """What kind of archive to make."""

    seed: int
    overpasses: int
    edge_px: int = 24
    """Edge of the ground, in pixels of ``ground_m``."""

    ground_m: int = 20
    """Pixels of one surface; the mosaic's resolution, where surfaces shall stay unmixed."""

    bands: Sequence[str] = tuple(NATIVE_M)
    others: Sequence[str] = ("AOT", "CLD", "SNW", "MTD")
    """Other files there are."""

    sparse: Sequence[str] = ()
    """Those of them that every third scene lacks."""

    offsets: Sequence[int] = (-1000, 0)
    other_zone: bool = True
    """Whether some overpasses are seen by a tile of the neighbouring UTM zone."""

    shift_m: int = 0
    """How far the rasters' corners are moved off the lattice of 60 m."""

    aot_m: int = 10
    classes: str = "usual"
    """"usual": the surface's class three times in four, else any of 0 to 12; "pure": always the surface's."""

    wild: bool = False
    """Whether spectra are of no surface at all: every band any number, of soil, vegetation or snow by class."""

    step: int = 1
    """Reflectances are multiples of it: with large ones many lie just on a threshold, and many are equal."""


@dataclass
class _Ground:
    """What has been made so far: the surfaces of every overpass, for ties."""

    recipe: Recipe
    rng: np.random.Generator
    themes: np.ndarray
    spectra: list[dict[str, np.ndarray]] = field(default_factory=list)


def write_archive(folder: Path, recipe: Recipe) -> Path:
    """The items.json of a new archive; equal recipes give equal archives."""
    rng = np.random.default_rng(recipe.seed)
    edge = recipe.edge_px
    ground = _Ground(recipe, rng, rng.integers(0, len(THEMES), (edge, edge)))
    features = []
    for number in range(recipe.overpasses):
        start = FIRST_DAY + timedelta(days=number % 28, hours=number // 28)
        offset = recipe.offsets[number % len(recipe.offsets)]
        spectra, classes = _seen(ground)
        for tile in _tiles(ground, number):
            name = f"{tile}_{number:02d}"
            files = [kind for kind in recipe.others if not (kind in recipe.sparse and number % 3 == 1)]
            _write_scene(folder / name, ground, tile, _cut(ground, tile, spectra, classes), offset, files)
            features.append(_item(name, tile, start, offset, [*recipe.bands, "SCL", *files], ground))
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def ground_bounds(recipe: Recipe) -> tuple[float, float, float, float]:
    """West, south, east, north of the ground in ``ZONE``."""
    edge = recipe.edge_px * recipe.ground_m
    return WEST + recipe.shift_m, NORTH - recipe.shift_m - edge, WEST + recipe.shift_m + edge, NORTH - recipe.shift_m


def _tiles(ground: _Ground, number: int) -> list[str]:
    """The tiles that an overpass is split into: one or both of its zone, or one of the neighbouring zone."""
    if ground.recipe.other_zone and number % 7 == 3:
        return ["32TQS"]
    return [["33TUM"], ["33TUN"], ["33TUM", "33TUN"]][int(ground.rng.integers(0, 3)) if number else 2]


def _seen(ground: _Ground) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """One overpass over the ground: reflectance x 10000 by band, and scene classes, all (y, x) of the ground."""
    rng, edge = ground.rng, ground.recipe.edge_px
    names = list(SURFACES)
    surface = np.empty((edge, edge), int)
    for theme, choices in enumerate(THEMES):
        here = ground.themes == theme
        surface[here] = [names.index(choices[pick]) for pick in rng.integers(0, len(choices), int(here.sum()))]
    table = np.array([SURFACES[name][0] for name in names], float)
    shade = rng.uniform(0.85, 1.2, (edge, edge))
    seen = table[surface] * shade[..., None] * rng.uniform(0.93, 1.07, (edge, edge, table.shape[1]))
    compared = ("B02", "B03", "B04", "B08", "B8A", "B11", "B12")
    if ground.recipe.wild:
        seen = rng.uniform(0, 1, seen.shape)
        seen[..., :3] *= rng.choice([1500, 4000, 9000, 14000], (edge, edge, 1))
        seen[..., 3:] *= rng.choice([1500, 6000, 12000, 16000], (edge, edge, 1))
        snowy = rng.random((edge, edge)) < 0.5
        seen[..., 5] = np.where(snowy, seen[..., 1] * rng.uniform(0.12, 0.3, (edge, edge)), seen[..., 5])
    spectra = {band: np.rint(seen[..., place]).astype(int) for place, band in enumerate(compared)}
    for band, (low, high) in {"B05": ("B04", "B8A"), "B06": ("B04", "B8A"), "B07": ("B08", "B8A")}.items():
        spectra[band] = (spectra[low] + 3 * spectra[high]) // 4 + rng.integers(-40, 40, (edge, edge))
    spectra["B01"] = spectra["B02"] + rng.integers(-60, 60, (edge, edge))
    # Below zero, as dark water is after the correction of the atmosphere.
    for band in ("B08", "B11", "B12"):
        spectra[band] -= np.where(rng.random((edge, edge)) < 0.03, rng.integers(0, 700, (edge, edge)), 0)
    spectra = {band: array // ground.recipe.step * ground.recipe.step for band, array in spectra.items()}
    if ground.spectra:
        earlier = ground.spectra[int(rng.integers(0, len(ground.spectra)))]
        same = rng.random((edge, edge)) < 0.12
        spectra = {band: np.where(same, earlier[band], array) for band, array in spectra.items()}
    ground.spectra.append(spectra)
    classes = np.array([SURFACES[name][1] for name in names])[surface]
    if ground.recipe.classes == "usual":
        odd = rng.random((edge, edge)) < 0.25
        classes = np.where(odd, rng.integers(0, 13, (edge, edge)), classes)
    if ground.recipe.wild:
        classes = rng.choice([4, 5, 11], (edge, edge))
    return spectra, classes


def _cut(ground: _Ground, tile: str, spectra, classes):
    """The part of an overpass that a tile sees: 33TUM the western two thirds, 33TUN the eastern ones."""
    third = ground.recipe.edge_px // 3
    columns = {"33TUM": slice(0, 2 * third), "33TUN": slice(third, None), "32TQS": slice(None)}[tile]
    classes = classes[:, columns].copy()
    if tile == "33TUN":
        # A wedge without data, where the other tile of the datatake may still see the ground.
        classes[np.add.outer(np.arange(classes.shape[0]), np.arange(classes.shape[1])) < classes.shape[1] // 2] = 0
    return {band: array[:, columns] for band, array in spectra.items()}, classes, columns.start or 0


def _write_scene(folder: Path, ground: _Ground, tile: str, part, offset: int, files: Sequence[str]) -> None:
    spectra, classes, first_column = part
    recipe, rng = ground.recipe, ground.rng
    folder.mkdir(parents=True)
    corner = (WEST + recipe.shift_m + first_column * recipe.ground_m, NORTH - recipe.shift_m)
    epsg = ZONE
    if tile.startswith("32"):
        # Near the edge of a zone north is turned by some degrees; the raster covers only a part of the ground.
        epsg = 32632
        x, y = Transformer.from_crs(ZONE, epsg, always_xy=True).transform(*corner)
        corner = (round(x / 60) * 60, round(y / 60) * 60)
    for band in recipe.bands:
        numbers = _at_size(spectra[band], recipe.ground_m, NATIVE_M[band])
        if NATIVE_M[band] < recipe.ground_m:
            numbers = numbers + rng.integers(-8, 8, numbers.shape)
        numbers = np.clip(numbers - offset, 1, 65535)
        numbers[rng.random(numbers.shape) < 0.004] = 0
        _write(folder / f"{band}.tif", numbers.astype(np.uint16), corner, NATIVE_M[band], epsg)
    scl = _at_size(classes, recipe.ground_m, 20).astype(np.uint8)
    _write(folder / "SCL.tif", scl, corner, 20, epsg)
    if "AOT" in files:
        aot = rng.integers(0, 900, _at_size(classes, recipe.ground_m, recipe.aot_m).shape)
        aot[rng.random(aot.shape) < 0.1] = 0
        _write(folder / "AOT.tif", aot.astype(np.uint16), corner, recipe.aot_m, epsg)
    for kind in ("CLD", "SNW"):
        if kind in files:
            percent = rng.choice([0, 0, 7, 20, 20, 55, 99, 100, 101], scl.shape).astype(np.uint8)
            _write(folder / f"{kind}.tif", percent, corner, 20, epsg)
    if "MTD" in files:
        (folder / "MTD_TL.xml").write_text(metadata(rng, corner, recipe.edge_px * recipe.ground_m, epsg))


def _at_size(array: np.ndarray, ground_m: int, size_m: int) -> np.ndarray:
    """The ground's pixels in pixels of another size: repeated where finer, each first one taken where coarser."""
    if size_m > ground_m:
        return array[:: size_m // ground_m, :: size_m // ground_m]
    times = ground_m // size_m
    return array.repeat(times, 0).repeat(times, 1)


def _write(path: Path, pixels: np.ndarray, corner: tuple[float, float], size_m: int, epsg: int) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=pixels.shape[1], height=pixels.shape[0], count=1, dtype=pixels.dtype,
        crs=f"EPSG:{epsg}", transform=rasterio.Affine(size_m, 0, corner[0], 0, -size_m, corner[1]), nodata=0,
    ) as dataset:  # fmt: skip
        dataset.write(pixels, 1)


def _item(name: str, tile: str, start: datetime, offset: int, files: Sequence[str], ground: _Ground) -> dict:
    west, south, east, north = ground_bounds(ground.recipe)
    to_degrees = Transformer.from_crs(ZONE, 4326, always_xy=True)
    corners = [(west, south), (east, south), (east, north), (west, north)]
    x, y = zip(*(to_degrees.transform(*corner) for corner in corners), strict=True)
    left, bottom, right, top = min(x) - 0.01, min(y) - 0.01, max(x) + 0.01, max(y) + 0.01
    baseline = "05.00" if offset else "03.01"
    started = f"{start:%Y%m%dT%H%M%S}"
    orbit = 30000 + (start - FIRST_DAY).days
    assets = {kind: {"href": f"{name}/{kind}.tif"} for kind in files if kind != "MTD"}
    for band in ground.recipe.bands:
        assets[band]["raster:bands"] = [{"nodata": 0, "scale": 0.0001, "offset": offset / 10000}]
    if "MTD" in files:
        assets["granule_metadata"] = {"href": f"{name}/MTD_TL.xml"}
    assets = {{"CLD": "cloud", "SNW": "snow"}.get(kind, kind): asset for kind, asset in assets.items()}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"S2A_{tile}_{started}",
        "collection": "sentinel-2-l2a",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]],
        },
        "properties": {
            "datetime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "platform": "sentinel-2a",
            "grid:code": f"MGRS-{tile}",
            "s2:product_type": "S2MSI2A",
            "s2:processing_baseline": baseline,
            "s2:datatake_id": f"GS2A_{started}_{orbit:06d}_N{baseline}",
            "s2:granule_id": f"S2A_OPER_MSI_L2A_TL_XXXX_{started}_A{orbit:06d}_T{tile}_N{baseline}",
        },
        "links": [],
        "assets": assets,
    }
