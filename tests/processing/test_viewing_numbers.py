"""Pixels, statistics and legends of products: the numbers of their files."""

from datetime import date, timedelta

import numpy as np
import pytest
import viewed_products as viewed
from pyproj import Transformer

from processing.grid import Grid
from processing.layers import RASTERS
from processing.viewing.errors import LookRefused, ProductUnreadable
from processing.viewing.legend import ramp_stops
from processing.viewing.look import Look
from processing.viewing.ramps import hex_colour, ramp
from processing.viewing.statistics import BINS
from processing.viewing.view import ProductView

FORMATS = ("geotiff", "jp2", "netcdf")
NAMES = (*viewed.BANDS, *viewed.LAYERS)


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """Account and view of a product by format and kind of grid."""
    made = {}

    def product(format="geotiff", kind="utm"):
        if (format, kind) not in made:
            folder = tmp_path_factory.mktemp("numbers") / "product"
            account = viewed.write_product(folder, grid=viewed.GRIDS[kind], format=format)
            made[format, kind] = account, ProductView.open(folder)
        return made[format, kind]

    return product


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A product of which not every pixel is counted."""
    folder = tmp_path_factory.mktemp("numbers") / "large"
    grid = Grid(32633, 25_005, -254_650, 2300, 1400, 20)
    values = np.random.default_rng(3).gamma(3, 400, (grid.height, grid.width)).astype(np.uint16)
    account = viewed.write_product(folder, grid=grid, bands=("B11",), layers=(), pixels={"B11": values})
    return account, ProductView.open(folder), values


def at(grid, row, column):
    """Longitude and latitude of a place in the grid, in pixels from its upper left corner."""
    west, _, _, north = grid.bounds
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    return to_degrees.transform(west + column * grid.pixel_size, north - row * grid.pixel_size)


# --- One pixel ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", viewed.GRIDS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_pixel_has_the_files_numbers(products, format, kind):
    account, view = products(format, kind)
    rasters = {name: viewed.numbers(account, name) for name in NAMES}
    random = np.random.default_rng(1)
    for _ in range(25):
        row, column = int(random.integers(account.grid.height)), int(random.integers(account.grid.width))
        # Anywhere in the pixel, its corners included.
        inside = random.choice([0.001, 0.3, 0.5, 0.999], 2)
        reading = view.pixel(*at(account.grid, row + inside[0], column + inside[1]))
        assert (reading.row, reading.column, reading.epsg) == (row, column, account.grid.epsg)
        assert {value.layer.name: value.stored for value in reading.values} == {
            name: int(raster[row, column]) for name, raster in rasters.items()
        }


@pytest.mark.parametrize("kind", viewed.GRIDS)
def test_a_pixel_says_where_it_lies(products, kind):
    account, view = products("geotiff", kind)
    grid = account.grid
    reading = view.pixel(*at(grid, 7.2, 9.9))
    assert (reading.lon, reading.lat) == pytest.approx(at(grid, 7.5, 9.5), abs=1e-9)
    corners = [at(grid, *place) for place in ((7, 9), (7, 10), (8, 10), (8, 9))]
    assert np.allclose(reading.outline, corners, atol=1e-9, rtol=0)
    assert (reading.x, reading.y) == pytest.approx(
        (grid.bounds[0] + 9.5 * grid.pixel_size, grid.bounds[3] - 7.5 * grid.pixel_size)
    )


def test_values_have_units_and_meanings(products):
    account, view = products()
    row, column = np.argwhere(viewed.numbers(account, "B04") != 65535)[500]
    reading = view.pixel(*at(account.grid, row + 0.5, column + 0.5))
    values = {value.layer.name: value for value in reading.values}
    assert values["B04"].value == pytest.approx(values["B04"].stored / 10_000)
    assert values["sun_azimuth"].value == pytest.approx(values["sun_azimuth"].stored / 100)
    named = {flag.value: flag for flag in RASTERS["method"].flags}
    assert values["method"].flag == named.get(values["method"].stored)
    days = values["observation_date"].stored
    assert reading.date == date(2018, 3, 1) + timedelta(days=days)
    granule = account.granules[values["source_index"].stored]
    assert (reading.scene.granule, reading.scene.item) == (granule.identifier, granule.item_id)


def test_the_date_comes_from_the_scene_where_the_product_has_no_dates(tmp_path):
    account = viewed.write_product(tmp_path / "product", grid=viewed.GRIDS["utm"], layers=("source_index",))
    reading = ProductView.open(tmp_path / "product").pixel(*at(account.grid, 100.5, 100.5))
    number = int(viewed.numbers(account, "source_index")[100, 100])
    assert reading.date == account.granules[number].sensed_at.date()


def test_without_data_a_pixel_has_no_values_no_date_and_no_scene(products):
    account, view = products("netcdf")
    reading = view.pixel(*at(account.grid, 0.5, 0.5))
    assert all(value.value is None for value in reading.values)
    assert reading.date is None and reading.scene is None


@pytest.mark.parametrize("place", [(-0.01, 3), (3, -0.01), (150.01, 3), (3, 200.01)])
def test_beside_the_product_there_is_no_pixel(products, place):
    account, view = products()
    assert view.pixel(*at(account.grid, *place)) is None


@pytest.mark.parametrize("place", [(0, 90), (180, -90), (-165, 0), (195, 0), (0, 0)])
@pytest.mark.parametrize("kind", viewed.GRIDS)
def test_nor_anywhere_else_in_the_world(products, kind, place):
    assert products("geotiff", kind)[1].pixel(*place) is None


# --- Statistics -----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["utm", "wgs84"])
def test_statistics_are_numpys(products, format, kind):
    account, view = products(format, kind)
    channels, every = view.statistics(Look(("B04", "B03", "B02")))
    assert every == 1 and [channel.name for channel in channels] == ["B04", "B03", "B02"]
    for channel in channels:
        band = viewed.numbers(account, channel.name)
        values = band[band != 65535].astype(float)
        assert (channel.count, channel.low, channel.high) == (values.size, values.min(), values.max())
        assert channel.mean == pytest.approx(values.mean())
        assert channel.percentiles == {
            percent: pytest.approx(np.percentile(values, percent)) for percent in (2, 5, 25, 50, 75, 95, 98)
        }
        counts, edges = np.histogram(values, BINS, np.percentile(values, (0.5, 99.5)))
        assert (channel.counts, channel.edges) == (counts.tolist(), edges.tolist())
        assert channel.below + sum(channel.counts) + channel.above == channel.count


def test_statistics_of_an_index_are_of_its_values(products):
    account, view = products()
    (channel,) = view.statistics(Look(("ndvi",)))[0]
    near, red = (viewed.numbers(account, name).astype(float) for name in ("B08", "B04"))
    known = (near != 65535) & (red != 65535) & (near + red > 0)
    values = (near[known] - red[known]) / (near[known] + red[known])
    assert channel.count == values.size
    assert channel.mean == pytest.approx(values.mean(), abs=1e-6)
    assert channel.percentiles[98] == pytest.approx(np.percentile(values, 98), abs=1e-6)


@pytest.mark.parametrize("kind", viewed.GRIDS)
def test_statistics_within_bounds_count_the_pixels_whose_centres_lie_there(products, kind):
    account, view = products("geotiff", kind)
    grid = account.grid
    corners = [at(grid, row * grid.height, column * grid.width) for row, column in ((0.8, 0.31), (0.43, 0.77))]
    (west, south), (east, north) = corners
    (channel,) = view.statistics(Look(("valid_obs",)), (west, south, east, north))[0]
    rows, columns = np.mgrid[: grid.height, : grid.width] + 0.5
    lon, lat = at(grid, rows, columns)
    values = viewed.numbers(account, "valid_obs")
    values = values[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)]
    assert channel.count == (values != 255).sum() > 1000
    assert channel.mean == pytest.approx(values[values != 255].mean())


@pytest.mark.parametrize("bounds", [(0, 0, 1, 1), (-540, -90, -200, 90), (15.0, 45.0, 15.01, 45.01)])
def test_where_the_product_is_not_nothing_is_counted(products, bounds):
    (channel,) = products()[1].statistics(Look(("B04",)), bounds)[0]
    assert (channel.count, channel.low, channel.mean, channel.counts) == (0, None, None, [])


def test_a_view_of_less_than_a_pixel_counts_one_at_most(products):
    account, view = products()
    lon, lat = at(account.grid, 100.5, 100.5)
    (channel,) = view.statistics(Look(("B04",)), (lon - 1e-7, lat - 1e-7, lon + 1e-7, lat + 1e-7))[0]
    value = viewed.numbers(account, "B04")[100, 100]
    assert (channel.count, channel.low, channel.high) == (1, value, value)


def test_of_a_large_product_every_nth_pixel_counts(large):
    _, view, values = large
    (channel,), every = view.statistics(Look(("B11",)))
    assert every == 2
    assert channel.count == (values.shape[0] // 2) * (values.shape[1] // 2)
    assert channel.percentiles[50] == pytest.approx(np.median(values), rel=0.02)
    (part,), every = view.statistics(Look(("B11",)), (14.0, 45.0, 16.0, 45.98))
    assert part.count < channel.count


# --- Legends --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scene_classification", "method"])
def test_a_legend_of_classes_has_their_shares(products, name):
    account, view = products("jp2")
    values = viewed.numbers(account, name)
    values = values[values != 255]
    entries = {entry.value: entry for entry in view.classes(Look((name,)))}
    assert list(entries)[: len(RASTERS[name].flags)] == [flag.value for flag in RASTERS[name].flags]
    for value, entry in entries.items():
        assert entry.share == pytest.approx((values == value).mean())
    for flag in RASTERS[name].flags:
        assert (entries[flag.value].colour, entries[flag.value].meaning) == (flag.colour, flag)
    assert sum(entry.share for entry in entries.values()) == pytest.approx(1)


def test_a_legend_of_scenes_names_them(products):
    account, view = products()
    entries = view.classes(Look(("source_index",)))
    assert [entry.meaning.granule for entry in entries] == [granule.identifier for granule in account.granules]
    assert len({entry.colour for entry in entries}) == viewed.SCENES


def test_a_ramps_stops_go_from_end_to_end():
    stops = ramp_stops(Look(("valid_obs",), colours="cividis"), (0, 16))
    assert [value for value, _ in stops] == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert (stops[0][1], stops[-1][1]) == (hex_colour(ramp("cividis")[0]), hex_colour(ramp("cividis")[-1]))
    assert ramp_stops(Look(("valid_obs",), gamma=4), (0, 16))[1][1] != ramp_stops(Look(("valid_obs",)), (0, 16))[1][1]


# --- What is no product ---------------------------------------------------------------------------


def test_what_the_product_lacks_is_refused_before_anything_is_read(products):
    for ask in (products()[1].statistics, products()[1].classes, products()[1].ranges):
        with pytest.raises(LookRefused):
            ask(Look(("B05",), ())) if ask != products()[1].ranges else ask(Look(("B05",)))


def test_a_folder_that_is_gone_or_empty_is_no_product(tmp_path):
    with pytest.raises(FileNotFoundError):
        ProductView.open(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        ProductView.open(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"Geometry": {}, "Resolution_distance": "x"}'])
def test_a_description_that_cannot_be_read_is_told(tmp_path, content):
    viewed.write_product(tmp_path / "product", grid=Grid(32633, 25_005, -254_650, 20, 20, 20))
    next((tmp_path / "product").glob("metadata_*.json")).write_text(content)
    with pytest.raises(ProductUnreadable):
        ProductView.open(tmp_path / "product")


def test_no_file_outside_the_folder_is_ever_opened(tmp_path):
    account = viewed.write_product(tmp_path / "product", grid=Grid(32633, 25_005, -254_650, 20, 20, 20))
    described = next((tmp_path / "product").glob("metadata_*.json"))
    described.write_text(described.read_text().replace('"B04_', '"../B04_'))
    outside = tmp_path / account.files[2].path.name
    account.files[2].path.rename(outside)
    with pytest.raises(FileNotFoundError):
        ProductView.open(tmp_path / "product").pixel(*at(account.grid, 3.5, 3.5))


def test_a_product_made_again_in_the_same_place_is_another(tmp_path):
    grid = Grid(32633, 25_005, -254_650, 20, 20, 20)
    for number in (1000, 2000):
        made = viewed.write_product(
            tmp_path / f"{number}", grid=grid, bands=("B11",), layers=(),
            pixels={"B11": np.full((20, 20), number, np.uint16)},
        )  # fmt: skip
        if (tmp_path / "home").exists():
            (tmp_path / "home").rename(tmp_path / "old")
        (tmp_path / f"{number}").rename(tmp_path / "home")
        reading = ProductView.open(tmp_path / "home").pixel(*at(made.grid, 3.5, 3.5))
        assert [value.stored for value in reading.values] == [number]
