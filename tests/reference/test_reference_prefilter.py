"""Valid observations and overpasses in the reference (3.2, 3.3)."""

import math

import pytest

from .datatakes import overpasses
from .prefilter import SPECTRUM, Sample, can_refine_snow, rejection

SNOW = {"B02": 7800, "B03": 7600, "B04": 7300, "B06": 7000, "B08": 6800, "B8A": 6500, "B11": 900, "B12": 700}


def why(scene_class=4, *, view_zenith=5.0, refine_snow=True, offset=0, **changes):
    """Why an observation does not count; ``changes`` are digital numbers."""
    numbers = SNOW | changes
    spectrum = {band: number + offset for band, number in numbers.items()}
    sample = Sample(0, scene_class, view_zenith, numbers, spectrum)
    return rejection(sample, refine_snow=refine_snow)


def test_five_classes_are_valid_and_the_others_say_why_not():
    """A1-083; of "Weak_1" in 3.2, and section 4."""
    reasons = {scene_class: why(scene_class) for scene_class in range(1, 14)}
    assert [scene_class for scene_class, reason in reasons.items() if reason is None] == [2, 4, 5, 6, 11]
    assert {scene_class for scene_class, reason in reasons.items() if reason == "cloud"} == {7, 8, 9, 10}
    assert {scene_class for scene_class, reason in reasons.items() if reason == "shadow"} == {3}
    assert {scene_class for scene_class, reason in reasons.items() if reason == "no_data"} == {1, 12, 13}


@pytest.mark.parametrize(
    ("view_zenith", "reason"),
    [(10.999999, None), (11.0, "edge"), (11.5, "edge"), (math.nan, "edge"), (None, None)],
)
def test_the_swaths_edge_begins_at_eleven_degrees_and_where_the_angle_is_unknown(view_zenith, reason):
    """A1-083. None: the granule has no metadata and is not judged."""
    assert why(view_zenith=view_zenith) == reason


@pytest.mark.parametrize("band", SPECTRUM)
def test_an_observation_without_a_band_is_none(band):
    """A1-083. Nothing measured is 0 before the offset, not after it."""
    assert why(**{band: 0}) == "no_data"
    assert why(**{band: 0}, offset=-1000) == "no_data"
    assert why(**{band: 1000}, offset=-1000) is None


def test_snow_must_look_like_snow_where_that_is_asked():
    assert why(11) is None
    # NDSI 0.58.
    assert why(11, B11=2000) == "snow"
    assert why(11, B11=2000, refine_snow=False) is None
    assert why(5, B11=2000) is None
    dim = {band: number // 4 for band, number in SNOW.items()}
    assert why(11, **dim) == "snow"


def test_snow_is_judged_by_reflectance_not_by_numbers():
    # NDSI of the numbers 0.545, of the reflectances 0.77.
    assert why(11, B11=1700 + 1000 - 900, offset=-1000, B03=8600) is None
    assert why(11, B11=1700 + 1000 - 900, B03=5000) == "snow"


def test_the_first_reason_counts():
    assert why(8, view_zenith=12.0, B02=0) == "cloud"
    assert why(11, view_zenith=12.0, B02=0) == "edge"
    assert why(11, B02=0, B11=9000) == "no_data"


def test_snow_is_refined_only_with_all_its_bands():
    assert can_refine_snow(SPECTRUM)
    assert can_refine_snow(["B02", "B03", "B04", "B8A", "B11", "B12"])
    assert not can_refine_snow(["B02", "B03", "B04", "B08"])


def test_two_tiles_of_a_datatake_count_once():
    found = overpasses(["new", "new", "old", "old"], [4, 5, 6, 4])
    assert found == [("new", 0), ("old", 2)]


def test_the_second_tile_serves_where_the_first_has_no_data():
    assert overpasses(["new", "new", "old"], [0, 5, 6]) == [("new", 1), ("old", 2)]
    assert overpasses(["new", "new", "old"], [-1, 8, 6]) == [("new", 1), ("old", 2)]


def test_a_datatake_without_data_is_still_an_overpass_and_one_beside_the_pixel_is_not():
    assert overpasses(["new", "new", "old"], [0, -1, -1]) == [("new", None)]
    assert overpasses(["new", "old"], [-1, -1]) == []
