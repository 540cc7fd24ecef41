"""Counting what rasters hold: compiled loops against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from processing.kernels.counting import count_apart, count_data

TYPES = {"uint8": 255, "uint16": 65535, "int16": -1}
rasters = st.sampled_from(sorted(TYPES)).flatmap(
    lambda dtype: arrays(dtype, st.tuples(st.integers(1, 9), st.integers(1, 40)))
)


def checksum(values, row=0, column=0):
    return count_data(np.ascontiguousarray(values), 0, 0, row, column)[-1] % 2**64


@given(rasters)
def test_pixels_are_counted_as_numpy_counts_them(values):
    nodata, limit = TYPES[values.dtype.name], 100
    data = values[values != nodata].astype(np.int64)
    expected = (
        data.size, data.min(initial=2**40) if data.size else 0, data.max(initial=-(2**40)) if data.size else 0,
        data.sum(), (data == 0).sum(), (data > limit).sum(),
    )  # fmt: skip
    assert count_data(values, nodata, limit, 0, 0)[:-1] == expected


@given(rasters, st.integers(0, 9), st.integers(0, 40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_checksums_of_parts_add_up_to_that_of_the_whole(values, row, column, top, left):
    parts = [
        (values[y, x], top + (y.start or 0), left + (x.start or 0))
        for y in (slice(None, row), slice(row, None))
        for x in (slice(None, column), slice(column, None))
    ]
    summed = sum(checksum(part, y, x) for part, y, x in parts if part.size)
    assert summed % 2**64 == checksum(values, top, left)


@given(rasters)
def test_wider_numbers_have_the_same_checksum(values):
    """NetCDF keeps bytes in 16 bits."""
    assert checksum(values.astype(np.int32)) == checksum(values)


@given(rasters, st.randoms())
def test_pixels_in_other_places_have_another_checksum(values, random):
    places = [*np.ndindex(values.shape)]
    one, other = random.choice(places), random.choice(places)
    swapped = values.copy()
    swapped[one], swapped[other] = values[other], values[one]
    assert (checksum(swapped) == checksum(values)) == (values[one] == values[other])


@pytest.mark.parametrize("change", [np.flipud, np.fliplr, np.rot90, np.transpose, lambda values: np.roll(values, 1)])
def test_a_raster_turned_or_shifted_has_another_checksum(change):
    values = np.random.default_rng(2).integers(0, 9000, (256, 256)).astype(np.uint16)
    assert checksum(change(values)) != checksum(values)


@given(rasters, st.integers(0, 300))
def test_pixels_apart_from_a_mask_are_counted_as_numpy_counts_them(values, seed):
    nothing = TYPES[values.dtype.name]
    chosen = np.random.default_rng(seed).random(values.shape) < 0.5
    held = values != nothing
    assert count_apart(values, nothing, chosen) == ((chosen & ~held).sum(), (held & ~chosen).sum())
