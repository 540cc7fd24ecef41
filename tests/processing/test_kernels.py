"""The compiled kernels agree with their slow twins, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference.medoid import BANDS as MEDOID_BANDS
from reference.medoid import medoid
from reference.mosaic import choose
from reference.prefilter import Sample, can_refine_snow, rejection
from reference.short_term import BANDS as TREE_BANDS
from reference.short_term import short_term

from processing import registry
from processing.chosen import gather_band
from processing.kernels.gathering import take
from processing.kernels.masks import drop_unmeasured
from processing.kernels.medoid import medoid as compiled_medoid
from processing.kernels.stc import short_term as compiled_short_term
from processing.layers import Decision, Reason
from processing.methods.base import NO_SPREAD
from processing.stack import BandCells, Stack

BANDS = ("B02", "B03", "B04", "B06", "B08", "B8A", "B11", "B12")


def stack_of(numbers, classes, *, offsets=None, bands=BANDS, cell_px=1):
    """Stack of digital numbers (observation, band, cell row, cell column), each cell ``cell_px`` pixels wide."""
    observations, _, rows, columns = numbers.shape
    height, width = rows * cell_px, columns * cell_px
    buffer = np.ascontiguousarray(numbers.transpose(1, 0, 2, 3), dtype=np.uint16).ravel()
    size = observations * rows * columns
    offsets = np.zeros((observations, len(bands)), np.int32) if offsets is None else offsets
    return Stack(
        observations=range(observations),
        scene_class=np.ascontiguousarray(classes, np.uint8),
        valid=registry.masks()["scl"].reasons[np.asarray(classes, np.uint8)] == 0,
        bands={
            band: BandCells(
                buffer[b * size : (b + 1) * size].reshape(observations, rows, columns),
                np.repeat(np.arange(rows, dtype=np.int32), cell_px),
                np.repeat(np.arange(columns, dtype=np.int32), cell_px),
                offsets[:, b].copy(),
            )
            for b, band in enumerate(bands)
        },
        buffer=buffer,
    ), (height, width)


def mask_by_bands(stack, name="scl"):
    """Clear what the bands show not to count, as the engine does."""
    mask = registry.masks()[name]
    spectrum = stack.positions(mask.measures)
    drop_unmeasured(*stack.cells(), spectrum[spectrum >= 0], stack.valid)
    mask.refine(stack)


def choose_by(name, stack, **options):
    """The method's choice, with its own options where none are given."""
    method = registry.methods()[name]
    return method.choose(stack, {option.name: option.default for option in method.options} | options)


def expected(numbers, classes, offsets, bands, threshold=4):
    """Chosen observation and number of valid ones for one pixel, by the slow twin."""
    samples = [
        Sample(
            scene=o,
            scene_class=int(classes[o]),
            view_zenith=None,
            numbers=dict(zip(bands, map(int, numbers[o]), strict=True)),
            reflectance={band: int(n) + int(offsets[o]) for band, n in zip(bands, numbers[o], strict=True)},
        )
        for o in range(len(numbers))
    ]
    valid = [sample for sample in samples if not rejection(sample, refine_snow=can_refine_snow(bands))]
    position = choose(valid, method="s2gm", threshold=threshold).position
    return (-1 if position is None else valid[position].scene), len(valid)


def by_band(spectra, bands):
    """Rows of whole numbers as the twin takes them."""
    return [dict(zip(bands, map(int, spectrum), strict=True)) for spectrum in spectra]


