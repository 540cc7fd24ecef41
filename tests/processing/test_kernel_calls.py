"""What a kernel can be given, and what it can give."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from processing.kernels.compiled import kernel
from processing.sentinel2 import SceneClass


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path, monkeypatch):
    """Kernels of this file are kept nowhere: their names are not the engine's."""
    monkeypatch.setattr("processing.kernels.kept._places", lambda: (tmp_path,))


@kernel
def _sums(values, weights, plus, scale, negative, out):
    """Of arrays of any strides, in a tuple and alone."""
    first, second = weights
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            number = (np.float64(values[y, x]) * first[x] + second[y] + plus) * scale
            out[y, x] = -number if negative else number


def sums(values, weights, plus, scale, negative):
    numbers = (values * weights[0][None, :].astype(float) + weights[1][:, None] + plus) * scale
    return -numbers if negative else numbers


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("laid_out", ["as made", "columns first", "every second", "reversed", "read-only", "stretched"])
def test_arrays_are_seen_as_they_lie_in_memory(dtype, laid_out):
    whole = np.arange(48).reshape(6, 8).astype(dtype)
    values = {
        "as made": whole,
        "columns first": np.asfortranarray(whole),
        "every second": whole[::2, 1::2],
        "reversed": whole[::-1, ::-1],
        "read-only": np.frombuffer(whole.tobytes(), dtype).reshape(6, 8),
        "stretched": np.broadcast_to(whole[:1], (5, 8)),
    }[laid_out]
    height, width = values.shape
    weights = (np.arange(width, dtype=np.int32), np.linspace(0, 1, height))
    out = np.full((height, width), np.nan)
    _sums(values, weights, 3, 0.5, False, out)
    np.testing.assert_array_equal(out, sums(values, weights, 3, 0.5, False))


@pytest.mark.parametrize(("plus", "scale", "negative"), [
    (np.int16(-3), np.float32(0.5), np.True_), (np.uint8(200), 2, True), (-(2**40), -1.5, False), (2.5, 1, np.False_),
    (SceneClass.SNOW_ICE, 1.0, True),
])  # fmt: skip
def test_numbers_may_be_pythons_and_numpys(plus, scale, negative):
    values, weights = np.ones((2, 3)), (np.ones(3), np.ones(2))
    out = np.empty((2, 3))
    _sums(values, weights, plus, scale, negative, out)
    np.testing.assert_array_equal(out, sums(values, weights, float(plus), float(scale), negative))


def test_arrays_without_pixels_are_taken():
    out = np.empty((0, 3))
    _sums(np.empty((0, 3)), (np.ones(3), np.empty(0)), 1, 1.0, False, out)


@kernel
def _largest(values):
    largest, at = np.int64(values[0]), 0
    for number in range(values.size):
        if values[number] > largest:
            largest, at = np.int64(values[number]), number
    return largest, at


def test_several_whole_numbers_come_back():
    assert _largest(np.array([3, -9, 2**40, 5])) == (2**40, 2)
    assert _largest(np.array([-(2**62)])) == (-(2**62), 0)


def test_threads_that_come_first_at_once_get_the_same():
    @kernel
    def counted(values):
        count = 0
        for value in values:
            count += value != 0
        return count

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(counted, [np.arange(n) for n in range(1, 33)])) == list(range(32))


@kernel
def _allocating(count):
    return np.ones(count).sum() > 0


@kernel
def _raising(values):
    if values[0] > 1:
        raise ValueError("too much")


@kernel
def _giving_a_fraction(values):
    return values[0] * 0.5


@kernel
def _giving_an_array(values):
    return values


@pytest.mark.parametrize(("bad", "argument", "said"), [
    (_allocating, 3, "NRT_MemInfo_alloc"),
    (_giving_a_fraction, np.ones(1), "gives float64"),
    (_giving_an_array, np.ones(1), "gives array"),
    (_largest, "text", "not str"),
    (_largest, [1, 2], "not list"),
    (_largest, None, "not NoneType"),
])  # fmt: skip
def test_what_a_kernel_may_not_do_is_refused(bad, argument, said):
    with pytest.raises(TypeError, match=said):
        bad(argument)


def test_what_goes_wrong_within_is_told():
    @kernel
    def divide(values):
        return values[0] // values[1]

    assert divide(np.array([7, 2])) == 3
    with pytest.raises(RuntimeError, match="The kernel divide failed"):
        divide(np.array([7, 0]))
    with pytest.raises(RuntimeError, match="The kernel _raising failed"):
        _raising(np.array([2]))
    assert _raising(np.array([1])) is None
