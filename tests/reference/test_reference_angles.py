"""Sun and view angles of the reference (5.3)."""

import math
from pathlib import Path

import numpy as np
import pytest

from .angles import (
    NODES,
    angles_of,
    azimuth_at,
    brought_near,
    mean_direction,
    mean_of_known,
    mean_over_bands,
    zenith_at,
)
from .encoding import stored_angle

NAN = math.nan
SLOVENIA = Path(__file__).parents[3] / "shared" / "data" / "s2" / "slovenia_2023"


def nodes(**values):
    """Nodes of 0 with some set: ``r0c1`` is row 0, column 1."""
    grid = np.zeros((NODES, NODES))
    for place, value in values.items():
        row, column = place[1:].split("c")
        grid[int(row), int(column)] = value
    return grid


def test_detectors_are_merged_without_those_that_do_not_see():
    assert mean_of_known([NAN, 4.0, 6.0]) == 5.0
    assert math.isnan(mean_of_known([NAN, NAN]))


def test_the_mean_over_bands_gives_each_band_one_voice():
    full = {"1": [np.full((23, 23), 2.0), np.full((23, 23), 4.0)], "2": [np.full((23, 23), 9.0)]}
    assert mean_over_bands(full, mean_of_known)[5, 7] == 6.0


def test_a_band_that_does_not_see_has_no_voice():
    full = {"1": [np.full((23, 23), NAN)], "2": [np.full((23, 23), 9.0)]}
    assert mean_over_bands(full, mean_of_known)[0, 0] == 9.0


@pytest.mark.parametrize(
    ("values", "mean"),
    [([350, 20], 5), ([20, 350], 5), ([359, 1, 3], 1), ([90, 100], 95), ([180, 200, NAN], 190), ([181, 179], 180)],
)
def test_directions_are_averaged_over_north(values, mean):
    assert mean_direction(values) % 360 == pytest.approx(mean)


def test_a_direction_is_brought_within_half_a_turn():
    assert brought_near(350, 10) == -10
    assert brought_near(10, 350) == 370
    assert brought_near(100, 10) == 100


def test_between_nodes_angles_are_bilinear():
    grid = nodes(r0c0=10, r0c1=20, r1c0=30, r1c1=60)
    assert zenith_at(grid, 0, 0) == 10
    assert zenith_at(grid, 0.5, 0) == 15
    assert zenith_at(grid, 0.25, 0.5) == pytest.approx(0.5 * 12.5 + 0.5 * 37.5)


def test_unknown_nodes_are_left_out():
    grid = nodes(r0c0=10, r0c1=NAN, r1c0=30, r1c1=NAN)
    assert zenith_at(grid, 0.9, 0.5) == pytest.approx(20)
    assert math.isnan(zenith_at(grid, 1.0, 0.5))
    assert math.isnan(azimuth_at(grid, 1.0, 0.5))


def test_beyond_the_last_node_its_angle_holds():
    grid = nodes(r0c0=7, r22c22=9)
    assert zenith_at(grid, -3, -0.1) == 7
    assert zenith_at(grid, 22.4, 30) == 9


@pytest.mark.parametrize("first", [350.0, -10.0, NAN])
def test_azimuths_between_nodes_go_over_north(first):
    grid = nodes(r0c0=first, r0c1=10, r1c0=350, r1c1=10)
    wanted = 0 if not math.isnan(first) else 356 + 2 / 3 + 6 + 2 / 3
    found = azimuth_at(grid, 0.5, 0.5)
    assert math.cos(math.radians(found - wanted)) == pytest.approx(1)
    assert 0 <= found <= 360


@pytest.mark.parametrize(
    ("degrees", "stored"),
    [(11.0, 1100), (0.0, 0), (33.125, 3313), (33.1249, 3312), (327.674, 32767), (327.675, -3232), (359.999, 0),
     (NAN, -32768)],
)  # fmt: skip
def test_angles_are_stored_in_hundredths_and_beyond_int16_less_a_turn(degrees, stored):
    assert stored_angle(degrees) == stored


def test_halves_go_up_whatever_the_last_bits_say_and_what_is_less_goes_down():
    """Two values of real granules: the first is 33.255 but for floating point, the second truly less than 10.955."""
    assert stored_angle(33.254999999999995) == 3326
    assert stored_angle(10.954999999580926) == 1095


@pytest.mark.real_data
@pytest.mark.skipif(not SLOVENIA.exists(), reason="the Slovenian sample is not beside the repository")
def test_a_real_granules_grids_are_read():
    angles = angles_of(SLOVENIA / "S2A_33TWL_20230815_0_L2A" / "MTD_TL.xml")
    assert (angles.epsg, angles.left, angles.top) == (32633, 499980, 5100000)
    assert angles.sun_zenith[0, :2].tolist() == [34.915, 34.8935]
    assert np.nanmax(angles.view_zenith) < 13
    assert 90 < np.nanmean(angles.view_azimuth) < 300
