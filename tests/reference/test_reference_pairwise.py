"""The short-term tree of V1.0 in the reference (3.7)."""

import itertools

import pytest

from .pairwise import Candidate, pairwise, replaces

GREY = {"B02": 1000, "B03": 1000, "B04": 1000, "B08": 2000, "B11": 1500, "B12": 1500}
CLASSES = (2, 4, 5, 6, 11)
WINNERS = {
    frozenset(pair): winner
    for winner, losers in {4: (11, 6, 2), 5: (11, 6, 2), 11: (6, 2), 6: (2,)}.items()
    for pair in ((winner, loser) for loser in losers)
}


def seen(scene_class, cloud=0, **changes):
    return Candidate(scene_class, GREY | changes, cloud)


@pytest.mark.parametrize(
    ("newer", "older"), [pair for pair in itertools.permutations(CLASSES, 2) if set(pair) != {4, 5}]
)
def test_of_two_classes_the_better_one_wins_whatever_its_cloud(newer, older):
    """Land, snow, water, dark; snow before water as the script had it."""
    candidates = [seen(newer, cloud=50), seen(older, cloud=90)]
    assert candidates[pairwise(candidates)].scene_class == WINNERS[frozenset((newer, older))]
    candidates = [seen(newer, cloud=90), seen(older, cloud=50)]
    assert candidates[pairwise(candidates)].scene_class == WINNERS[frozenset((newer, older))]


def test_ndvi_does_not_matter_between_vegetation():
    """The script's defect: the older one wins where NDVIs differ at all."""
    for infrared in (1500, 3500):
        assert pairwise([seen(4), seen(4, B08=infrared)]) == 1
    assert pairwise([seen(4), seen(4, B02=10)]) == 0


def test_without_cloud_probability_the_oldest_vegetation_wins():
    assert pairwise([seen(4, B08=2000 + step) for step in range(3)]) == 2


@pytest.mark.parametrize("classes", [(4, 5), (5, 4), (5, 5)])
def test_soil_is_decided_by_smaller_brightness(classes):
    newer, older = classes
    assert pairwise([seen(newer), seen(older, B02=999)]) == 1
    assert pairwise([seen(newer), seen(older, B02=1001)]) == 0
    assert pairwise([seen(newer), seen(older, B02=900, B04=1100)]) == 0


@pytest.mark.parametrize("scene_class", [2, 11])
def test_dark_features_and_snow_are_decided_by_larger_brightness(scene_class):
    assert pairwise([seen(scene_class), seen(scene_class, B03=1001)]) == 1
    assert pairwise([seen(scene_class), seen(scene_class, B03=999)]) == 0


def test_water_is_decided_by_larger_ndwi_or_smaller_shortwave_infrared():
    assert pairwise([seen(6), seen(6, B08=1900)]) == 1
    assert pairwise([seen(6), seen(6, B08=2100)]) == 0
    assert pairwise([seen(6), seen(6, B08=2100, B12=1400)]) == 1
    assert pairwise([seen(6), seen(6, B11=1600)]) == 0


@pytest.mark.parametrize(
    ("better", "scene_class"), [({"B08": 3000}, 4), ({"B02": 1}, 5), ({"B02": 9000}, 11), ({"B08": 500}, 6)]
)
def test_a_more_cloudy_observation_never_wins_within_its_class(better, scene_class):
    assert not replaces(seen(scene_class, cloud=11, **better), seen(scene_class, cloud=10))
    assert replaces(seen(scene_class, cloud=10, **better), seen(scene_class, cloud=10))


def test_the_winner_so_far_meets_the_next_one():
    # Water loses to soil, which loses to darker soil; the last is brighter than that.
    assert pairwise([seen(6), seen(5), seen(5, B02=900), seen(5, B02=950)]) == 2


@pytest.mark.parametrize("missing", ["B02", "B03", "B04", "B08", "B11", "B12"])
def test_without_one_of_the_bands_the_newest_wins(missing):
    few = {band: value for band, value in GREY.items() if band != missing}
    assert pairwise([Candidate(2, few, 50), Candidate(4, few, 0)]) == 0
