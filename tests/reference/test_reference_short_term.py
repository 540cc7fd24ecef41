"""The short-term tree of V1.1.0 in the reference (3.6): an example for every rule, means worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .indices import brightness, haze, mndwi, ndvi, normalised_difference, ratio_above_one, visible_mean
from .prefilter import is_snow
from .short_term import BANDS, is_bright_snow, is_cloud, is_high_cloud, is_low_cloud, short_term

SOIL = {"B02": 900, "B03": 1300, "B04": 1800, "B08": 2600, "B8A": 2700, "B11": 3400, "B12": 2900}
CLOUD = {"B02": 4500, "B03": 4400, "B04": 4400, "B08": 4800, "B8A": 4800, "B11": 3600, "B12": 2900}
WATER = {"B02": 600, "B03": 500, "B04": 400, "B08": 100, "B8A": 110, "B11": 60, "B12": 40}
SNOW = {"B02": 7800, "B03": 7600, "B04": 7300, "B08": 6800, "B8A": 6500, "B11": 900, "B12": 700}
DIM_SNOW = {"B02": 2610, "B03": 2520, "B04": 2430, "B08": 2385, "B8A": 2340, "B11": 315, "B12": 225}
WET_SNOW = {"B02": 7000, "B03": 6800, "B04": 6500, "B08": 2400, "B8A": 2300, "B11": 250, "B12": 150}
CROP = {"B02": 300, "B03": 500, "B04": 300, "B08": 4500, "B8A": 4600, "B11": 1500, "B12": 900}


def scaled(spectrum, factor):
    return {band: round(value * factor) for band, value in spectrum.items()}


def test_indices_of_a_flat_spectrum_are_the_sums_of_their_coefficients():
    flat = dict.fromkeys(BANDS, 1000)
    assert brightness(flat) == pytest.approx(0.1 * 2.3099)
    assert haze(flat) == pytest.approx(0.1 * -0.4334)
    assert visible_mean(flat) == pytest.approx(0.1)
    assert ndvi(flat) == mndwi(flat) == 0


def test_indices_take_the_bands_they_are_defined_on():
    assert ndvi(CROP) == 4200 / 4800
    assert mndwi(WATER) == 440 / 560
    assert brightness(SOIL, infrared="B08") == pytest.approx(brightness(SOIL) - 0.5599 * 0.01)
    assert haze(CLOUD) == pytest.approx(-0.17577, abs=1e-5)
    assert brightness(CLOUD) == pytest.approx(0.97306, abs=1e-5)


def test_nothing_divided_by_nothing_is_nothing():
    assert normalised_difference(0, 0) == normalised_difference(500, -500) == 0


@pytest.mark.parametrize(
    ("a", "b", "above"), [(2, 1, True), (1, 1, False), (1, 2, False), (1, 0, True), (0, 0, False), (1, -3, True),
                          (-1, -3, False), (0, 5, False)],
)  # fmt: skip
def test_a_ratio_to_nothing_or_less_is_above_one_where_there_is_anything(a, b, above):
    assert ratio_above_one(a, b) is above


def test_rule_1_takes_the_greenest_of_dry_ground():
    # mNDWI -0.8 both; NDVI 0.064 and 0.083.
    dry = SOIL | {"B03": 500, "B04": 2200, "B08": 2500, "B11": 4500}
    assert short_term([dry, dry | {"B08": 2600}], [5, 5]) == (1, "1")


def test_rule_2_takes_the_wettest_of_water():
    # NDVI -0.6 and -0.5; mNDWI 0.786 and 0.818: less than 0.05 above the least.
    assert short_term([WATER, WATER | {"B04": 300, "B11": 50}], [6, 6]) == (1, "2")


def test_rule_3_takes_the_greenest_of_vegetation():
    # NDVI 0.818 and 0.875, brightness about 0.39, mNDWI -0.5.
    assert short_term([CROP | {"B04": 400, "B08": 4000}, CROP], [4, 4]) == (1, "3")


def test_rule_4_takes_the_darkest_if_it_is_no_cloud():
    assert not is_cloud(SOIL)
    assert short_term([scaled(SOIL, 1.2), SOIL], [5, 5]) == (1, "4")


def test_rule_5_takes_the_darkest_cloud_below_a_brightness_of_one():
    assert is_cloud(CLOUD)
    assert short_term([scaled(CLOUD, 1.5), CLOUD], [5, 5]) == (1, "5")


def test_rule_5_takes_none_of_bright_clouds():
    # Brightness 1.17 and 1.46.
    assert short_term([scaled(CLOUD, 1.2), scaled(CLOUD, 1.5)], [5, 5]) == (None, "no data")


def test_rule_6_takes_the_wettest_of_wet_snow():
    # NDVI -0.46; mNDWI 0.766 and 0.929: 0.08 above the least, so that it is not rule 2.
    assert short_term([WET_SNOW | {"B11": 900}, WET_SNOW], [11, 11]) == (1, "6")


def test_rule_7_takes_the_least_green_of_bright_snow():
    # NDVI -0.035 and -0.062, brightness 1.2.
    assert short_term([SNOW, SNOW | {"B8A": 6600, "B08": 6450}], [11, 11]) == (1, "7")


def test_rule_8_takes_the_greenest_of_dim_snow():
    # Brightness 0.42, NDVI -0.009 and 0.004.
    assert short_term([DIM_SNOW, DIM_SNOW | {"B08": 2450}], [11, 11]) == (1, "8")


def test_snow_of_another_class_is_cloud():
    """Rule 5 asks the scene class too."""
    assert short_term([DIM_SNOW, DIM_SNOW | {"B08": 2450}], [5, 5]) == (0, "5")


def test_of_equal_observations_the_newest_is_taken():
    cases = [(SOIL, 5), (CROP, 4), (WATER, 6), (CLOUD, 5), (SNOW, 11), (DIM_SNOW, 11), (WET_SNOW, 11)]
    for spectrum, scene_class in cases:
        assert short_term([spectrum] * 3, [scene_class] * 3).position == 0


def test_of_equal_ndvi_the_newest_is_taken():
    """Of spectra that are multiples of each other, whatever floating point makes of their ratios."""
    assert short_term([scaled(CROP, factor) for factor in (0.9, 0.3, 0.6)], [4, 4, 4]) == (0, "3")


@pytest.mark.parametrize("missing", ["B02", "B03", "B11", "B12", "B8A"])
def test_without_a_band_of_the_tree_the_greatest_ndvi_is_taken(missing):
    stack = [{band: value for band, value in spectrum.items() if band != missing} for spectrum in (SOIL, CROP, CROP)]
    assert short_term(stack, [5, 4, 4]) == (1, "NDVI only")


@pytest.mark.parametrize("missing", ["B04", "B08"])
def test_without_red_or_infrared_the_newest_is_taken(missing):
    stack = [{band: value for band, value in spectrum.items() if band != missing} for spectrum in (SOIL, CROP)]
    assert short_term(stack, [5, 4]) == (0, "newest")


def test_a_cloud_test_each():
    assert is_bright_snow(SNOW)
    assert not is_bright_snow(scaled(SNOW, 0.25))
    assert is_high_cloud(CLOUD)
    assert not is_high_cloud(SOIL)
    # Haze -0.0235: enough for a low cloud, not for a high one.
    hazy = SOIL | {"B02": 1050}
    assert is_low_cloud(hazy)
    assert not is_high_cloud(hazy)


def test_snow_is_class_colour_and_brightness_together():
    assert is_snow(11, SNOW)
    assert not is_snow(5, SNOW)
    assert not is_snow(11, CLOUD)
    assert not is_snow(11, scaled(SNOW, 0.29))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries({band: st.integers(-900, 12000) for band in BANDS}), st.sampled_from([2, 4, 5, 6, 11])
        ),
        min_size=2,
        max_size=5,
    )
)
def test_the_tree_takes_one_of_the_observations_or_says_that_it_takes_none(stack):
    """A1-082."""
    position, rule = short_term([spectrum for spectrum, _ in stack], [scene_class for _, scene_class in stack])
    assert (position is None) == (rule == "no data")
    assert position is None or 0 <= position < len(stack)
