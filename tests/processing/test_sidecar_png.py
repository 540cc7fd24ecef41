"""PNGs are read by others as they were meant."""

import warnings

import numpy as np
import pytest
import rasterio

from processing.sidecars.png import png


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 700), (700, 1), (37, 53)])
def test_an_image_is_read_as_it_was_made(tmp_path, count, height, width):
    colours = np.random.default_rng(4).integers(0, 256, (count, height, width)).astype(np.uint8)
    (tmp_path / "image.png").write_bytes(png(colours))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "image.png") as dataset:
            assert dataset.driver == "PNG"
            assert dataset.colorinterp[-1] == rasterio.enums.ColorInterp.alpha
            np.testing.assert_array_equal(dataset.read(), colours)


def test_the_same_image_gives_the_same_bytes_and_another_one_others():
    colours = np.random.default_rng(4).integers(0, 256, (4, 50, 60)).astype(np.uint8)
    assert png(colours) == png(colours.copy())
    assert png(colours) != png(255 - colours)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_an_image_without_transparency_is_refused(count):
    with pytest.raises(KeyError):
        png(np.zeros((count, 2, 2), np.uint8))
