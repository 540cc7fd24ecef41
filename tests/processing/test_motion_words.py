"""What a point's figures mean in plain words, and where its satellite is."""

import math

import pytest

from processing.insar.reading_aloud import PRECISION_SOURCES, PRECISIONS, compass, read


def codes(*arguments, **options):
    return [each.code for each in read(*arguments, **options)]


@pytest.mark.parametrize(
    ("velocity", "direction", "sentence"),
    [
        (-6.2, "ascending", "Moves 6 ± 1 mm a year away from the satellite."),
        (6.2, "descending", "Moves 6 ± 1 mm a year towards the satellite."),
        (-6.2, "los", "Moves 6 ± 1 mm a year away from the satellite."),
        (6.2, "up", "Moves 6 ± 1 mm a year upward."),
        (-6.2, "up", "Moves 6 ± 1 mm a year downward."),
        (6.2, "east", "Moves 6 ± 1 mm a year eastward."),
        (-6.2, "east", "Moves 6 ± 1 mm a year westward."),
        (0.2, "up", "Moves 0 ± 1 mm a year: no motion was measured."),
    ],
)
def test_motion_is_said_with_its_uncertainty(velocity, direction, sentence):
    assert read(velocity, 1.2, direction)[0].sentence == sentence


def test_small_uncertainties_are_said_to_a_tenth():
    said = read(-6.24, 0.13, "up")[0]
    assert said.sentence == "Moves 6.2 ± 0.1 mm a year downward."
    assert said.numbers == {"velocity": -6.24, "std": 0.13}
    assert read(-6.24, 0.0, "up")[0].sentence == "Moves 6.2 ± 0.1 mm a year downward."


def test_what_is_not_significant_is_said():
    assert codes(-1.5, 0.1, "up") == ["velocity.down", "velocity.within_precision"]
    assert read(-1.5, 0.1, "up")[1].sentence == "Not significant: within ±2 mm a year nothing can be said."
    assert codes(-6, 3.5, "up") == ["velocity.down", "velocity.not_significant"]
    assert codes(-6, 1, "up") == ["velocity.down"]
    assert codes(-6, math.nan, "up") == ["velocity.down", "velocity.not_significant"]
    assert codes(-1.5, 0.1, "up", precision=0.7) == ["velocity.down"]


def test_where_the_satellite_looks_from_is_said_along_the_line_of_sight_only():
    assert codes(-6, 1, "ascending")[-1] == "geometry.ascending"
    assert codes(-6, 1, "descending")[-1] == "geometry.descending"
    assert codes(-6, 1, "los") == ["velocity.away"]


def test_seasons_and_acceleration_are_said_where_they_stand_out():
    said = read(-6, 1, "up", seasonality=4.2, seasonality_std=0.4, acceleration=-2.5, acceleration_std=0.3)
    assert [each.sentence for each in said[1:]] == [
        "Moves up and down by ±4 mm with the seasons.",
        "Becomes faster: by 2.5 mm a year, every year.",
    ]
    assert codes(-6, 1, "up", acceleration=2.5, acceleration_std=0.3)[-1] == "acceleration.slower"
    assert codes(-6, 1, "east", seasonality=4)[-1] == "season.east"
    assert codes(-6, 1, "los", seasonality=4)[-1] == "season.los"
    assert codes(-6, 1, "up", seasonality=0.8, seasonality_std=0.1, acceleration=0.1, acceleration_std=0.01) == [
        "velocity.down"
    ]
    assert codes(-6, 1, "up", seasonality=4, seasonality_std=3, acceleration=2, acceleration_std=3) == ["velocity.down"]


def test_an_unknown_velocity_is_said_and_nothing_else():
    assert codes(math.nan, 1, "up", seasonality=9) == ["velocity.unknown"]


def test_the_compass_points_to_the_satellite():
    # The row of a real release that the reference quotes: incidence 30.97, track angle 347.64.
    azimuth, incidence = compass(-0.511, -0.112, 0.852)
    assert azimuth == pytest.approx(347.64 - 90, abs=1)
    assert incidence == pytest.approx(30.97, abs=0.8)
    assert compass(0.5, -0.1, 0.85)[0] == pytest.approx(101.3, abs=0.1)
    assert compass(0, 0, 1)[1] == 0


def test_every_stated_precision_has_a_source():
    assert {each.source for each in PRECISIONS} == set(PRECISION_SOURCES)
    assert all(0 < each.lowest <= each.highest for each in PRECISIONS)
    pilot = {
        (each.quantity, each.direction): (each.lowest, each.highest) for each in PRECISIONS if each.source == "pilot"
    }
    assert pilot["velocity", "east-west"] == (6, 7)
    assert pilot["velocity", "vertical"] == (3, 4)
    assert pilot["position", "east"] == (15, 15)
