"""View angles out of a granule's MTD_TL.xml."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from processing.angles import AngleGrid, read_angles
from processing.errors import CorruptInput
from processing.kernels.number_rows import read_number_rows

SAMPLE = Path(__file__).parents[2].parent / "shared/data/s2/slovenia_2023/S2A_33TWL_20230815_0_L2A/MTD_TL.xml"
NAN = float("nan")


def table(name, rows, step):
    values = "".join(f"<VALUES>{' '.join(str(value) for value in row)}</VALUES>" for row in rows)
    steps = f'<COL_STEP unit="m">{step}</COL_STEP><ROW_STEP unit="m">{step}</ROW_STEP>'
    return f"<{name}>{steps}<Values_List>{values}</Values_List></{name}>"


def metadata(*grids, step=5000, azimuths=None, sun=((30, 31), (32, 33)), sun_azimuth=((150, 151), (152, 153))):
    """An MTD_TL.xml of ``grids``: (band, detector, rows of zeniths), and azimuths likewise or else 100 everywhere."""
    azimuths = azimuths or [[[100 for _ in row] for row in rows] for _, _, rows in grids]
    views = "".join(
        f'<Viewing_Incidence_Angles_Grids bandId="{band}" detectorId="{detector}">'
        f"{table('Zenith', rows, step)}{table('Azimuth', azimuth, step)}</Viewing_Incidence_Angles_Grids>"
        for (band, detector, rows), azimuth in zip(grids, azimuths, strict=True)
    )
    suns = f"<Sun_Angles_Grid>{table('Zenith', sun, step)}{table('Azimuth', sun_azimuth, step)}</Sun_Angles_Grid>"
    corner = "<ULX>499980</ULX><ULY>5100000</ULY>"
    place = f'<Tile_Geocoding><Geoposition resolution="10">{corner}</Geoposition></Tile_Geocoding>'
    return f'<?xml version="1.0"?><n1:Level xmlns:n1="x"><A>{place}<B>{suns}{views}</B></A></n1:Level>'.encode()


def test_bands_and_detectors_are_merged_by_their_means():
    angles = read_angles(
        metadata(
            (0, 1, [[2, NAN], [4, NAN]]),
            (0, 2, [[4, 8], [NAN, NAN]]),
            (1, 1, [[5, 6], [6, NAN]]),
        )
    ).view_zenith_mean
    # Each band's mean over its detectors first, then the mean of the bands.
    assert np.array_equal(angles.degrees, [[4, 7], [5, NAN]], equal_nan=True)
    assert (angles.left_m, angles.top_m, angles.step_m) == (499980, 5100000, 5000)


def test_angles_between_nodes_are_bilinear():
    grid = AngleGrid(np.array([[0.0, 2.0], [4.0, 6.0]]), 0.0, 0.0, 100.0)
    x, y = np.array([0.0, 50.0, 100.0]), -np.array([[0.0], [25.0], [100.0]])
    assert np.allclose(grid.at(x[np.newaxis], y), [[0, 1, 2], [1, 2, 3], [4, 5, 6]])


def test_beside_a_node_that_was_not_seen_the_others_count():
    grid = AngleGrid(np.array([[NAN, 2.0, NAN], [4.0, 6.0, NAN], [NAN, NAN, NAN]]), 0.0, 0.0, 100.0)
    assert grid.at(np.array([[50.0]]), np.array([[-50.0]])) == pytest.approx(np.array([[4.0]]))
    assert np.isnan(grid.at(np.array([[200.0]]), np.array([[-200.0]]))).all()


def test_beyond_the_grid_the_angles_at_its_edge_hold():
    grid = AngleGrid(np.array([[0.0, 2.0], [4.0, 6.0]]), 0.0, 0.0, 100.0)
    assert grid.at(np.array([[-500.0, 900.0]]), np.array([[500.0, -900.0]])).tolist() == [[0, 6]]


def test_a_grid_stays_below_an_angle_only_if_all_of_it_is_known():
    everywhere = np.array([[0.0, 1.0]]), np.array([[0.0], [-1.0]])
    assert AngleGrid(np.array([[1.0, 2.0], [3.0, 4.0]]), 0, 0, 1).stays_below(4.1, *everywhere)
    assert not AngleGrid(np.array([[1.0, 2.0], [3.0, 4.0]]), 0, 0, 1).stays_below(4, *everywhere)
    assert not AngleGrid(np.array([[1.0, 2.0], [3.0, NAN]]), 0, 0, 1).stays_below(90, *everywhere)


def test_only_nodes_around_the_place_count_when_an_angle_is_to_stay_below():
    grid = AngleGrid(np.array([[1.0, 2.0, 30.0], [3.0, 4.0, NAN], [1.0, 1.0, 1.0]]), 0, 0, 100)
    assert grid.stays_below(11, np.array([[5.0, 99.0]]), np.array([[-5.0], [-150.0]]))
    assert not grid.stays_below(11, np.array([[5.0, 101.0]]), np.array([[-5.0], [-50.0]]))
    assert not grid.stays_below(11, np.array([[500.0]]), np.array([[500.0]]))


@given(
    arrays.arrays(np.float64, (4, 5), elements=st.one_of(st.floats(0, 20), st.just(NAN))),
    st.floats(-50, 450), st.floats(-350, 50), st.integers(1, 12), st.integers(1, 12),
)  # fmt: skip
def test_what_is_dropped_is_what_does_not_stay_below(degrees, left, top, width, height):
    grid = AngleGrid(degrees, 0.0, 0.0, 100.0)
    x, y = left + np.arange(width)[np.newaxis] * 10.0, top - np.arange(height)[:, np.newaxis] * 10.0
    valid = np.ones((height, width), bool)
    grid.drop_from(11.0, x, y, valid)
    assert np.array_equal(valid, grid.at(x, y) < 11.0)
    if grid.stays_below(11.0, x, y):
        assert valid.all()


AZIMUTHS = st.one_of(st.floats(0, 360), st.floats(350, 370), st.sampled_from([0, 90, 180, 359, NAN, float("inf")]))


@given(arrays.arrays(np.float64, (3, 2, 2), elements=AZIMUTHS))
def test_azimuths_are_merged_as_directions(azimuths):
    """Means of angles within half a circle of their vectors' sum, compared as directions."""
    known = np.isfinite(azimuths)
    turns = np.exp(1j * np.radians(np.where(known, azimuths, 0)))
    common = (known * turns).sum(axis=0)
    beside = np.where(known, np.angle(turns / np.where(common == 0, 1, common), deg=True), 0)
    many = known.sum(axis=0)
    grids = [(0, number, np.where(np.isfinite(grid), 5, NAN).tolist()) for number, grid in enumerate(azimuths)]
    merged = read_angles(metadata(*grids, azimuths=azimuths.tolist())).view_azimuth_mean.degrees
    assert np.array_equal(np.isnan(merged), many == 0)
    clear = (many > 0) & (abs(common) > 1e-6) & (abs(abs(beside) - 180) > 1e-6).all(axis=0)
    expected = np.angle(common, deg=True) + beside.sum(axis=0) / np.maximum(many, 1)
    apart = (merged - expected + 180) % 360 - 180
    assert abs(apart[clear]).max(initial=0) < 1e-9
    assert ((merged >= 0) & (merged < 360))[many > 0].all()


