"""Velocities of any window of dates, and other references in place and time."""

from datetime import date, timedelta

import numpy as np
import pytest

from processing.insar.delivery import NODATA
from processing.insar.references import distance_std, mean_series, rebase, rereference, rereferenced_std
from processing.insar.windows import window_velocity

DATES = [date(2018, 1, 1) + timedelta(6 * number) for number in range(305)]
DAYS = np.array([(day - DATES[0]).days for day in DATES])
YEARS = DAYS / 365


def test_a_window_tells_the_velocity_within_it():
    bent = np.where(YEARS < 2, -10 * YEARS, -20 + 5 * (YEARS - 2))[np.newaxis]
    early, std = window_velocity(bent, DATES, date(2018, 1, 1), date(2019, 12, 31))
    late, _ = window_velocity(bent, DATES, date(2020, 1, 10), date(2022, 12, 31))
    assert early == pytest.approx(-10, abs=1e-3)
    assert late == pytest.approx(5, abs=1e-3)
    assert std == pytest.approx(0, abs=1e-2)


def test_seasons_do_not_bend_a_window_of_two_years():
    season = (3 * YEARS + 6 * np.cos(2 * np.pi * YEARS))[np.newaxis]
    with_season, _ = window_velocity(season, DATES, date(2018, 4, 1), date(2020, 8, 1))
    assert with_season == pytest.approx(3, abs=1e-6)
    half_a_year, _ = window_velocity(season, DATES, date(2018, 1, 1), date(2018, 7, 1))
    assert abs(half_a_year[0] - 3) > 5, "under two years nothing can be told apart, and nothing is pretended"


def test_velocities_are_as_uncertain_as_they_say():
    rng = np.random.default_rng(1)
    series = -4 * YEARS + 3 * rng.standard_normal((2000, 305))
    for first, last in ((date(2018, 1, 1), date(2022, 12, 31)), (date(2019, 1, 1), date(2019, 12, 31))):
        velocity, std = window_velocity(series, DATES, first, last)
        assert np.std((velocity + 4) / std) == pytest.approx(1, abs=0.08)


def test_tenths_and_gaps_are_read():
    tenths = np.rint(np.outer([10.0, -7.0, 2.0], YEARS) * 10).astype(np.int16)
    tenths[0, ::2] = tenths[1, 40:] = tenths[2, 4:] = NODATA
    velocity, std = window_velocity(tenths, DATES, DATES[0], DATES[-1])
    np.testing.assert_allclose(velocity[:2], [10, -7], atol=0.05)
    assert np.isnan(velocity[2])
    assert np.isnan(std[2])


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2018, 1, 1), date(2018, 1, 24)),
        (date(2018, 1, 1), date(2018, 3, 1)),
        (date(2030, 1, 1), date(2031, 1, 1)),
        (date(2020, 1, 1), date(2019, 1, 1)),
    ],
    ids=["four dates", "59 days", "after the end", "backwards"],
)
def test_a_window_with_too_little_in_it_tells_nothing(first, last):
    velocity, std = window_velocity(np.ones((3, 305)), DATES, first, last)
    assert np.isnan(velocity).all()
    assert np.isnan(std).all()
    assert velocity.shape == std.shape == (3,)


def test_relative_to_a_reference_common_motion_is_gone():
    rng = np.random.default_rng(2)
    common = -5 * YEARS + 2 * rng.standard_normal(305)
    found = rereference(np.outer([0, -3.0], YEARS) + common, np.stack([common - 1, common + 1]))
    np.testing.assert_allclose(found, np.outer([0, -3.0], YEARS), atol=1e-9)
    np.testing.assert_allclose(rereference(common[np.newaxis], common), 0)


def test_a_reference_counts_where_half_of_it_is_known():
    reference = np.array([[1.0, 1, np.nan, np.nan], [3, np.nan, np.nan, 5], [5, 2, 9, 6]])
    np.testing.assert_array_equal(mean_series(reference), [3, 1.5, np.nan, 5.5])
    found = rereference(np.zeros((1, 4)), reference)
    np.testing.assert_array_equal(found, [[-3, -1.5, np.nan, -5.5]])


@pytest.mark.parametrize("reference", [np.empty((0, 305)), np.empty(0), np.zeros(7)])
def test_a_reference_that_does_not_fit_is_refused(reference):
    with pytest.raises(ValueError, match="reference has"):
        rereference(np.zeros((2, 305)), reference)


def test_uncertainties_of_both_ends_add_up():
    assert rereferenced_std(3.0, 4.0) == pytest.approx(5)
    np.testing.assert_allclose(rereferenced_std(np.array([0.0, 3]), 0.0, distance_km=4.0), [2, np.sqrt(13)])
    np.testing.assert_allclose(distance_std(np.array([0, 1, 100.0])), [0, 1, 10])


def test_relative_velocities_are_as_uncertain_as_they_say():
    rng = np.random.default_rng(3)
    points, reference = 3 * rng.standard_normal((2, 2000, 305))
    velocity, std = window_velocity(points, DATES, DATES[0], DATES[-1])
    other, other_std = window_velocity(reference, DATES, DATES[0], DATES[-1])
    relative, _ = window_velocity(points - reference, DATES, DATES[0], DATES[-1])
    np.testing.assert_allclose(relative, velocity - other, atol=1e-9)
    assert np.std(relative / rereferenced_std(std, other_std)) == pytest.approx(1, abs=0.06)


def test_on_the_reference_date_the_series_is_nought():
    series = np.stack([np.arange(305.0), np.full(305, 7.0)])
    found = rebase(series, DATES, DATES[100])
    assert found[:, 100].tolist() == [0, 0]
    np.testing.assert_allclose(np.diff(found), np.diff(series))


def test_a_reference_date_takes_the_three_nearest_values_that_are_there():
    series = np.arange(305.0)[np.newaxis].copy()
    series[0, 99:102] = np.nan
    day = DATES[100] + timedelta(1)
    # 102, 98 and 103 are the nearest.
    assert rebase(series, DATES, day)[0, 0] == pytest.approx(-(102 + 98 + 103) / 3)
    assert np.isnan(rebase(np.full((1, 305), np.nan), DATES, day)).all()


def test_a_reference_date_can_take_the_fits_value():
    np.testing.assert_array_equal(
        rebase(np.array([[1.0, 2], [5, 6]]), DATES[:2], DATES[0], fitted=np.array([1, 5])), [[0, 1], [0, 1]]
    )


@pytest.mark.parametrize("day", [DATES[0] - timedelta(1), DATES[-1] + timedelta(1)])
def test_a_reference_date_outside_of_the_series_is_refused(day):
    with pytest.raises(ValueError, match="outside"):
        rebase(np.zeros((1, 305)), DATES, day)
    with pytest.raises(ValueError, match="outside"):
        rebase(np.zeros((1, 0)), [], day)
