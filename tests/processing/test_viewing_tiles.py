"""Map tiles of products: every pixel of the map shows the product's pixel that lies there."""

import warnings

import numpy as np
import pytest
import rasterio
import viewed_products as viewed
from rasterio.crs import CRS
from rio_tiler.colormap import cmap
from rio_tiler.io import Reader

from processing.grid import Grid
from processing.layers import RASTERS
from processing.viewing.errors import LookRefused, ProductUnreadable
from processing.viewing.look import Look
from processing.viewing.map_tiles import DEEPEST_ZOOM, MapTile
from processing.viewing.view import ProductView, nothing

FORMATS = ("geotiff", "jp2", "netcdf")
NATIVE = 14
"""At this zoom a pixel of the map is smaller than one of 20 m."""

TRUE_COLOUR = Look.parse(show="B04,B03,B02", ranges="1,200")


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """Account and view of a product by format and kind of grid."""
    made = {}

    def product(format="geotiff", kind="utm"):
        if (format, kind) not in made:
            folder = tmp_path_factory.mktemp("viewing") / "product"
            account = viewed.write_product(folder, grid=viewed.GRIDS[kind], format=format)
            made[format, kind] = account, ProductView.open(folder)
        return made[format, kind]

    return product


def compare(account, view, look, expected, *, zoom=NATIVE):
    """Hold a tile against what is expected, uint8 (channel, row, column) of the product, 0 alpha without data."""
    z, x, y = viewed.middle_tile(account.grid, zoom)
    shown = viewed.picture(view.tile(look, z, x, y))
    rows, columns = viewed.under(account.grid, z, x, y)
    clear = viewed.well_inside(rows, columns, account.grid)
    assert clear.sum() > 5000
    there = expected[:, rows[clear].astype(int), columns[clear].astype(int)]
    np.testing.assert_array_equal(shown[3, clear], there[3])
    np.testing.assert_array_equal(shown[:3, clear] * (there[3] > 0), there[:3] * (there[3] > 0))
    assert not shown[3, viewed.well_outside(rows, columns, account.grid)].any()


