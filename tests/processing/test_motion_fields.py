"""The figures of a series are those of EGMS's formulas, whatever dates it has."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.insar.delivery import NODATA
from processing.insar.fitting import fit
from processing.insar.motion import FIELDS, MotionFields, fields, temporal_coherence
from processing.insar.opening import open_delivery
from processing.insar.validation import Comparison, compare

STAMPS = Path(__file__).parents[2].parent / "shared/data/insar/stamps_maoxian/Maoxian_PS.csv"
YEARS = np.arange(305) * 6 / 365


def slow_fields(d, t):
    """The formulas of the product description, word for word, for one series without gaps."""
    season = [np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)]
    one = np.ones_like(t)

    def solve(*design):
        g = np.stack(design, axis=1)
        inverse = np.linalg.inv(g.T @ g)
        found = inverse @ g.T @ d
        return inverse, found, d - g @ found

    c1, m1, r1 = solve(t, one, *season)
    c2, m2, r2 = solve(0.5 * t**2, t, one, *season)
    c3, m3, r3 = solve(t**3, t**2, t, one, *season)
    rmse = np.sqrt(np.mean(r3**2))
    return [
        m1[0], np.sqrt(c1[0, 0]) * np.std(r1, ddof=1),
        m2[0], np.sqrt(c2[0, 0]) * np.std(r2, ddof=1),
        np.hypot(m3[4], m3[5]), np.sqrt((4 - np.pi) / 2 * (c3[4, 4] + c3[5, 5]) / 2) * rmse,
        rmse,
    ]  # fmt: skip


def noisy(count=200, *, years=YEARS, seed=0):
    rng = np.random.default_rng(seed)
    trend = rng.normal(0, 10, (count, 1)) * years + rng.normal(0, 1, (count, 1)) * years**2
    season = rng.uniform(0, 8, (count, 1)) * np.cos(2 * np.pi * (years - rng.random((count, 1))))
    return trend + season + 3 * rng.standard_normal((count, years.size))


def table(found: MotionFields):
    return np.stack([getattr(found, name) for name in FIELDS], axis=1)


def test_figures_are_those_of_the_formulas():
    series = noisy()
    expected = [slow_fields(each, YEARS) for each in series]
    np.testing.assert_allclose(table(fields(series, YEARS)), expected, rtol=1e-7, atol=1e-9)


def test_series_with_gaps_are_solved_on_their_own_dates():
    series = noisy(60)
    rng = np.random.default_rng(4)
    series[rng.random(series.shape) < 0.2] = np.nan
    series[10:30, 40:90] = np.nan
    expected = [slow_fields(each[~np.isnan(each)], YEARS[~np.isnan(each)]) for each in series]
    np.testing.assert_allclose(table(fields(series, YEARS)), expected, rtol=1e-6, atol=1e-8)


def test_series_that_share_their_gaps_are_solved_like_any_other():
    series = noisy(400)
    series[:150, 40:90] = series[100:200, 7] = series[390, 5:] = np.nan
    found = table(fields(series, YEARS))
    one_by_one = [table(fields(each[np.newaxis], YEARS))[0] for each in series]
    np.testing.assert_allclose(found, one_by_one, rtol=1e-9, atol=1e-11)
    assert np.isnan(found[390]).all()
    assert np.isfinite(np.delete(found, 390, axis=0)).all()


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_tenths_with_nodata_give_what_millimetres_with_nan_give(dtype):
    tenths = np.rint(noisy(50) * 10).astype(dtype)
    tenths[3, 7] = tenths[4, :100] = NODATA
    millimetres = np.where(tenths == NODATA, np.nan, tenths / 10)
    np.testing.assert_array_equal(table(fields(tenths, YEARS)), table(fields(millimetres, YEARS)))


@pytest.mark.parametrize("trend", [0, 500, 600])
def test_complete_tenths_give_what_millimetres_give(trend):
    tenths = np.clip(np.rint((noisy(300) + trend * YEARS) * 10), -32767, 32767).astype(np.int16)
    found, expected = table(fields(tenths, YEARS)), table(fields(tenths / 10, YEARS))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    # Where it lies in memory makes no difference.
    np.testing.assert_array_equal(table(fields(np.asfortranarray(tenths), YEARS))[:, 0].round(9), found[:, 0].round(9))


@settings(max_examples=50)
@given(
    st.integers(8, 60).flatmap(
        lambda count: st.tuples(
            st.lists(st.integers(1, 40), min_size=count, max_size=count),
            st.lists(st.integers(-30_000, 30_000), min_size=count, max_size=count),
        )
    )
)
def test_any_series_on_any_dates(drawn):
    gaps, tenths = drawn
    # Two years and more: over less the terms are so alike that both ways lose their digits.
    years = np.cumsum([0, *gaps[1:]]) / 365
    years *= max(1.0, 2.5 / years[-1])
    found = table(fields(np.array([tenths], np.int16), years))[0]
    expected = slow_fields(np.array(tenths) / 10, years)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * (1 + np.max(np.abs(tenths))))


@pytest.mark.parametrize("known", [0, 1, 6])
def test_too_few_dates_give_nothing(known):
    series = noisy(3)
    series[1, known:] = np.nan
    found = table(fields(series, YEARS))
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


def test_dates_that_cannot_tell_the_terms_apart_give_nothing():
    years = np.full(20, 0.5)
    assert np.isnan(table(fields(noisy(2, years=years), years))).all()


def test_no_series_have_no_figures():
    assert table(fields(np.empty((0, 305)), YEARS)).shape == (0, 7)
    assert np.isnan(table(fields(np.empty((2, 0)), np.empty(0)))).all()


def test_coherence_is_one_on_a_straight_line_and_falls_with_noise():
    rng = np.random.default_rng(2)
    line = np.outer([0.0, -30.0, 12.0], YEARS) + 4
    np.testing.assert_allclose(temporal_coherence(line, YEARS), 1, atol=1e-6)
    noise = line + 3 * rng.standard_normal(line.shape)
    # Of white noise it is exp(-phase variance / 2).
    np.testing.assert_allclose(
        temporal_coherence(noise, YEARS), np.exp(-((4 * np.pi / 55.4658 * 3) ** 2) / 2), atol=0.04
    )


def test_coherence_is_that_of_the_formula():
    series = noisy(20)
    for each, found in zip(series, temporal_coherence(series, YEARS), strict=True):
        left = each - np.polyval(np.polyfit(YEARS, each, 1), YEARS)
        assert found == pytest.approx(abs(np.exp(4j * np.pi / 55.4658 * left).mean()), abs=1e-5)


def test_coherence_of_too_few_dates_is_unknown():
    assert np.isnan(temporal_coherence(np.array([[1.0, 2.0, np.nan]]), np.array([0, 0.1, 0.2]))).all()


def rounded(found):
    decimals = {"acceleration": 2, "acceleration_std": 2}
    return {name: np.round(values, decimals.get(name, 1)) for name, values in found.as_dict().items()}


def test_rounded_figures_agree():
    found = fields(noisy(), YEARS)
    report = compare(found, rounded(found))
    assert set(report) == set(FIELDS)
    assert all(each["differing"] == 0 and each["count"] == 200 and not each["worst_pids"] for each in report.values())
    assert 0.01 < report["mean_velocity"]["median_difference"] < 0.04


def test_a_year_of_another_length_is_no_difference():
    series = np.outer([-80.0, 150.0], YEARS) + noisy(2)
    other = fields(series, YEARS * 365 / 365.25)
    assert compare(fields(series, YEARS), rounded(other))["mean_velocity"]["differing"] == 0


def test_what_differs_is_counted_and_named_worst_first():
    found = fields(noisy(), YEARS)
    delivered = rounded(found)
    delivered["mean_velocity"][[3, 150]] += [0.5, -2]
    delivered["rmse"][5] = np.nan
    report = compare(found, delivered, np.array([f"P{row}" for row in range(200)], "S"))
    assert report["mean_velocity"]["differing"] == 2
    assert report["mean_velocity"]["worst_pids"] == ["P150", "P3"]
    assert report["mean_velocity"]["max_difference"] == pytest.approx(2, abs=0.06)
    assert report["rmse"]["count"] == 199


def test_batches_are_compared_like_one():
    series = noisy()
    found = fields(series, YEARS)
    delivered = rounded(found)
    delivered["rmse"][::20] += 1
    comparison = Comparison()
    for some in (slice(0, 90), slice(90, 200)):
        comparison.add(fields(series[some], YEARS), {name: values[some] for name, values in delivered.items()})
    assert comparison.report() == compare(found, delivered)


def test_a_field_that_was_not_delivered_is_not_reported():
    found = fields(noisy(3), YEARS)
    assert compare(found, {"rmse": found.rmse, "height": np.zeros(3)}).keys() == {"rmse"}
    assert compare(found, {"rmse": np.full(3, np.nan)}) == {}


@pytest.mark.real_data
@pytest.mark.skipif(not STAMPS.exists(), reason="the sample archive is absent")
def test_velocities_of_a_real_landslide_agree_with_those_delivered():
    """97 StaMPS points at Maoxian, 41 dates; StaMPS fits a straight line, and so do we then."""
    with open_delivery(STAMPS) as delivery:
        (batch,) = delivery.batches()
        days = np.array([(day - delivery.facts.dates[0]).days for day in delivery.facts.dates])
    delivered = batch.attributes["mean_velocity"]
    lines = np.array([fit(each / 10, days / 365.25, model="linear").velocity for each in batch.displacement])
    assert np.median(np.abs(lines - delivered)) < 0.15
    assert np.corrcoef(fields(batch.displacement, days / 365).mean_velocity, delivered)[0, 1] > 0.999
