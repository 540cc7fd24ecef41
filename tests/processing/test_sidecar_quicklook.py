"""The quicklook: a small picture of a product in which every pixel is one of the product's."""

import warnings

import accounts
import numpy as np
import pytest
import rasterio

from processing.grid import Grid
from processing.layers import RASTERS
from processing.sidecars.quicklook import LARGEST_PX, write_quicklook

FORMATS = ("geotiff", "jp2", "netcdf")
WIDE = Grid(32633, 25_005, -254_650, 2300, 1400, 20)


def picture(folder, account):
    """The quicklook's pixels, uint8 (colour, y, x)."""
    (path,) = write_quicklook(folder, account)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            assert dataset.driver == "PNG"
            return dataset.read()


def ramps(grid, *, bands):
    """Reflectances by band, each a ramp of its own from west to east; the uppermost row without data."""
    made = {}
    for number, band in enumerate(bands, start=1):
        row = np.linspace(100, 1000 * number, grid.width).astype(np.uint16)
        made[band] = np.tile(row, (grid.height, 1))
        made[band][0] = RASTERS[band].nodata
    return made


def two_values(grid):
    """Reflectances of 1000 and 3000 in no order at all: blended they would give something between."""
    return {"B11": np.random.default_rng(3).choice(np.array([1000, 3000], np.uint16), (grid.height, grid.width))}


@pytest.mark.parametrize("format", FORMATS)
def test_a_small_product_is_shown_pixel_by_pixel(tmp_path, format):
    account = accounts.account_of(tmp_path, format=format)
    image = picture(tmp_path, account)
    assert image.shape == (4, account.grid.height, account.grid.width)
    assert not list(tmp_path.glob("quicklook*.aux.xml"))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("bands", "shown"),
    [
        (("B02", "B03", "B04", "B08"), ("B04", "B03", "B02")),
        (("B03", "B04", "B08"), ("B08", "B04", "B03")),
    ],
)
def test_three_bands_are_shown_in_true_colour_or_else_in_false_colour(tmp_path, bands, shown, format):
    grid = accounts.SMALL_GRIDS["utm"]
    made = ramps(grid, bands=bands)
    # One pixel of each shown band stands out in its own place.
    for column, band in enumerate(shown):
        made[band][5, :] = 100
        made[band][5, column] = 9000
    image = picture(tmp_path, accounts.account_of(tmp_path, bands=bands, layers=(), pixels=made, format=format))
    assert image[:3, 5, :3].tolist() == (255 * np.eye(3, dtype=int)).tolist()


@pytest.mark.parametrize("bands", [("B11",), ("B02", "B03", "B08"), ("B12", "B02")])
def test_other_bands_show_the_first_reflectance_in_grey(tmp_path, bands):
    grid = accounts.SMALL_GRIDS["utm"]
    made = ramps(grid, bands=bands)
    made[bands[0]] = made[bands[0]][:, ::-1].copy()
    image = picture(tmp_path, accounts.account_of(tmp_path, bands=bands, layers=(), pixels=made))
    assert len(image) == 2
    assert image[0, 1, 0] == 255
    assert image[0, 1, -1] == 0