def landlike(rng, observations, bands, pixels):
    """Spectra around a few endmembers: water, plants, soil, snow, cloud; with ties and no data among them."""
    endmembers = np.array(
        [
            [600, 500, 300, 150, 120, 110, 60, 40],
            [300, 600, 350, 2600, 3300, 3500, 1700, 800],
            [900, 1300, 1900, 2400, 2700, 2900, 3600, 3100],
            [8800, 8700, 8600, 8200, 8100, 8000, 900, 700],
            [6200, 6100, 6000, 6300, 6400, 6500, 4800, 4000],
            [1500, 1500, 1450, 2200, 2500, 2500, 1500, 1200],
        ]
    )[:, : len(bands)]
    kind = rng.integers(0, len(endmembers), (observations, pixels))
    numbers = endmembers[kind] * rng.uniform(0.7, 1.4, (observations, pixels, 1)) + rng.normal(
        0, 60, (observations, pixels, len(bands))
    )
    numbers = np.clip(np.round(numbers), 1, 65535)
    numbers[rng.random((observations, pixels)) < 0.04] = 0
    twins = rng.random(pixels) < 0.15
    if observations > 1:
        numbers[-1, twins] = numbers[0, twins]
    return numbers.astype(np.uint16)


@pytest.mark.parametrize("observations", [1, 2, 3, 4, 5, 8, 13, 30])
def test_s2gm_chooses_as_its_slow_twin(observations):
    rng = np.random.default_rng(observations)
    pixels = 400
    numbers = landlike(rng, observations, BANDS, pixels)
    classes = rng.choice([0, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 11, 12], (observations, pixels))
    offsets = rng.choice([0, -1000], observations)
    numbers = np.where(numbers > 0, numbers - offsets[:, None, None], 0).astype(np.uint16)
    per_band = np.repeat(offsets[:, None], len(BANDS), axis=1).astype(np.int32)
    stack, _ = stack_of(numbers.transpose(0, 2, 1)[:, :, None, :], classes[:, None, :], offsets=per_band)
    mask_by_bands(stack)
    chosen = choose_by("s2gm", stack).observation[0]
    counts = stack.valid.sum(axis=0)[0]
    for pixel in range(pixels):
        wanted = expected(numbers[:, pixel], classes[:, pixel], offsets, BANDS)
        assert (chosen[pixel], counts[pixel]) == wanted


@pytest.mark.parametrize("bands", [("B02", "B03", "B04", "B08"), ("B02", "B03"), ("B02", "B03", "B04", "B08", "B11")])
def test_s2gm_uses_the_bands_there_are(bands):
    rng = np.random.default_rng(5)
    numbers = landlike(rng, 5, BANDS, 300)[:, :, [BANDS.index(band) for band in bands]]
    classes = rng.choice([4, 4, 5, 6, 8, 11], (5, 300))
    stack, _ = stack_of(numbers.transpose(0, 2, 1)[:, :, None, :], classes[:, None, :], bands=bands)
    mask_by_bands(stack)
    chosen = choose_by("s2gm", stack).observation[0]
    for pixel in range(300):
        assert chosen[pixel] == expected(numbers[:, pixel], classes[:, pixel], np.zeros(5), bands)[0]


def test_without_near_infrared_two_observations_give_the_newest():
    stack, _ = stack_of(np.full((2, 2, 1, 1), [[[[500]], [[600]]]]), np.full((2, 1, 1), 4), bands=("B02", "B03"))
    assert choose_by("s2gm", stack).observation[0, 0] == 0


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 12), st.integers(1, 7), st.integers(0, 2**32 - 1), st.booleans())
@example(4, 7, 0, True)
def test_the_medoid_is_nearest_to_all(count, bands, seed, coarse):
    rng = np.random.default_rng(seed)
    spectra = rng.integers(1, 5 if coarse else 10000, (count, bands)).astype(np.float64)
    wanted = medoid(by_band(spectra, MEDOID_BANDS[:bands])).position
    assert compiled_medoid(spectra, count, bands, np.empty(count)) == wanted


def test_of_equal_medoids_the_newest_is_taken():
    square = np.array([[0.0, 0.0], [0.0, 7.0], [7.0, 0.0], [7.0, 7.0]])
    assert compiled_medoid(square, 4, 2, np.empty(4)) == 0


