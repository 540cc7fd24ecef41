"""Dispatch and medoid of the reference (3.4, 3.5), by small examples worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .encoding import LAYERS, MEDOID, NONE, SHORT_TERM, SINGLE, stored_spread
from .medoid import BANDS, distance, medoid
from .mosaic import choose
from .prefilter import Sample

spectra = st.lists(
    st.fixed_dictionaries({band: st.integers(-500, 12000) for band in (*BANDS, "B8A")}), min_size=2, max_size=12
)


def flat(value, **changes):
    return dict.fromkeys((*BANDS, "B8A"), value) | changes


def samples(stack):
    return [Sample(number, 4, None, numbers={}, reflectance=spectrum, cloud=0) for number, spectrum in enumerate(stack)]


def around(centre, distances):
    """A spectrum, and one for each distance that lies so far from it, each in another band."""
    return [centre] + [centre | {band: centre[band] + far} for band, far in zip(BANDS, distances, strict=False)]


def test_the_medoid_is_nearest_to_all_others_together():
    stack = [flat(100), flat(1000), flat(1100), flat(5000)]
    # In steps of sqrt(7): 900 + 1000 + 4900, 900 + 100 + 4000, 1000 + 100 + 3900, far.
    assert medoid(stack).position == 1
    assert np.isclose(medoid(stack).spread, np.sqrt(7) * 5000 / 4)


def test_distances_are_euclidean():
    stack = [flat(0), flat(0, B02=3, B12=4)]
    assert medoid(stack) == (0, 5 / 2)


def test_the_narrow_infrared_band_does_not_count():
    assert medoid([flat(0), flat(0, B8A=9000)]).spread == 0


def test_of_equally_near_ones_the_newest_is_the_medoid():
    one, other = flat(1000), flat(3000)
    assert medoid([one, other]).position == 0
    assert medoid([other, one]).position == 0
    assert medoid([flat(9000), one, one, one]).position == 1


def test_sums_that_differ_by_the_order_of_adding_alone_are_equal():
    """Of the corners of a box each is as near to the others; the fifth one's sum is less by its last bit."""
    corners = [
        (860, 0, 0), (0, 0, 1999), (0, 385, 0), (860, 385, 1999),
        (860, 0, 1999), (0, 385, 1999), (860, 385, 0), (0, 0, 0),
    ]  # fmt: skip
    stack = [dict(zip(("B02", "B03", "B04"), corner, strict=True)) for corner in corners]
    sums = [sum(distance(one, other, ("B02", "B03", "B04")) for other in stack) for one in stack]
    assert sums.index(min(sums)) == 4
    assert medoid(stack).position == 0


def test_six_valid_observations_of_the_slides_sample_have_a_spread():
    """Slide sample of 2.1: valid_obs 6, medoid_mos 0.0617."""
    stack = around(flat(1000), [1100, 900, 700, 600, 402])
    choice = choose(samples(stack), method="s2gm")
    assert (choice.position, choice.decision) == (0, MEDOID)
    assert stored_spread(choice.spread) * 1e-4 == pytest.approx(0.0617)


def test_three_valid_observations_of_the_slides_sample_have_none():
    """Slide sample of 2.1: valid_obs 3, medoid_mos 6.5535. A1-080."""
    choice = choose(samples(around(flat(1000), [1100, 900])), method="s2gm")
    assert (choice.decision, choice.spread) == (SHORT_TERM, None)
    dtype, empty = LAYERS["medoid_mos"]
    assert (dtype, empty * 1e-4) == ("uint16", pytest.approx(6.5535))


def test_the_number_of_valid_observations_says_what_decides():
    """A1-080, A1-081."""
    stack = [flat(value) for value in (900, 1000, 1100, 1200, 1300, 1400)]

    def decisions(**options):
        return [choose(samples(stack[:count]), **options).decision for count in range(7)]

    tree, half = SHORT_TERM, [NONE, SINGLE]
    assert decisions(method="s2gm") == [*half, tree, tree, MEDOID, MEDOID, MEDOID]
    assert decisions(method="s2gm-1.0") == [*half, tree, tree, MEDOID, MEDOID, MEDOID]
    assert decisions(method="s2gm", threshold=2) == [*half] + [MEDOID] * 5
    assert decisions(method="s2gm", threshold=6) == [*half, tree, tree, tree, tree, MEDOID]
    assert decisions(method="medoid") == [*half] + [MEDOID] * 5
    assert decisions(method="latest") == [*half] + [SINGLE] * 5
    assert choose(samples(stack), method="latest").position == 0


@settings(max_examples=60, deadline=None)
@given(spectra, st.randoms(use_true_random=False))
def test_no_other_observation_is_nearer_and_order_does_not_change_the_spread(stack, chance):
    """A1-082: the medoid is one of the observations, not a mixture of them."""
    position, spread = medoid(stack)
    sums = [sum(np.linalg.norm([one[band] - other[band] for band in BANDS]) for other in stack) for one in stack]
    assert sums[position] <= min(sums) * (1 + 1e-9)
    shuffled = chance.sample(stack, len(stack))
    assert np.isclose(medoid(shuffled).spread, spread)
