"""Thumbnails: the pixel in the middle, black where there is no data, the same brightness for all."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from processing.grid import Block
from processing.pixels.places import pixel_grid, pixel_place
from processing.pixels.thumbnails import as_png, thumbnails
from processing.sources import open_source


@pytest.fixture(scope="module")
def granules(archive):
    """All of the archive, newest first."""
    source = open_source(str(archive))
    extent = source.extent()
    return source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)


@pytest.fixture(scope="module")
def pixel(granules):
    """A pixel of 10 m in the middle of the first granule's tile."""
    with rasterio.open(granules[0].files["B04"].href) as dataset:
        x, y = dataset.xy(dataset.height // 2, dataset.width // 2)
        lon, lat = rasterio.warp.transform(dataset.crs, 4326, [x], [y])
    return pixel_grid(lon[0], lat[0], resolution_m=10)


def expected(granule, place, band, brightest):
    """Brightness of one pixel, read by rasterio."""
    with rasterio.open(granule.files[band].href) as dataset:
        row, column = dataset.index(place.x, place.y)
        number = int(dataset.read(1)[row, column])
    share = np.clip((number + granule.files[band].offset) / brightest, 0, 1)
    return round(255 * share ** (1 / 1.5)) if number else 0


@pytest.mark.parametrize(
    ("look", "bands"),
    [
        ("true_colour", [("B04", 3000), ("B03", 3000), ("B02", 3000)]),
        ("false_colour", [("B08", 5000), ("B04", 3000), ("B03", 3000)]),
    ],
)
def test_the_pixel_is_in_the_middle(granules, pixel, look, bands):
    pictures = thumbnails(granules, pixel, look=look)
    assert len(pictures) == len(granules)
    place = pixel_place(pixel)
    covering = [g for g in granules if g.tile == granules[0].tile]
    for granule in covering:
        picture = pictures[granule.item_id]
        assert (picture.shape, picture.dtype) == ((41, 41, 3), np.uint8)
        assert picture[20, 20].tolist() == [expected(granule, place, *band) for band in bands]


def test_each_pixel_of_a_thumbnail_is_the_middle_of_its_own(granules, pixel):
    granule = granules[:1]
    (picture,) = thumbnails(granule, pixel, size_px=5).values()
    for row in range(5):
        for column in range(5):
            beside = pixel.part(Block(column - 2, row - 2, 1, 1))
            (one,) = thumbnails(granule, beside, size_px=1).values()
            assert one[0, 0].tolist() == picture[row, column].tolist()


@pytest.mark.parametrize(("resolution", "crs"), [(20, "utm"), (60, "utm"), (10, "wgs84"), (60, "wgs84")])
def test_pixels_of_other_sizes_and_grids_are_in_the_middle_too(granules, pixel, resolution, crs):
    place = pixel_place(pixel)
    other = pixel_grid(place.lon, place.lat, resolution_m=resolution, crs=crs)
    middle = pixel_place(other)
    (coarse,) = thumbnails(granules[:1], other, size_px=3).values()
    same = pixel_grid(middle.lon, middle.lat, resolution_m=10)
    (fine,) = thumbnails(granules[:1], same, size_px=3).values()
    if crs == "wgs84":
        np.testing.assert_array_equal(coarse, fine)
    else:
        # The centre of an even number of pixels lies on a corner: any of the four may be in the middle.
        assert coarse[1, 1].tolist() in fine.reshape(-1, 3).tolist()


def test_ground_that_was_not_seen_is_black(granules, pixel):
    away = pixel.part(Block(100_000, 0, 1, 1))
    for picture in thumbnails(granules, away).values():
        assert not picture.any()


def test_a_picture_reaches_beyond_the_edge_of_a_scene_in_black(granules):
    with rasterio.open(granules[0].files["B04"].href) as dataset:
        (lon,), (lat,) = rasterio.warp.transform(dataset.crs, 4326, [dataset.bounds.left + 5], [dataset.bounds.top - 5])
    (picture,) = thumbnails(granules[:1], pixel_grid(lon, lat, resolution_m=10)).values()
    assert not picture[:20].any()
    assert not picture[:, :20].any()


def test_a_damaged_granule_has_no_picture(damaged_archive, granules, pixel):
    items = damaged_archive([granules[0].item_id], band="B03")
    (items.parent / granules[0].item_id / "B03.tif").write_bytes(b"II*\0")
    source = open_source(str(items))
    extent = source.extent()
    damaged = source.search(shapely.box(*extent.bounds), extent.first_day, extent.last_day)
    pictures = thumbnails(damaged, pixel)
    assert set(pictures) == {granule.item_id for granule in granules[1:]}


def test_pictures_of_no_granule_are_none(pixel):
    assert thumbnails([], pixel) == {}


@pytest.mark.parametrize("size", [0, -1, 2, 40, 257, 10**9])
def test_other_sizes_are_refused(granules, pixel, size):
    with pytest.raises(ValueError, match="odd number"):
        thumbnails(granules, pixel, size_px=size)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_thumbnail_is_written_as_png(granules, pixel, tmp_path):
    (picture,) = thumbnails(granules[:1], pixel).values()
    path = Path(tmp_path / "a.png")
    path.write_bytes(as_png(picture))
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(np.moveaxis(dataset.read([1, 2, 3]), 0, -1), picture)
        assert (dataset.read(4) == 255).all()