@settings(deadline=None, max_examples=500)
@given(st.integers(2, 3), st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.3, 1.0]))
def test_the_short_term_tree_follows_its_rules(count, seed, brightest):
    rng = np.random.default_rng(seed)
    spectra = rng.uniform(-0.01, brightest, (count, 7))
    if seed % 3 == 0:
        spectra[:, 5:] *= 0.08
    if seed % 5 == 0:
        spectra[:, 3:5] += 0.3
    classes = rng.choice([2, 4, 5, 6, 11], count)
    spectra = np.round(spectra * 10000)
    wanted = short_term(by_band(spectra, TREE_BANDS), classes).position
    got = compiled_short_term(spectra, classes.astype(np.uint8), count)
    assert got == (-1 if wanted is None else wanted)


def test_every_rule_of_the_tree_is_reached_and_agrees():
    rng = np.random.default_rng(1)
    rules = set()
    kinds = np.array(
        [
            # B02, B03, B04, B08, B8A, B11, B12
            [0.04, 0.04, 0.30, 0.33, 0.35, 0.40, 0.30],
            [0.20, 0.20, 0.20, 0.05, 0.05, 0.05, 0.05],
            [0.03, 0.06, 0.03, 0.35, 0.37, 0.18, 0.08],
            [0.10, 0.13, 0.17, 0.24, 0.26, 0.33, 0.30],
            [0.30, 0.28, 0.26, 0.28, 0.29, 0.20, 0.15],
            [0.60, 0.60, 0.60, 0.62, 0.63, 0.50, 0.40],
            [0.80, 0.85, 0.80, 0.40, 0.40, 0.05, 0.04],
            [0.85, 0.85, 0.82, 0.80, 0.80, 0.09, 0.07],
            [0.25, 0.30, 0.25, 0.24, 0.24, 0.03, 0.02],
        ]
    )
    for trial in range(6000):
        spectra = kinds[rng.choice(len(kinds), 1 if trial % 2 else 2)] * rng.uniform(0.7, 1.4, (2, 7))
        spectra = np.round(spectra * 10000)
        classes = rng.choice([4, 11, 11], 2).astype(np.uint8)
        wanted, rule = short_term(by_band(spectra, TREE_BANDS), classes)
        assert compiled_short_term(spectra, classes, 2) == (-1 if wanted is None else wanted)
        rules.add(rule)
    assert rules == {*"12345678", "no data"}


def test_a_cell_of_20_m_serves_four_pixels_of_10_m():
    rng = np.random.default_rng(3)
    coarse = landlike(rng, 6, BANDS, 25).reshape(6, 5, 5, 8).transpose(0, 3, 1, 2)
    fine = coarse.repeat(2, axis=2).repeat(2, axis=3)
    classes = rng.choice([4, 5, 8], (6, 10, 10))
    shared, _ = stack_of(coarse, classes, cell_px=2)
    blown_up, _ = stack_of(fine, classes)
    np.testing.assert_array_equal(choose_by("s2gm", shared).observation, choose_by("s2gm", blown_up).observation)


