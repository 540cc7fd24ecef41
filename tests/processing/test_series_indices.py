"""Indices: their formulas, and what is no data."""

import numpy as np
import pytest

from processing.pixels.indices import INDICES, indices_of


@pytest.mark.parametrize(
    ("name", "bands", "formula"),
    [
        ("ndvi", ("B08", "B04"), "(B08 - B04) / (B08 + B04)"),
        ("ndwi", ("B03", "B08"), "(B03 - B08) / (B03 + B08)"),
        ("ndmi", ("B08", "B11"), "(B08 - B11) / (B08 + B11)"),
        ("nbr", ("B08", "B12"), "(B08 - B12) / (B08 + B12)"),
    ],
)
def test_an_index_is_the_normalised_difference_of_its_bands(name, bands, formula):
    index = INDICES[name]
    assert (index.bands, index.formula, index.label) == (bands, formula, name.upper())
    assert index.of(0.3, 0.1) == pytest.approx(0.5)
    assert index.of_values(dict(zip(bands, (0.1, 0.3), strict=True))) == pytest.approx(-0.5)


def test_stored_numbers_give_the_same_as_reflectances():
    first, second = np.array([3000, 0, 65534], np.uint16), np.array([1000, 500, 65534], np.uint16)
    assert INDICES["ndvi"].of_stored(first, second).tolist() == pytest.approx([0.5, -1.0, 0.0])


def test_no_data_has_no_index():
    first, second = np.array([65535, 1000, 0], np.uint16), np.array([1000, 65535, 0], np.uint16)
    assert np.isnan(INDICES["nbr"].of_stored(first, second)).all()
    assert np.isnan(INDICES["ndvi"].of(0.0, 0.0))
    assert np.isnan(INDICES["ndvi"].of(np.nan, 0.2))
    assert INDICES["ndvi"].of_values({"B08": None, "B04": 0.1}) is None
    assert INDICES["ndvi"].of_values({"B08": 0.1}) is None
    assert INDICES["ndvi"].of_values({"B08": 0.0, "B04": 0.0}) is None


def test_only_indices_of_bands_that_are_there():
    assert [index.name for index in indices_of(["B08", "B04", "B12"])] == ["ndvi", "nbr"]
    assert indices_of(["B02"]) == ()