def opaque(*arrays, names):
    """Alpha of a product's pixels: 255 where all of the rasters have data."""
    known = np.logical_and.reduce([array != RASTERS[name].nodata for array, name in zip(arrays, names, strict=True)])
    return np.where(known, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("kind", viewed.GRIDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_tile_shows_the_files_numbers(products, format, kind):
    account, view = products(format, kind)
    bands = [viewed.numbers(account, name) for name in TRUE_COLOUR.show]
    expected = np.stack([viewed.bright(band, 1, 200) for band in bands] + [opaque(*bands, names=TRUE_COLOUR.show)])
    compare(account, view, TRUE_COLOUR, expected)


def test_far_beyond_its_own_resolution_a_tile_shows_single_pixels(products):
    account, view = products()
    bands = [viewed.numbers(account, name) for name in TRUE_COLOUR.show]
    expected = np.stack([viewed.bright(band, 1, 200) for band in bands] + [opaque(*bands, names=TRUE_COLOUR.show)])
    compare(account, view, TRUE_COLOUR, expected, zoom=18)


def test_each_channel_has_its_own_range_and_gamma_brightens(products):
    account, view = products()
    look = Look.parse(show="B08,B04,B03", ranges="0,400;10,120;50,60", gamma="2")
    bands = [viewed.numbers(account, name) for name in look.show]
    channels = [viewed.bright(band, *limits, 2) for band, limits in zip(bands, look.ranges, strict=True)]
    compare(account, view, look, np.stack([*channels, opaque(*bands, names=look.show)]))


def test_two_rasters_are_red_and_cyan(products):
    account, view = products()
    look = Look.parse(show="B12,B04", ranges="0,200")
    red, cyan = (viewed.bright(viewed.numbers(account, name), 0, 200) for name in look.show)
    alpha = opaque(*(viewed.numbers(account, name) for name in look.show), names=look.show)
    compare(account, view, look, np.stack([red, cyan, cyan, alpha]))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["scene_classification", "method"])
def test_classes_have_exactly_their_flags_colours_whatever_is_asked(products, format, name):
    account, view = products(format)
    classes = viewed.numbers(account, name)
    colours = {flag.value: list(bytes.fromhex(flag.colour[1:])) for flag in RASTERS[name].flags}
    expected = np.zeros((4, *classes.shape), np.uint8)
    for value in np.unique(classes):
        expected[:3, classes == value] = np.array(colours.get(int(value), [255, 0, 255]))[:, None]
    expected[3] = opaque(classes, names=[name])
    compare(account, view, Look.parse(show=name, ranges="0,1", colours="magma"), expected)


def test_scenes_have_colours_of_their_own(products):
    account, view = products()
    z, x, y = viewed.middle_tile(account.grid, NATIVE)
    shown = viewed.picture(view.tile(Look(("source_index",)), z, x, y))
    assert len(np.unique(shown[:, shown[3] > 0], axis=1).T) == viewed.SCENES


@pytest.mark.parametrize("name", ["valid_obs", "sun_azimuth", "B11"])
def test_a_single_raster_is_shown_through_its_ramp(products, name):
    account, view = products()
    values = viewed.numbers(account, name)
    low, high = -3000, 300
    colours = np.array([cmap.get("viridis")[step][:3] for step in range(256)], np.uint8)
    expected = np.zeros((4, *values.shape), np.uint8)
    expected[:3] = np.moveaxis(colours[viewed.bright(values, low, high)], -1, 0)
    expected[3] = opaque(values, names=[name])
    compare(account, view, Look((name,), ((low, high),), "viridis"), expected)


@pytest.mark.parametrize(
    ("index", "bands"),
    [("ndvi", ("B08", "B04")), ("ndwi", ("B03", "B08")), ("ndmi", ("B08", "B11")), ("nbr", ("B08", "B12"))],
)
def test_an_index_is_shown_through_the_ramp(products, index, bands):
    account, view = products("netcdf", "wgs84")
    first, second = (viewed.numbers(account, band).astype(float) for band in bands)
    known = (first != 65535) & (second != 65535) & (first + second > 0)
    value = np.divide(first - second, first + second, out=np.zeros_like(first), where=known).astype(np.float32)
    colours = np.array([cmap.get("puor")[step][:3] for step in range(256)], np.uint8)
    expected = np.zeros((4, *value.shape), np.uint8)
    expected[:3] = np.moveaxis(colours[viewed.bright(value, -0.5, 0.8)], -1, 0)
    expected[3] = np.where(known, 255, 0)
    compare(account, view, Look((index,), ((-0.5, 0.8),), "puor"), expected)


def test_without_a_range_reflectances_are_stretched_from_the_2nd_to_the_98th_percentile(products):
    account, view = products()
    bands = [viewed.numbers(account, name) for name in ("B04", "B03", "B02")]
    limits = [np.percentile(band[band != 65535], (2, 98)) for band in bands]
    shown = [viewed.bright(band, *limit) for band, limit in zip(bands, limits, strict=True)]
    compare(account, view, Look.parse(show="B04,B03,B02"), np.stack([*shown, opaque(*bands, names=["B04"] * 3)]))


@pytest.mark.parametrize("format", FORMATS)
def test_small_on_the_map_a_product_shows_pixels_of_its_own_never_mixed_ones(tmp_path, format):
    grid = Grid(32633, 25_005, -254_650, 2300, 1400, 20)
    values = np.random.default_rng(3).choice(np.array([1000, 3000], np.uint16), (grid.height, grid.width))
    values[:200] = 65535
    account = viewed.write_product(
        tmp_path / "product", grid=grid, format=format, bands=("B11",), layers=(), pixels={"B11": values}
    )
    z, x, y = viewed.middle_tile(account.grid, 9)
    shown = viewed.picture(ProductView.open(tmp_path / "product").tile(Look(("B11",), ((0, 4000),)), z, x, y))
    there = shown[3] > 0
    assert there.sum() > 5000
    assert set(np.unique(shown[0, there])) == {round(255 / 4), round(255 * 3 / 4)}
    rows, _ = viewed.under(grid, z, x, y)
    assert not shown[3, rows < 190].any()


def test_what_rio_tiler_shows_is_the_same_but_at_the_borders_of_pixels(products):
    account, view = products()
    z, x, y = viewed.middle_tile(account.grid, NATIVE)
    file = next(file for file in account.files if RASTERS["B04"] in file.layers)
    with rasterio.open(file.path) as dataset, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Reader(None, dataset=dataset).tile(x, y, z)
    assert theirs.crs == CRS.from_epsg(3857)
    ours = viewed.picture(view.tile(Look(("B04",), ((1, 201),)), z, x, y))
    both = (ours[3] > 0) & ~theirs.array.mask[0]
    same = viewed.bright(theirs.array.data[0], 1, 201)[both] == ours[0, both]
    # It resamples twice, by half a pixel at most.
    assert both.sum() > 5000 and same.mean() > 0.6


def test_a_tile_beside_the_product_is_none_and_reads_nothing(products, tmp_path):
    account, view = products()
    z, x, y = viewed.middle_tile(account.grid, NATIVE)
    for file in account.files:
        file.path.rename(tmp_path / file.path.name)
    try:
        for beside in ((z, x + 40, y), (z, x, y - 40), (z, 0, 0), (1, 0, 1), (24, 0, 0)):
            assert view.tile(TRUE_COLOUR, *beside) is None
        with pytest.raises(FileNotFoundError):
            view.tile(TRUE_COLOUR, z, x, y)
    finally:
        for file in account.files:
            (tmp_path / file.path.name).rename(file.path)
    assert view.tile(TRUE_COLOUR, z, x, y)


def test_a_tile_without_anything_is_transparent():
    assert not viewed.picture(nothing()).any()


@pytest.mark.parametrize("zoom", range(25))
def test_there_is_an_answer_at_every_zoom(products, zoom):
    account, view = products("geotiff", "wgs84")
    shown = view.tile(TRUE_COLOUR, *viewed.middle_tile(account.grid, zoom))
    assert zoom < 10 or viewed.picture(shown)[3].any() or zoom > 20


def test_a_product_over_the_date_line_is_shown_on_both_sides(tmp_path):
    # 500 m on each side of 180 degrees east, at 17 degrees south, in zone 60.
    grid = Grid(32760, 40_942, 93_960, 100, 100, 20)
    west, east = grid.footprint.bounds[::2]
    assert west < -179.9 and east > 179.9
    viewed.write_product(tmp_path / "product", grid=grid)
    view = ProductView.open(tmp_path / "product")
    z = 13
    latitude = -17.0
    row = int((1 - np.arcsinh(np.tan(np.radians(latitude))) / np.pi) / 2 * 2**z)
    sides = [
        [tile for y in range(row - 60, row + 60) if (tile := view.tile(Look(("B11",)), z, x, y))] for x in (0, 2**z - 1)
    ]
    assert all(any(viewed.picture(tile)[3].any() for tile in tiles) for tiles in sides)


@pytest.mark.parametrize(
    "place",
    [(-1, 0, 0), (0, 1, 0), (0, 0, -1), (3, 8, 0), (3, 0, 8), (DEEPEST_ZOOM + 1, 0, 0), (10**9, 0, 0)],
)
def test_some_tiles_do_not_exist(place):
    assert not MapTile(*place).exists


def test_a_look_needs_what_the_product_holds(products):
    account, view = products()
    place = viewed.middle_tile(account.grid, NATIVE)
    for show in ("B05", "aot", "B04,B8A,B02"):
        with pytest.raises(LookRefused) as refused:
            view.tile(Look.parse(show=show), *place)
        assert (refused.value.field, refused.value.reason) == ("show", "not_in_product")


def test_a_damaged_file_is_told_and_not_kept_open(products):
    account, view = products()
    path = next(file.path for file in account.files if RASTERS["B11"] in file.layers)
    place = viewed.middle_tile(account.grid, NATIVE)
    sound = path.read_bytes()
    view.tile(Look(("B11",)), *place)
    try:
        path.write_bytes(b"II*\0 no raster")
        with pytest.raises(ProductUnreadable):
            view.tile(Look(("B11",)), *place)
    finally:
        path.write_bytes(sound)
    assert view.tile(Look(("B11",)), *place)
