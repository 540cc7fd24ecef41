"""Places: which pixel of a mosaic holds a point."""

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from processing.errors import InvalidOrder
from processing.grid import DEGREES_PER_10_M, transformer
from processing.pixels.places import centres, pixel_grid, pixel_place
from processing.planning import split
from processing.spec import MosaicSpec

LONGITUDES = st.floats(-179.9, 179.9)
LATITUDES = st.floats(-79.5, 83.5)
RESOLUTIONS = st.sampled_from([10, 20, 60])


def problems_of(*point, **changes):
    """The fields that are refused, with what is said of them."""
    with pytest.raises(InvalidOrder) as refused:
        pixel_grid(*point, **({"resolution_m": 10} | changes))
    return {problem.field: problem.message for problem in refused.value.problems}


def product_around(lon, lat, *, resolution, crs):
    """The only product of an order of a small square around a point."""
    area = shapely.geometry.mapping(shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01))
    order = {
        "name": "Place", "area": area, "period": {"kind": "year", "start": "2023-01-01"}, "resolution": resolution,
        "crs": crs, "bands": ["B04"],
    }  # fmt: skip
    (plan,) = split(MosaicSpec.parse(order))
    return plan.grid


@given(LONGITUDES, LATITUDES, RESOLUTIONS, st.sampled_from(["utm", "wgs84"]))
def test_a_pixel_is_one_of_the_pixels_of_the_product_around_it(lon, lat, resolution, crs):
    product = product_around(lon, lat, resolution=resolution, crs=crs)
    pixel = pixel_grid(lon, lat, resolution_m=resolution, crs=crs, epsg=product.epsg)
    assert (pixel.epsg, pixel.resolution_m, pixel.width, pixel.height) == (product.epsg, resolution, 1, 1)
    assert 0 <= pixel.left - product.left < product.width
    assert 0 <= pixel.top - product.top < product.height


@given(LONGITUDES, LATITUDES, RESOLUTIONS, st.sampled_from(["utm", "wgs84"]))
def test_a_pixel_holds_its_point(lon, lat, resolution, crs):
    pixel = pixel_grid(lon, lat, resolution_m=resolution, crs=crs)
    x, y = transformer(4326, pixel.epsg).transform(lon, lat)
    west, south, east, north = pixel.bounds
    slack = 1e-9 * max(abs(x), abs(y), 1)
    assert west - slack <= x <= east + slack
    assert south - slack <= y <= north + slack


@given(LONGITUDES, LATITUDES, RESOLUTIONS, st.sampled_from(["utm", "wgs84"]))
def test_the_centre_of_a_pixel_lies_in_that_pixel(lon, lat, resolution, crs):
    pixel = pixel_grid(lon, lat, resolution_m=resolution, crs=crs)
    ((lon, lat),) = centres(pixel)
    assert pixel_grid(lon, lat, resolution_m=resolution, crs=crs, epsg=pixel.epsg) == pixel


def test_three_by_three_pixels_stand_around_the_one_with_the_point():
    one, nine = (pixel_grid(15.1, 46.2, resolution_m=20, side=side) for side in (1, 3))
    assert (nine.width, nine.height) == (3, 3)
    assert (nine.left + 1, nine.top + 1) == (one.left, one.top)
    assert pixel_place(nine) == pixel_place(one)
    found = centres(nine)
    assert found[4] == centres(one)[0]
    # Row by row from the north, each from the west.
    assert found[0][1] > found[3][1] > found[6][1]
    assert found[3][0] < found[4][0] < found[5][0]


def test_the_place_of_a_pixel_is_its_centre_in_degrees_and_metres():
    place = pixel_place(pixel_grid(15.1, 46.2, resolution_m=60))
    assert place.epsg == 32633
    assert (place.x % 60, place.y % 60) == (30, 30)
    assert (place.lon, place.lat) == pytest.approx((15.1, 46.2), abs=6e-4)


def test_southern_northings_are_counted_from_the_equator():
    """The false northing of the south, 10 000 km, is no multiple of 60 m; the lattice is counted from the equator."""
    pixel = pixel_grid(-58.4, -34.6, resolution_m=60)
    assert pixel.epsg == 32721
    assert pixel.bounds[3] % 60 == 10_000_000 % 60 == 40


def test_a_point_north_of_the_equator_has_a_pixel_in_a_southern_product():
    pixel = pixel_grid(-58.4, 0.01, resolution_m=10, epsg=32721)
    assert pixel.bounds[1] > 10_000_000


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (11.999999, 46.0, 32632),
        (12.0, 46.0, 32633),
        (5.0, 60.0, 32632),  # Norway
        (10.0, 78.0, 32633),  # Svalbard
        (-180.0, 10.0, 32601),
        (180.0, 10.0, 32660),
        (0.0, 0.0, 32631),
        (0.0, -0.000001, 32731),
    ],
)
def test_a_point_has_the_zone_of_its_tile(lon, lat, epsg):
    assert pixel_grid(lon, lat, resolution_m=10).epsg == epsg


def test_a_products_zone_may_be_the_neighbours():
    neighbour = pixel_grid(12.1, 46.0, resolution_m=10, epsg=32632)
    assert neighbour.epsg == 32632
    assert centres(neighbour)[0] == pytest.approx((12.1, 46.0), abs=1e-4)


def test_degrees_are_counted_from_zero():
    pixel = pixel_grid(-1e-9, 1e-9, resolution_m=60, crs="wgs84")
    size = 6 * DEGREES_PER_10_M
    assert (pixel.left, pixel.top) == (-1, -1)
    assert pixel.bounds == pytest.approx((-size, 0, 0, size))


@pytest.mark.parametrize("lat", [84.0, -80.0])
def test_the_last_latitudes_have_pixels(lat):
    assert centres(pixel_grid(33.3, lat, resolution_m=10))[0] == pytest.approx((33.3, lat), abs=1e-3)


@pytest.mark.parametrize("lat", [84.0001, -80.0001, 90, math.nan, math.inf, 10**400, True, "46", None])
def test_other_latitudes_are_refused(lat):
    assert "from -80 to 84" in problems_of(15.0, lat)["lat"]


@pytest.mark.parametrize("lon", [180.0001, -181, 375.1, math.nan, -math.inf, -(10**400), False, "15", None])
def test_other_longitudes_are_refused(lon):
    assert "from -180 to 180" in problems_of(lon, 46.0)["lon"]


def test_every_problem_of_a_place_is_named_at_once():
    assert set(problems_of(math.nan, 91, side=2)) == {"lon", "lat", "pixels"}


@pytest.mark.parametrize("side", [0, 2, -1, 5, 1000000, True, "3", None])
def test_other_numbers_of_pixels_are_refused(side):
    assert "3 x 3" in problems_of(15.0, 46.0, side=side)["pixels"]


@pytest.mark.parametrize("epsg", [3857, 32600, 32661, 32700, 32761, 0, -1, 10**12, "32633"])
def test_a_crs_that_no_mosaic_has_is_refused(epsg):
    assert "UTM" in problems_of(15.0, 46.0, epsg=epsg)["epsg"]


def test_a_zone_on_the_other_side_of_the_world_is_refused():
    assert "UTM zone 3" in problems_of(15.0, 46.0, epsg=32603)["lon"]


def test_a_zone_across_the_antimeridian_is_near():
    assert pixel_grid(-179.9, 65.0, resolution_m=10, epsg=32660).epsg == 32660
