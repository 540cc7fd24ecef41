"""The log of a decision: what it says in cases reckoned by hand, and that it decides as the kernels do."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import registry
from processing.kernels import pairwise as pairwise_kernel
from processing.kernels import stc
from processing.methods.s2gm import MEDOID_BANDS, TREE_BANDS
from processing.pixels import pairwise, short_term
from processing.pixels.candidates import Candidate
from processing.pixels.deciding import decide
from processing.pixels.spectra import indices
from processing.pixels.statements import told_apart
from processing.pixels.validity import why_rejected
from processing.sentinel2 import BANDS

FIRST = datetime(2024, 6, 30, 10, tzinfo=UTC)
SPECTRUM_BANDS = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")


def observation(number=0, *, scene_class=4, cloud=0, datatake=None, zenith=5.0, **reflectance):
    """One candidate, ``number`` days before the newest; every band 1000 unless named."""
    granule = SimpleNamespace(
        item_id=f"item-{number}",
        sensed_at=FIRST - timedelta(days=number),
        datatake=datatake or f"take-{number}",
        files={band: SimpleNamespace(offset=0) for band in (*BANDS, "CLD")},
    )
    return Candidate(granule, number, scene_class, dict.fromkeys(BANDS, 1000) | reflectance, cloud, zenith)


def decided(observations, *, method="s2gm", threshold=4, bands=(*SPECTRUM_BANDS, "CLD")):
    plugin = registry.methods()[method]
    options = {option.name: threshold for option in plugin.options}
    return decide(observations, method=plugin, options=options, compared=bands)


def rejected(*observations, mask="scl", bands=SPECTRUM_BANDS):
    """Codes of why each does not count."""
    return [reason and reason.code for reason in why_rejected(observations, registry.masks()[mask], bands)]


def test_nothing_is_decided_of_nothing():
    assert (decided([]).decision, decided([]).taken, decided([]).rule.code) == ("none", None, "none")


def test_one_observation_is_taken_alone():
    alone = decided([observation()])
    assert (alone.decision, alone.taken, alone.reasons[0].code) == ("single", 0, "single")


def test_the_medoid_is_the_nearest_to_all_observations():
    five = decided([observation(number, B02=value) for number, value in enumerate((1000, 1100, 1250, 3000, 900))])
    assert (five.decision, five.taken) == ("medoid", 1)
    # |1100 - 1000| + 0 + |1100 - 1250| + |1100 - 3000| + |1100 - 900| = 2350, over five observations.
    assert five.distances == pytest.approx((0.049, 0.047, 0.050, 0.155, 0.055))
    assert five.reasons[1].sentence == "The nearest to all observations: 0.0470 away on average."
    assert five.reasons[2].sentence == (
        "Farther from the others: 0.0500 on average against 0.0470 of the chosen one; rank 3 of 5."
    )
    assert five.reasons[3].sentence.endswith("rank 5 of 5.")


def test_of_equally_near_observations_the_newest_is_the_medoid():
    same = decided([observation(number) for number in range(4)])
    assert same.taken == 0
    assert [reason.code for reason in same.reasons] == ["nearest", "tie", "tie", "tie"]


def test_the_medoid_compares_the_bands_that_there_are():
    few = decided([observation(number, B11=100 * number) for number in range(5)], bands=("B02", "B03", "B04"))
    assert few.taken == 0
    assert "in B02 B03 B04:" in few.rule.sentence


def test_greener_of_two_wins_over_vegetation():
    two = decided([observation(0, B08=5000, B04=400, B12=300), observation(1, B08=5200, B04=300, B12=300)])
    assert (two.decision, two.taken, two.rule.code) == ("short_term", 1, "rule_3")
    assert [step.applies for step in two.steps] == [False, False, True]
    assert two.reasons[0].sentence == "Its NDVI is lower: 0.8519 against 0.8909 of the chosen observation."
    assert two.steps[-1].to_json()["numbers"]["mean_ndvi"] == pytest.approx(0.871380, abs=1e-6)


def test_clouds_alone_give_nothing():
    white = dict.fromkeys(BANDS, 9500) | {"B02": 11000, "B11": 6000}
    none = decided([observation(0, scene_class=5, **white), observation(1, scene_class=5, **white)])
    assert (none.decision, none.taken, none.rule.code) == ("none", None, "rule_5")
    assert {reason.code for reason in none.reasons} == {"nothing_taken"}


def test_without_shortwave_infrared_the_greenest_is_taken():
    two = decided([observation(0, B08=3000), observation(1, B08=4000)], bands=("B02", "B03", "B04", "B08"))
    assert (two.taken, two.rule.code, two.reasons[0].code) == (1, "greenest", "lower_ndvi")


def test_without_red_or_infrared_the_newest_is_taken():
    two = decided([observation(0), observation(1)], bands=("B02", "B03"))
    assert (two.taken, two.rule.code, two.reasons[1].code) == (0, "newest_for_want_of_bands", "older")


def test_the_latest_takes_the_newest():
    three = decided([observation(number) for number in range(3)], method="latest")
    assert (three.decision, three.taken, [reason.code for reason in three.reasons]) == (
        "single", 0, ["newest", "older", "older"],
    )  # fmt: skip


def test_duels_of_the_first_version_are_told_one_by_one():
    duels = decided(
        [observation(0, scene_class=6), observation(1, scene_class=4, cloud=3), observation(2, scene_class=4, cloud=9)],
        method="s2gm-1.0",
    )
    assert duels.taken == 1
    assert [step.sentence for step in duels.steps] == [
        "The observation of 2024-06-29 against that of 2024-06-30: Vegetation goes before Water.",
        "The observation of 2024-06-28 against that of 2024-06-29: the older one is more likely cloud, "
        "9 percent against 3.",
    ]
    assert [reason.code for reason in duels.reasons] == ["class", "left", "cloudier"]


NUMBERS = st.integers(-300, 12000)
SPECTRA = st.lists(st.tuples(*[NUMBERS] * 7), min_size=2, max_size=3)
COARSE = st.lists(st.tuples(*[st.sampled_from([0, 150, 300, 600, 1200, 3000, 6000])] * 7), min_size=2, max_size=3)


def told_by(tree, spectra, classes, clouds=()):
    """What one of the trees takes, -1 for nothing."""
    observations = [observation(number, scene_class=each) for number, each in enumerate(classes)]
    named = [dict(zip(TREE_BANDS, spectrum, strict=False)) for spectrum in spectra]
    for spectrum, cloud in zip(named, clouds, strict=False):
        spectrum["CLD"] = cloud
    taken = tree.decide(observations, named).taken
    return -1 if taken is None else taken


@given(st.one_of(SPECTRA, COARSE), st.lists(st.sampled_from([4, 5, 11]), min_size=3, max_size=3))
def test_the_tree_takes_what_the_compiled_one_takes(spectra, classes):
    classes = classes[: len(spectra)]
    wanted = stc.short_term(np.array(spectra, np.float64), np.array(classes, np.uint8), len(spectra))
    assert told_by(short_term, spectra, classes) == wanted


@given(
    st.one_of(SPECTRA, COARSE),
    st.lists(st.integers(0, 11), min_size=3, max_size=3),
    st.lists(st.sampled_from([0, 0, 5, 80]), min_size=3, max_size=3),
)
def test_duels_end_as_the_compiled_ones(spectra, classes, clouds):
    classes, clouds = classes[: len(spectra)], clouds[: len(spectra)]
    table = np.array([[*spectrum, cloud] for spectrum, cloud in zip(spectra, clouds, strict=True)], np.float64)
    wanted = pairwise_kernel.pairwise(table, np.array(classes, np.uint8), len(spectra))
    assert told_by(pairwise, spectra, classes, clouds) == wanted


@pytest.mark.parametrize(
    ("scene_class", "code"),
    [
        (0, "no_data"), (1, "saturated"), (2, None), (3, "cloud_shadow"), (4, None), (5, None), (6, None),
        (7, "unclassified"), (8, "cloud_medium"), (9, "cloud_high"), (10, "cirrus"), (12, "unknown_class"),
    ],
)  # fmt: skip
def test_every_class_has_its_own_words(scene_class, code):
    assert rejected(observation(scene_class=scene_class)) == [code]


def test_a_stricter_mask_has_words_for_what_it_leaves_out_too():
    assert rejected(observation(scene_class=2), mask="scl-strict") == ["dark"]
    assert rejected(observation(scene_class=7), mask="scl-urban") == [None]


def test_snow_is_tested_by_its_bands_where_the_mask_does_and_the_bands_are_there():
    cloud = observation(0, scene_class=11, B03=5000, B11=4000)
    snow = observation(1, scene_class=11, B02=8000, B03=8000, B04=8000, B8A=7000, B11=500)
    assert rejected(cloud, snow) == ["false_snow", None]
    assert rejected(cloud, mask="scl-unrefined") == [None]
    assert rejected(cloud, bands=("B02", "B03", "B04")) == [None]


@pytest.mark.parametrize(
    ("zenith", "code"), [(10.99, None), (11.0, "edge"), (float("nan"), "edge_unknown"), (None, None)]
)
def test_swath_edges_are_cut_from_eleven_degrees_on(zenith, code):
    assert rejected(observation(zenith=zenith)) == [code]


def test_a_band_that_was_not_measured_is_named():
    (reason,) = why_rejected([observation(B11=None, B12=None)], registry.masks()["scl"], SPECTRUM_BANDS)
    assert reason.sentence == "Not measured in B11, B12."
    assert rejected(observation(B11=None), bands=("B02",)) == [None]
    assert rejected(observation(B05=None)) == [None]


def test_one_overpass_counts_once_and_its_first_scene_with_data_counts():
    both = [observation(0, datatake="t"), observation(1, datatake="t")]
    assert rejected(*both) == [None, "same_overpass"]
    cloudy = [observation(0, datatake="t", scene_class=9), observation(1, datatake="t")]
    assert rejected(*cloudy) == ["cloud_high", "same_overpass"]
    empty = [observation(0, datatake="t", scene_class=0), observation(1, datatake="t")]
    assert rejected(*empty) == ["no_data", None]


@pytest.mark.parametrize("method", ["s2gm", "s2gm-1.0", "medoid", "latest"])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_everything_that_is_said_is_a_sentence(method, count):
    rng = np.random.default_rng(count)
    stack = [
        observation(
            number, scene_class=int(rng.choice([2, 4, 5, 6, 11])), **{b: int(rng.integers(50, 9000)) for b in BANDS}
        )
        for number in range(count)
    ]
    said = decided(stack, method=method)
    assert len(said.reasons) == count
    for statement in (said.rule, *said.reasons, *said.steps):
        assert re.fullmatch(r"[A-Z].*\.", statement.sentence), statement.sentence
        assert re.fullmatch(r"[a-z_0-9]+", statement.code)


def test_numbers_have_as_many_digits_as_tell_them_apart():
    assert told_apart(0.08123, 0.0617) == ("0.0812", "0.0617")
    assert told_apart(0.061701, 0.061702) == ("0.061701", "0.061702")
    assert told_apart(0.5, 0.5) == ("0.5000", "0.5000")


def test_indices_are_none_where_a_band_is_missing_and_zero_where_they_have_no_ratio():
    assert indices({"B08": 3000, "B04": 1000, "B03": None}) == {
        "ndvi": 0.5, "ndwi": None, "mndwi": None, "tcb": None, "haze": None,
    }  # fmt: skip
    assert indices(dict.fromkeys(BANDS, 0))["ndvi"] == 0.0


def test_the_medoids_bands_are_among_those_of_the_spectrum():
    assert set(MEDOID_BANDS) <= set(SPECTRUM_BANDS)
