"""A curve through one series says what is uncertain about it, also where the noise is not white."""

import numpy as np
import pytest

from processing.insar.fitting import fit, significant, student_95
from processing.insar.motion import fields
from processing.insar.regression import MODELS

YEARS = np.arange(300) * 6 / 365


def alike(rng, correlation, *, count=300, std=3.0):
    """Noise whose neighbours are alike: AR(1)."""
    noise = std * rng.standard_normal(count)
    for number in range(1, count):
        noise[number] = correlation * noise[number - 1] + np.sqrt(1 - correlation**2) * noise[number]
    return noise


def test_a_straight_line_with_seasons_is_found_again():
    series = 5 - 12 * YEARS + 4 * np.cos(2 * np.pi * (YEARS - 0.2))
    found = fit(series, YEARS)
    assert found.velocity == pytest.approx(-12)
    assert found.seasonality == pytest.approx(4)
    assert found.rmse == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(found.fitted(YEARS), series)
    assert dict(zip(found.names, found.coefficients, strict=True))["constant"] == pytest.approx(5)


def test_velocity_and_acceleration_are_those_of_the_fields():
    series = np.random.default_rng(3).normal(0, 3, 300) - 9 * YEARS + 0.7 * YEARS**2
    figures = fields(series[np.newaxis], YEARS)
    assert fit(series, YEARS).velocity == pytest.approx(figures.mean_velocity[0])
    assert fit(series, YEARS).velocity_std == pytest.approx(figures.mean_velocity_std[0], rel=0.01)
    assert fit(series, YEARS, model="quadratic+season").acceleration == pytest.approx(figures.acceleration[0])
    assert fit(series, YEARS, model="cubic+season").rmse == pytest.approx(figures.rmse[0])


@pytest.mark.parametrize("model", MODELS)
def test_every_model_tells_the_mean_velocity(model):
    series = -6 * YEARS + 0.1 * np.random.default_rng(1).standard_normal(300)
    found = fit(series, YEARS, model=model)
    assert found.velocity == pytest.approx(-6, abs=0.05)
    assert found.fitted(np.array([0.0, 10.0])).shape == (2,)
    assert (found.seasonality is None) == (model == "linear")
    assert (found.acceleration is None) == (model != "quadratic+season")


def test_the_velocity_of_a_curve_is_its_mean_from_end_to_end():
    found = fit(2 * YEARS**2 + np.cos(2 * np.pi * YEARS), YEARS, model="quadratic+season")
    assert found.velocity == pytest.approx(2 * YEARS[-1])


def test_missing_dates_are_left_out():
    series = -6 * YEARS
    series[10:200:3] = np.nan
    found = fit(series, YEARS)
    assert found.velocity == pytest.approx(-6)
    assert found.years.size == found.residuals.size == np.isfinite(series).sum()


@pytest.mark.parametrize("known", [0, 1, 4])
def test_too_few_dates_are_no_fit(known):
    assert fit(np.where(np.arange(300) < known, 1.0, np.nan), YEARS) is None


def test_a_model_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        fit(YEARS, YEARS, model="sixth power")


def test_the_confidence_band_holds_the_truth_19_times_of_20():
    rng, held = np.random.default_rng(5), []
    truth = -4 * YEARS + 3 * np.cos(2 * np.pi * YEARS)
    for _ in range(300):
        found = fit(truth + 3 * rng.standard_normal(300), YEARS)
        held.append(np.mean(np.abs(found.fitted(YEARS) - truth) <= found.half_width(YEARS)))
    assert 0.93 < np.mean(held) < 0.98


def test_the_band_is_wider_where_there_are_no_dates():
    found = fit(np.random.default_rng(1).standard_normal(300), YEARS)
    assert found.half_width(np.array([9.0]))[0] > 2 * found.half_width(np.array([2.5]))[0]


def test_white_noise_is_left_as_it_is():
    rng = np.random.default_rng(7)
    found = [fit(3 * rng.standard_normal(300), YEARS) for _ in range(100)]
    assert np.median([each.correlation for each in found]) < 0.06
    assert np.median([each.velocity_std_correlated / each.velocity_std for each in found]) < 1.1
    assert all(each.effective_count <= 300 for each in found)


@pytest.mark.parametrize("correlation", [0.5, 0.8])
def test_noise_that_hangs_together_makes_the_velocity_as_uncertain_as_it_is(correlation):
    rng = np.random.default_rng(11)
    found = [fit(alike(rng, correlation), YEARS) for _ in range(400)]
    spread = np.std([each.velocity for each in found])
    told = np.mean([each.velocity_std_correlated for each in found])
    white = np.mean([each.velocity_std for each in found])
    assert np.median([each.correlation for each in found]) == pytest.approx(correlation, abs=0.06)
    assert told == pytest.approx(spread, rel=0.15)
    assert white < 0.7 * spread
    assert np.mean([each.effective_count for each in found]) < 120


def test_correlation_is_found_on_irregular_dates():
    rng = np.random.default_rng(13)
    kept = np.sort(rng.choice(300, 200, replace=False))
    found = [fit(alike(rng, 0.8)[kept], YEARS[kept]) for _ in range(60)]
    assert np.median([each.correlation for each in found]) == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize(("freedom", "expected"), [(4, 2.776), (6, 2.447), (10, 2.228), (30, 2.042), (10_000, 1.960)])
def test_students_distribution(freedom, expected):
    assert student_95(freedom) == pytest.approx(expected, rel=0.005)


def test_significant_is_more_than_twice_the_uncertainty():
    assert significant(np.array([-3.0, 1.9, np.nan, 5]), np.array([1, 1, 1, np.nan])).tolist() == [True] + [False] * 3
    assert significant(2.5, 1, factor=3).item() is False