def test_reflectances_are_stretched_from_their_second_to_their_98th_percentile(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    made = ramps(grid, bands=("B11",))
    image = picture(tmp_path, accounts.account_of(tmp_path, bands=("B11",), layers=(), pixels=made))
    valid = made["B11"][1:].astype(float)
    low, high = np.percentile(valid, [2, 98])
    expected = np.rint(255 * np.clip((valid - low) / (high - low), 0, 1))
    assert np.abs(image[0, 1:] - expected).max() <= 1
    assert {0, 255} <= set(image[0, 1:].ravel().tolist())


def test_one_value_everywhere_can_be_shown(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    made = {"B11": np.full((grid.height, grid.width), 1234, np.uint16)}
    image = picture(tmp_path, accounts.account_of(tmp_path, bands=("B11",), layers=(), pixels=made))
    assert np.unique(image[0]).size == 1
    assert (image[1] == 255).all()


def test_pixels_without_data_in_any_shown_band_are_transparent(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    made = ramps(grid, bands=("B02", "B03", "B04"))
    made["B03"][7, 9] = 65535
    image = picture(tmp_path, accounts.account_of(tmp_path, bands=("B02", "B03", "B04"), layers=(), pixels=made))
    expected = np.full((grid.height, grid.width), 255)
    expected[0] = expected[7, 9] = 0
    assert (image[3] == expected).all()
    assert (image[:3, 0] == 0).all()


def test_classes_alone_are_shown_in_their_legends_colours(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    classes = np.full((grid.height, grid.width), 6, np.uint8)
    classes[:3] = 255
    classes[3:6] = 4
    account = accounts.account_of(
        tmp_path, bands=(), layers=("scene_classification", "valid_obs"),
        pixels={"scene_classification": classes, "valid_obs": np.zeros_like(classes)},
    )  # fmt: skip
    image = picture(tmp_path, account)
    assert image[:, 2, 0].tolist() == [0, 0, 0, 0]
    assert image[:, 4, 0].tolist() == [0x10, 0xD3, 0x2D, 255]
    assert image[:, 9, 0].tolist() == [0, 0, 255, 255]


def test_a_product_of_counts_alone_is_shown_in_grey(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    counts = np.zeros((grid.height, grid.width), np.uint8)
    counts[:, grid.width // 2 :] = 9
    account = accounts.account_of(tmp_path, bands=(), layers=("valid_obs",), pixels={"valid_obs": counts})
    image = picture(tmp_path, account)
    assert (image[0, 0, 0], image[0, 0, -1]) == (0, 255)
    assert (image[1] == 255).all()


def test_negative_numbers_are_stretched_like_others(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    azimuths = np.random.default_rng(6).integers(-3233, 32767, (grid.height, grid.width)).astype(np.int16)
    azimuths[:4] = RASTERS["sun_azimuth"].nodata
    account = accounts.account_of(tmp_path, bands=(), layers=("sun_azimuth",), pixels={"sun_azimuth": azimuths})
    image = picture(tmp_path, account)
    low, high = np.percentile(azimuths[4:], [2, 98])
    expected = np.rint(255 * np.clip((azimuths[4:].astype(float) - low) / (high - low), 0, 1))
    assert np.abs(image[0, 4:] - expected).max() <= 1
    assert (image[1, :4] == 0).all()


def test_a_product_without_any_data_has_no_quicklook(tmp_path):
    grid = accounts.SMALL_GRIDS["utm"]
    made = {"B11": np.full((grid.height, grid.width), 65535, np.uint16)}
    account = accounts.account_of(tmp_path, bands=("B11",), layers=(), pixels=made)
    assert write_quicklook(tmp_path, account) == []
    assert not list(tmp_path.glob("quicklook*"))


@pytest.mark.parametrize("format", FORMATS)
def test_a_large_product_is_thinned_out_and_nothing_is_blended(tmp_path, format):
    account = accounts.account_of(
        tmp_path, grid=WIDE, bands=("B11",), layers=(), pixels=two_values(WIDE), format=format
    )
    image = picture(tmp_path, account)
    assert image.shape == (2, round(1400 * LARGEST_PX / 2300), LARGEST_PX)
    assert set(np.unique(image[0]).tolist()) == {0, 255}
    assert (image[1] == 255).all()


@pytest.mark.parametrize("format", FORMATS)
def test_a_thinned_product_keeps_its_edges(tmp_path, format):
    made = two_values(WIDE)
    made["B11"][:, :1150] = 65535
    account = accounts.account_of(tmp_path, grid=WIDE, bands=("B11",), layers=(), pixels=made, format=format)
    alpha = picture(tmp_path, account)[1]
    assert (alpha[:, :511] == 0).all()
    assert (alpha[:, 513:] == 255).all()


def test_jpeg_2000_is_thinned_to_the_same_pixels_as_netcdf(tmp_path):
    images = []
    for name in ("jp2", "netcdf"):
        folder = tmp_path / name
        folder.mkdir()
        account = accounts.account_of(
            folder, grid=WIDE, bands=("B11",), layers=(), pixels=two_values(WIDE), format=name
        )
        images.append(picture(folder, account))
    assert np.array_equal(*images)


@pytest.mark.parametrize(("width", "height", "shape"), [(1, 5000, (1024, 1)), (5000, 1, (1, 1024)), (1, 1, (1, 1))])
def test_very_narrow_products_keep_at_least_one_pixel(tmp_path, width, height, shape):
    grid = Grid(32633, 25_005, -254_650, width, height, 20)
    account = accounts.account_of(tmp_path, grid=grid, bands=("B11",), layers=(), pixels=two_values(grid))
    assert picture(tmp_path, account).shape[1:] == shape


def test_the_same_product_gives_the_same_quicklook_in_every_format(tmp_path):
    written = set()
    for name in [*FORMATS, *FORMATS]:
        folder = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (path,) = write_quicklook(folder, accounts.account_of(folder, format=name))
        written.add(path.read_bytes())
    assert len(written) == 1


def test_the_quicklook_is_named_for_its_product(tmp_path):
    account = accounts.account_of(tmp_path, bands=("B11",), layers=())
    assert write_quicklook(tmp_path, account) == [tmp_path / f"quicklook_{accounts.SUFFIX}.png"]