def read_rows(text, many):
    numbers = np.full(many, -9.0)
    return read_number_rows(np.frombuffer(text.encode(), np.uint8), numbers), numbers.tolist()


DECIMALS = st.decimals(-(10**7), 10**7, places=6, allow_nan=False).map(str) | st.integers(-999, 999).map(str)


@given(st.integers(1, 5).flatmap(lambda columns: st.lists(st.lists(DECIMALS, min_size=columns, max_size=columns))))
def test_rows_of_numbers_are_read_to_the_last_bit(rows):
    text = "".join(" ".join(row) + "\n" for row in rows)
    expected = [float(word) for row in rows for word in row]
    assert read_rows(text, len(expected)) == (len(rows[0]) if rows else 0, expected)


@pytest.mark.parametrize(
    ("text", "many"),
    [("1 2\n3\n", 3), ("1\n2 3\n", 3), ("1  2\n", 2), ("1 2", 2), ("1 2\n", 3), ("1 2\n", 1), (" 1\n", 1), ("1 \n", 1),
     ("1e3\n", 1), ("-\n", 1), (".\n", 1), ("+1\n", 1), ("1.2.3\n", 1), ("nan\n", 1), ("Na\n", 1), ("N", 1), ("", 1),
     ("1234567890.123456\n", 1), ("1 \n2\n", 2), ("\n", 1)],
)  # fmt: skip
def test_what_is_written_otherwise_is_left_to_others(text, many):
    assert read_rows(text, many)[0] == 0


def test_numbers_written_otherwise_are_read_too():
    grid = metadata((0, 1, [[1, 2], [3, 4]]))
    unusual = grid.replace(b"<VALUES>1 2</VALUES>", b"<VALUES>  1e0\t+2.00000000000000000 </VALUES>")
    assert unusual != grid
    assert read_angles(unusual).view_zenith_mean.degrees.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<html/>",
        metadata(),
        metadata((0, 1, [[1, "x"], [2, 3]])),
        metadata((0, 1, [[1, 2], [3]])),
        metadata((0, 1, [[1, 2]])),
        metadata((0, 1, [[1, 2], [3, 4]])).replace(b"Geoposition", b"Elsewhere"),
        metadata((0, 1, [[1, 2], [3, 4]])).replace(b"499980", b"nan"),
        metadata((0, 1, [[1, 2], [3, 4]]))[:-100],
    ],
)
def test_a_file_without_angles_is_corrupt_input(xml):
    with pytest.raises(CorruptInput, match="hold no angles"):
        read_angles(xml)