@pytest.mark.parametrize("name", sorted(registry.methods()))
class TestEveryMethod:
    """What any method must do, also one that is added tomorrow."""

    def composite(self, name, seed, observations):
        rng = np.random.default_rng(seed)
        numbers = landlike(rng, observations, BANDS, 200).transpose(0, 2, 1)[:, :, None, :]
        classes = rng.choice([0, 2, 4, 5, 6, 8, 11], (observations, 1, 200))
        stack, _ = stack_of(numbers, classes)
        mask_by_bands(stack, registry.methods()[name].mask)
        return stack, choose_by(name, stack)

    @pytest.mark.parametrize("observations", [0, 1, 2, 3, 4, 9])
    def test_takes_only_valid_observations(self, name, observations):
        stack, choice = self.composite(name, 11, observations)
        chosen = choice.observation
        assert chosen.dtype == np.int16
        assert chosen.shape == stack.valid.shape[1:]
        assert np.all((chosen >= -1) & (chosen < max(observations, 1)))
        for y, x in np.argwhere(chosen >= 0):
            assert stack.valid[chosen[y, x], y, x]

    def test_takes_the_only_valid_observation_and_none_where_there_is_none(self, name):
        stack, choice = self.composite(name, 12, 3)
        chosen = choice.observation
        count = stack.valid.sum(axis=0)
        assert np.all(chosen[count == 0] == -1)
        np.testing.assert_array_equal(chosen[count == 1], stack.valid.argmax(axis=0)[count == 1])

    def test_says_how_it_decided(self, name):
        stack, choice = self.composite(name, 14, 6)
        assert (choice.decision.dtype, choice.spread.dtype) == (np.uint8, np.uint16)
        np.testing.assert_array_equal(choice.decision == Decision.NONE, choice.observation < 0)
        assert np.all(np.isin(choice.decision, list(Decision)))
        np.testing.assert_array_equal(choice.spread != NO_SPREAD, choice.decision == Decision.MEDOID)
        alone = (stack.valid.sum(axis=0) == 1) & (choice.observation >= 0)
        assert np.all(choice.decision[alone] == Decision.SINGLE)

    def test_leaves_the_stack_as_it_is(self, name):
        stack, _ = self.composite(name, 13, 5)
        before = stack.valid.copy(), stack.cells()[0].copy()
        choose_by(name, stack)
        np.testing.assert_array_equal(stack.valid, before[0])
        np.testing.assert_array_equal(stack.cells()[0], before[1])

    def test_says_what_it_does_without_its_bands(self, name):
        method = registry.methods()[name]
        if method.compares:
            assert method.without(["B11"]).endswith(".")


def test_latest_takes_the_newest_valid_observation():
    rng = np.random.default_rng(8)
    numbers = np.full((4, 8, 1, 100), 700)
    classes = rng.choice([4, 9], (4, 1, 100))
    stack, _ = stack_of(numbers, classes)
    chosen = choose_by("latest", stack).observation[0]
    wanted = [next((o for o in range(4) if classes[o, 0, x] == 4), -1) for x in range(100)]
    np.testing.assert_array_equal(chosen, wanted)


def test_negative_reflectance_is_stored_as_0_and_never_as_no_data():
    numbers = np.array([400, 1000, 1001, 0, 65535], np.uint16).reshape(1, 1, 1, 5)
    stack, _ = stack_of(numbers, np.full((1, 1, 5), 4), bands=("B02",), offsets=np.full((1, 1), -1000, np.int32))
    made = gather_band(stack, "B02", np.zeros((1, 5), np.int16))
    assert made.tolist() == [[0, 0, 1, 65535, 64535]]


def test_the_medoid_does_not_use_b8a():
    assert "B8A" not in MEDOID_BANDS
    numbers = np.full((4, 8, 1, 1), 1000, np.uint16)
    numbers[:, BANDS.index("B8A"), 0, 0] = [9000, 1000, 1000, 1000]
    stack, _ = stack_of(numbers, np.full((4, 1, 1), 4))
    assert choose_by("s2gm", stack).observation[0, 0] == 0


@pytest.mark.parametrize("threshold", [2, 3, 4, 7])
def test_the_threshold_says_from_when_on_the_medoid_decides(threshold):
    """A1-081."""
    rng = np.random.default_rng(21)
    numbers = landlike(rng, 7, BANDS, 400).transpose(0, 2, 1)[:, :, None, :]
    stack, _ = stack_of(numbers, rng.choice([4, 5, 6, 8], (7, 1, 400)))
    mask_by_bands(stack)
    choice = choose_by("s2gm", stack, threshold=threshold)
    count = stack.valid.sum(axis=0)
    np.testing.assert_array_equal(choice.decision == Decision.MEDOID, (count >= threshold) & (count > 1))
    assert np.all(choice.decision[(count > 1) & (count < threshold) & (choice.observation >= 0)] == Decision.SHORT_TERM)


