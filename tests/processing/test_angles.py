"""View angles out of a granule's MTD_TL.xml."""

from pathlib import Path

import numpy as np
import pytest

from processing.angles import AngleGrid, read_view_zenith
from processing.errors import CorruptInput

SAMPLE = Path(__file__).parents[2].parent / "shared/data/s2/slovenia_2023/S2A_33TWL_20230815_0_L2A/MTD_TL.xml"
NAN = float("nan")


def metadata(*grids, step=5000):
    """An MTD_TL.xml of ``grids``: (band, detector, rows of zeniths)."""
    tables = "".join(
        f'<Viewing_Incidence_Angles_Grids bandId="{band}" detectorId="{detector}"><Zenith>'
        f'<COL_STEP unit="m">{step}</COL_STEP><ROW_STEP unit="m">{step}</ROW_STEP><Values_List>'
        + "".join(f"<VALUES>{' '.join(str(value) for value in row)}</VALUES>" for row in rows)
        + "</Values_List></Zenith></Viewing_Incidence_Angles_Grids>"
        for band, detector, rows in grids
    )
    corner = "<ULX>499980</ULX><ULY>5100000</ULY>"
    place = f'<Tile_Geocoding><Geoposition resolution="10">{corner}</Geoposition></Tile_Geocoding>'
    return f'<?xml version="1.0"?><n1:Level xmlns:n1="x"><A>{place}<B>{tables}</B></A></n1:Level>'.encode()


def test_bands_and_detectors_are_merged_by_their_means():
    angles = read_view_zenith(
        metadata(
            (0, 1, [[2, NAN], [4, NAN]]),
            (0, 2, [[4, 8], [NAN, NAN]]),
            (1, 1, [[5, 6], [6, NAN]]),
        )
    )
    # Each band's mean over its detectors first, then the mean of the bands.
    assert np.array_equal(angles.degrees, [[4, 7], [5, NAN]], equal_nan=True)
    assert (angles.left_m, angles.top_m, angles.step_m) == (499980, 5100000, 5000)


def test_angles_between_nodes_are_bilinear():
    grid = AngleGrid(np.array([[0.0, 2.0], [4.0, 6.0]]), 0.0, 0.0, 100.0)
    x, y = np.array([0.0, 50.0, 100.0]), -np.array([[0.0], [25.0], [100.0]])
    assert np.allclose(grid.at(x[np.newaxis], y), [[0, 1, 2], [1, 2, 3], [4, 5, 6]])


def test_beside_a_node_that_was_not_seen_the_others_count():
    grid = AngleGrid(np.array([[NAN, 2.0, NAN], [4.0, 6.0, NAN], [NAN, NAN, NAN]]), 0.0, 0.0, 100.0)
    assert grid.at(np.array([50.0]), np.array([-50.0])) == pytest.approx([4.0])
    assert np.isnan(grid.at(np.array([200.0]), np.array([-200.0]))).all()


def test_beyond_the_grid_the_angles_at_its_edge_hold():
    grid = AngleGrid(np.array([[0.0, 2.0], [4.0, 6.0]]), 0.0, 0.0, 100.0)
    assert grid.at(np.array([-500.0, 900.0]), np.array([500.0, -900.0])).tolist() == [0, 6]


def test_a_grid_stays_below_an_angle_only_if_all_of_it_is_known():
    assert AngleGrid(np.array([[1.0, 2.0], [3.0, 4.0]]), 0, 0, 1).stays_below(4.1)
    assert not AngleGrid(np.array([[1.0, 2.0], [3.0, 4.0]]), 0, 0, 1).stays_below(4)
    assert not AngleGrid(np.array([[1.0, 2.0], [3.0, NAN]]), 0, 0, 1).stays_below(90)


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
    with pytest.raises(CorruptInput, match="hold no view angles"):
        read_view_zenith(xml)


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" + b" " * 5000 + b'<!ENTITY b SYSTEM "file:///etc/passwd"></a>',
    ],
)
def test_a_file_with_entities_is_not_parsed(xml):
    with pytest.raises(CorruptInput, match="not a plain MTD_TL"):
        read_view_zenith(xml)


@pytest.mark.parametrize("step", [0, -5000, NAN])
def test_a_step_that_is_no_length_is_corrupt_input(step):
    with pytest.raises(CorruptInput, match="hold no view angles"):
        read_view_zenith(metadata((0, 1, [[1, 2], [3, 4]]), step=step))


@pytest.mark.real_data
@pytest.mark.skipif(not SAMPLE.exists(), reason="the Slovenian sample is not beside the repository")
def test_a_real_granules_angles_are_those_of_sentinel2():
    angles = read_view_zenith(SAMPLE.read_bytes())
    assert angles.degrees.shape == (23, 23)
    assert (angles.left_m, angles.top_m, angles.step_m) == (499980, 5100000, 5000)
    seen = angles.degrees[np.isfinite(angles.degrees)]
    assert seen.size > 100
    assert 0 < seen.min() < seen.max() < 13
