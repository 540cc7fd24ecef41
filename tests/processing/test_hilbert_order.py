"""Points in Hilbert order: each once, and neighbours near each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.insar.hilbert import keys, order


def test_every_point_comes_once():
    rng = np.random.default_rng(1)
    found = order(rng.random(5000), rng.random(5000))
    assert found.dtype == np.int64
    assert sorted(found) == list(range(5000))


def test_the_curve_steps_from_square_to_neighbouring_square():
    side = 64
    x, y = (each.ravel().astype(float) for each in np.meshgrid(np.arange(side), np.arange(side)))
    found = order(x, y)
    steps = np.abs(np.diff(x[found])) + np.abs(np.diff(y[found]))
    assert set(steps) == {1.0}


def test_neighbours_in_order_are_neighbours_on_the_ground():
    rng = np.random.default_rng(2)
    lon, lat = rng.random(20_000), 43 + rng.random(20_000)
    found = order(lon, lat)
    assert np.hypot(np.diff(lon[found]), np.diff(lat[found])).mean() < 0.01


def test_points_in_one_place_stay_in_their_order():
    assert order(np.full(9, 1.5), np.full(9, 44.0)).tolist() == list(range(9))
    assert order(np.empty(0), np.empty(0)).size == 0


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=50))
def test_keys_stay_on_the_curve(places):
    lon, lat = np.array(places).T
    found = keys(lon, lat)
    assert found.min() >= 0
    assert found.max() < 2**40


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_places_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        order(np.array([1.0, bad]), np.array([1.0, 2.0]))