def test_the_spread_is_the_mean_distance_from_the_medoid():
    numbers = np.full((4, 8, 1, 1), 1000, np.uint16)
    numbers[3, BANDS.index("B02")] += 30
    numbers[3, BANDS.index("B12")] += 40
    stack, _ = stack_of(numbers, np.full((4, 1, 1), 4))
    # Distances 0, 0, 0, 50, by four: 12.5, and halves go up.
    assert choose_by("s2gm", stack).spread[0, 0] == 13


def pair(classes, spectra, cloud_probability):
    """Which of observations, newest first, the tree of V1.0 leaves; spectra by band name in DN."""
    bands = ("B02", "B03", "B04", "B06", "B08", "B11", "B12", "CLD")
    numbers = np.array(
        [
            [spectrum.get(band, 1000) for band in bands[:-1]] + [probability]
            for spectrum, probability in zip(spectra, cloud_probability, strict=True)
        ]
    )
    stack, _ = stack_of(numbers[:, :, None, None], np.array(classes)[:, None, None], bands=bands)
    return int(choose_by("s2gm-1.0", stack).observation[0, 0])


DARK, BRIGHT = {"B02": 300, "B03": 300, "B04": 300}, {"B02": 900, "B03": 900, "B04": 900}


@pytest.mark.parametrize(
    ("classes", "spectra", "cloud_probability", "winner"),
    [
        # Of different classes the higher rank wins, whatever the clouds: plants, snow, water, dark.
        ([6, 4], [{}, {}], [0, 90], 1),
        ([6, 11], [{}, {}], [0, 90], 1),
        ([2, 6], [{}, {}], [0, 90], 1),
        ([11, 5], [{}, {}], [0, 90], 1),
        ([4, 11], [{}, {}], [90, 0], 0),
        # Of two with plants the older wins when it is no cloudier and their NDVI differs.
        ([4, 4], [{"B08": 4000}, {"B08": 2000}], [0, 0], 1),
        ([4, 4], [{"B08": 2000}, {"B08": 4000}], [0, 0], 1),
        ([4, 4], [{}, {}], [0, 0], 0),
        ([4, 4], [{"B08": 4000}, {"B08": 2000}], [0, 1], 0),
        # Soil, and soil against plants: the darker. Dark features and snow: the brighter.
        ([5, 5], [BRIGHT, DARK], [5, 5], 1),
        ([5, 5], [DARK, BRIGHT], [5, 5], 0),
        ([4, 5], [BRIGHT, DARK], [5, 5], 1),
        ([5, 4], [BRIGHT, DARK], [5, 6], 0),
        ([2, 2], [DARK, BRIGHT], [0, 0], 1),
        ([11, 11], [DARK, BRIGHT], [0, 0], 1),
        ([11, 11], [BRIGHT, DARK], [0, 0], 0),
        # Water: the wetter, or the one darker in the shortwave infrared.
        ([6, 6], [{"B08": 900}, {"B08": 500}], [0, 0], 1),
        ([6, 6], [{"B11": 900}, {"B11": 500}], [0, 0], 1),
        ([6, 6], [{}, {}], [0, 0], 0),
        # The winner of the first two meets the third.
        ([6, 4, 5], [{}, BRIGHT, DARK], [0, 0, 0], 2),
    ],
)
def test_the_first_version_compares_scene_classes_pair_by_pair(classes, spectra, cloud_probability, winner):
    assert pair(classes, spectra, cloud_probability) == winner


def test_the_medoid_of_two_is_the_newest():
    numbers = np.stack([np.full((8, 1, 1), 900), np.full((8, 1, 1), 500)])
    stack, _ = stack_of(numbers, np.full((2, 1, 1), 4))
    choice = choose_by("medoid", stack)
    assert (choice.observation[0, 0], choice.decision[0, 0]) == (0, Decision.MEDOID)