def test_rows_that_differ_ask_for_no_more_room_than_they_take():
    rows = [" " * 10_000_000, *[""] * 100_000]
    values = "".join(f"<VALUES>{row}</VALUES>" for row in rows).encode()
    first = b"<VALUES>1 2</VALUES><VALUES>3 4</VALUES>"
    xml = metadata((0, 1, [[1, 2], [3, 4]]))
    assert first in xml
    with pytest.raises(CorruptInput, match="hold no angles"):
        read_angles(xml.replace(first, values))


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" + b" " * 5000 + b'<!ENTITY b SYSTEM "file:///etc/passwd"></a>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
    ],
)
def test_a_file_with_entities_is_not_parsed(xml):
    with pytest.raises(CorruptInput, match="hold no angles"):
        read_angles(xml)


@pytest.mark.parametrize("step", [0, -5000, NAN])
def test_a_step_that_is_no_length_is_corrupt_input(step):
    with pytest.raises(CorruptInput, match="hold no angles"):
        read_angles(metadata((0, 1, [[1, 2], [3, 4]]), step=step))


@pytest.mark.real_data
@pytest.mark.skipif(not SAMPLE.exists(), reason="the Slovenian sample is not beside the repository")
def test_a_real_granules_angles_are_those_of_sentinel2():
    angles = read_angles(SAMPLE.read_bytes()).view_zenith_mean
    assert angles.degrees.shape == (23, 23)
    assert (angles.left_m, angles.top_m, angles.step_m) == (499980, 5100000, 5000)
    seen = angles.degrees[np.isfinite(angles.degrees)]
    assert seen.size > 100
    assert 0 < seen.min() < seen.max() < 13


def test_sun_and_view_come_from_their_own_grids():
    angles = read_angles(metadata((0, 1, [[2, 2], [4, 4]])))
    assert angles.sun_zenith.degrees.tolist() == [[30, 31], [32, 33]]
    assert angles.sun_azimuth.degrees.tolist() == [[150, 151], [152, 153]]
    assert angles.view_azimuth_mean.degrees.tolist() == [[100, 100], [100, 100]]


def test_means_of_azimuths_are_means_of_directions():
    grids = [(0, 1, [[5, 5], [5, 5]]), (0, 2, [[5, 5], [5, 5]]), (1, 1, [[5, 5], [5, 5]])]
    azimuths = [[[350, 100], [350, NAN]], [[10, 120], [20, NAN]], [[30, 140], [35, NAN]]]
    merged = read_angles(metadata(*grids, azimuths=azimuths)).view_azimuth_mean.degrees
    # Across north the short way; on one side of it the plain mean of the bands' means.
    assert merged == pytest.approx(np.array([[15, 125], [20, NAN]]), nan_ok=True)


def test_between_azimuths_the_short_way_is_taken():
    grid = AngleGrid(np.array([[350.0, 10.0], [350.0, 10.0]]), 0.0, 0.0, 100.0, circular=True)
    assert grid.at(np.array([[0.0, 25.0, 50.0, 75.0]]), np.array([[-50.0]])).tolist() == [[350, 355, 0, 5]]


def test_taken_angles_are_hundredths_that_int16_can_hold():
    degrees = np.array([[0.125, 327.67], [327.68, 359.996]])
    out = np.full((2, 2), -32768, np.int16)
    grid = AngleGrid(degrees, 0.0, 0.0, 100.0, circular=True)
    place = np.array([[0.0, 100.0]]), -np.array([[0.0], [100.0]])
    grid.take(*place, np.array([[3, 3], [3, 3]], np.int16), 3, out)
    assert out.tolist() == [[13, 32767], [-3232, 0]]
    grid.take(*place, np.array([[1, 3], [3, 3]], np.int16), 1, out)
    assert out.tolist() == [[13, 32767], [-3232, 0]]


def test_an_unknown_angle_is_too_oblique():
    grid = AngleGrid(np.array([[5.0, 10.9, NAN], [5.0, 11.0, NAN]]), 0.0, 0.0, 100.0)
    valid = np.ones((2, 3), bool)
    grid.drop_from(11.0, np.array([[0.0, 100.0, 200.0]]), -np.array([[0.0], [100.0]]), valid)
    assert valid.tolist() == [[True, True, False], [True, False, False]]