@pytest.mark.parametrize("name", sorted(registry.masks()))
def test_every_mask_knows_why_a_class_does_not_count(name):
    """A1-083, A1-086: strict, as S2GM, and with the unclassified pixels of cities."""
    reasons = registry.masks()[name].reasons
    assert (reasons.dtype, reasons.shape) == (np.uint8, (256,))
    counting = {int(value) for value in np.flatnonzero(reasons == 0)}
    wanted = {"scl-strict": {4, 5, 6, 11}, "scl-urban": {2, 4, 5, 6, 7, 11}}.get(name, {2, 4, 5, 6, 11})
    assert counting == wanted
    assert reasons[[0, 1, 3, 8, 9, 10, 12, 255]].tolist() == [
        Reason.NO_DATA, Reason.NO_DATA, Reason.SHADOW, Reason.CLOUD, Reason.CLOUD, Reason.CLOUD,
        Reason.NO_DATA, Reason.NO_DATA,
    ]  # fmt: skip


def test_untested_snow_stays_and_tested_snow_goes():
    grey = np.full((1, 8, 1, 1), 2000, np.uint16)
    for name, stays in (("scl", False), ("scl-unrefined", True)):
        stack, _ = stack_of(grey, np.full((1, 1, 1), 11))
        mask_by_bands(stack, name)
        assert bool(stack.valid[0, 0, 0]) is stays


def plain_medoids(stack, names):
    """Medoid (y, x; -1 below two valid observations) and spread of a stack, one pixel and distance after the other."""
    height, width = stack.valid.shape[1:]
    chosen, spread = np.full((height, width), -1), np.full((height, width), NO_SPREAD)
    bands = [stack.bands[name] for name in names]
    for y, x in np.ndindex(height, width):
        valid = np.flatnonzero(stack.valid[:, y, x])
        if len(valid) < 2:
            continue
        spectra = np.array(
            [[int(b.values[o, b.cell_row[y], b.cell_column[x]]) + int(b.offset[o]) for b in bands] for o in valid]
        ).astype(float)
        sums = np.zeros(len(valid))
        for i in range(len(valid)):
            for j in range(i):
                distance = np.sqrt(((spectra[i] - spectra[j]) ** 2).sum())
                sums[i] += distance
                sums[j] += distance
        best = 0
        for i in range(1, len(valid)):
            if sums[i] < sums[best] * (1 - 1e-12):
                best = i
        chosen[y, x] = valid[best]
        spread[y, x] = min(int(sums[best] / len(valid) + 0.5), NO_SPREAD - 1)
    return chosen, spread


def stack_in_cells(rng, kind, observations, shape, first_px, cell_px):
    """A stack in 10 m and coarser cells that begins ``first_px`` pixels into a coarse cell."""
    bands, buffer = {}, []
    for band in BANDS:
        size = 1 if band in ("B02", "B03", "B04", "B08") else cell_px
        row, column = ((np.arange(length, dtype=np.int32) + first_px) // size for length in shape)
        cells = (observations, row[-1] + 1, column[-1] + 1)
        ground = rng.integers(200, 4000, cells[1:])
        numbers = {
            "land": lambda cells=cells, ground=ground: ground + rng.integers(0, 600, cells),
            "ties": lambda cells=cells: rng.integers(1, 4, cells),
            "extremes": lambda cells=cells: rng.choice([1, 2, 65534, 65535], cells),
            "nearly alike": lambda cells=cells, ground=ground: ground + 60000 + rng.integers(0, 2, cells),
            "repeated scene": lambda cells=cells, ground=ground: np.where(
                np.arange(observations)[:, None, None] % 3 == 0, ground, rng.integers(200, 4000, cells)
            ),
        }[kind]()
        bands[band] = numbers.astype(np.uint16), row, column
        buffer.append(bands[band][0].ravel())
    buffer, begin, offset = np.concatenate(buffer), 0, rng.choice([0, -1000, 1000], observations).astype(np.int32)
    for band, (numbers, row, column) in bands.items():
        view = buffer[begin : begin + numbers.size].reshape(numbers.shape)
        bands[band] = BandCells(view, row, column, offset)
        begin += numbers.size
    return Stack(
        observations=range(observations),
        scene_class=np.full((observations, *shape), 4, np.uint8),
        valid=np.ones((observations, *shape), bool),
        bands=bands,
        buffer=buffer,
    )


@pytest.mark.parametrize("kind", ["land", "ties", "extremes", "nearly alike", "repeated scene"])
@pytest.mark.parametrize(
    ("observations", "shape", "first_px", "cell_px", "share_valid"),
    [
        (2, (3, 65), 1, 2, 1.0),
        (4, (4, 1), 0, 2, 1.0),
        (5, (3, 64), 0, 3, 0.5),
        (12, (5, 130), 1, 2, 1.0),
        (12, (2, 515), 1, 2, 0.9),
        (13, (3, 63), 0, 1, 0.2),
        (24, (3, 70), 0, 2, 0.5),
        (49, (1, 66), 1, 2, 0.97),
    ],
)
def test_the_quick_medoid_is_the_medoid_by_plain_sums(kind, observations, shape, first_px, cell_px, share_valid):
    """Whatever the width of the block, where it begins in a coarse cell, and who lies beside whom."""
    rng = np.random.default_rng(observations)
    stack = stack_in_cells(rng, kind, observations, shape, first_px, cell_px)
    stack.valid[:] = rng.random(stack.valid.shape) < share_valid
    # One scene under clouds for half of the block, so that strips and runs differ in what is present.
    stack.valid[observations // 2, :, : shape[1] // 2] = False
    wanted, spread = plain_medoids(stack, MEDOID_BANDS)
    choice = choose_by("medoid", stack)
    several = stack.valid.sum(axis=0) > 1
    np.testing.assert_array_equal(choice.observation[several], wanted[several])
    np.testing.assert_array_equal(choice.spread, spread)


@pytest.mark.parametrize("cell_px", [1, 2, 3])
@pytest.mark.parametrize("first_px", [0, 1])
def test_no_pixel_counts_whose_cell_was_not_measured(cell_px, first_px):
    rng = np.random.default_rng(4)
    stack = stack_in_cells(rng, "land", 3, (7, 90), first_px, cell_px)
    stack.cells()[0][rng.random(stack.cells()[0].size) < 0.01] = 0
    stack.valid[1] = False
    stack.valid[2] = rng.random((7, 90)) < 0.5
    wanted = stack.valid.copy()
    for band in stack.bands.values():
        wanted &= band.values[:, band.cell_row[:, None], band.cell_column[None, :]] != 0
    drop_unmeasured(*stack.cells(), stack.positions(BANDS), stack.valid)
    np.testing.assert_array_equal(stack.valid, wanted)
    assert 0 < wanted.sum() < wanted.size


@pytest.mark.parametrize("warped", [False, True])
def test_a_raster_is_taken_where_its_observation_was_chosen(warped):
    rng = np.random.default_rng(6)
    cells = rng.integers(0, 3000, (9, 11)).astype(np.uint16)
    cells[3] = 0
    shape = (14, 17)
    rows = (np.arange(14, dtype=np.int32)[:, None] + 41) // 2
    columns = (np.arange(17, dtype=np.int32)[None, :] + 61) // 2
    chosen = rng.integers(-1, 3, shape).astype(np.int16)
    under = cells[np.broadcast_to(rows, shape) - 20, np.broadcast_to(columns, shape) - 30]
    for has_zero in (False, True):
        wanted = np.where((chosen == 1) & ((under != 0) | has_zero), np.clip(under.astype(int) - 1000, 0, 1500), 65535)
        out = np.full(shape, 65535, np.uint16)
        places = [np.ascontiguousarray(np.broadcast_to(place, shape)) if warped else place for place in (rows, columns)]
        take(cells, *places, 20, 30, chosen, 1, -1000, has_zero, 1500, out)
        np.testing.assert_array_equal(out, wanted)
