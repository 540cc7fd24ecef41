"""Points of StaMPS."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from real_insar import real_file

from processing.insar.delivery import NODATA, BadDelivery
from processing.insar.opening import open_delivery

NAMES = "export_res_ 1,export_res_ 2,export_res_ 3,export_res_ 4,export_res_ 5"
SECOND = "103.6858,32.0086,NaN,735928,735952"
POINTS = ["103.6593,32.07623,0.893294,2.618124,-2.35", "103.6605,32.07757,-1.5,NaN,0.04"]


def write(folder: Path, *lines: str) -> Path:
    path = folder / "landslide.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def refusal(path: Path) -> BadDelivery:
    with pytest.raises(BadDelivery) as raised, open_delivery(path) as delivery:
        for _ in delivery.batches():
            pass
    return raised.value


def test_points_have_their_place_velocity_and_series(tmp_path: Path) -> None:
    with open_delivery(write(tmp_path, NAMES, SECOND, *POINTS)) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
        assert delivery.rounded == 3
    assert (facts.format, facts.level, facts.direction, facts.identity) == ("stamps", "other", "los", "landslide")
    # MATLAB's own: datestr(735928) is 25-Nov-2014.
    assert facts.dates == (date(2014, 11, 25), date(2014, 12, 19))
    assert facts.metadata == {"reference.longitude": 103.6858, "reference.latitude": 32.0086}
    assert batch.lon.tolist() == [103.6593, 103.6605]
    assert batch.displacement.tolist() == [[26, -24], [NODATA, 0]]
    assert batch.attributes["mean_velocity"].tolist() == [np.float32(0.893294), np.float32(-1.5)]
    assert batch.pid.tolist() == [b"1", b"2"]
    assert batch.first_line == 3


def test_names_go_on_from_batch_to_batch(tmp_path: Path) -> None:
    with open_delivery(write(tmp_path, NAMES, SECOND, *POINTS * 3)) as delivery:
        batches = list(delivery.batches(4))
    assert [batch.pid.tolist() for batch in batches] == [[b"1", b"2", b"3", b"4"], [b"5", b"6"]]
    assert [batch.first_line for batch in batches] == [3, 7]


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ((NAMES, SECOND), None, "no points"),
        ((NAMES, SECOND, POINTS[0], "103.6,32.0,1.0,2.0"), 4, "4 values instead of 5"),
        ((NAMES, SECOND, POINTS[0].replace("2.618124", "x")), 3, "20141125 should be a number, but is 'x'"),
        ((NAMES, SECOND, POINTS[0].replace("32.07623", "132.0")), 3, "no place of latitude 132"),
        ((NAMES, SECOND + ",735976", POINTS[0]), 2, "6 values instead of 5"),
        ((NAMES, SECOND.replace("735952", "735928"), POINTS[0]), 2, "not in order"),
        ((NAMES, SECOND.replace("735952", "12"), POINTS[0]), 2, "MATLAB day number"),
        ((NAMES, SECOND.replace("735952", "1e300"), POINTS[0]), 2, "MATLAB day number"),
        ((NAMES, SECOND.replace("735928", "12"), POINTS[0]), 1, "nor of StaMPS"),
        ((NAMES, SECOND.replace("735928", "day"), POINTS[0]), 1, "nor of StaMPS"),
        ((NAMES,), 1, "nor of StaMPS"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, lines: tuple[str, ...], line: int | None, problem: str
) -> None:
    error = refusal(write(tmp_path, *lines))
    assert problem in error.problem
    assert error.line == line


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "points", "dates"), [("Maoxian_PS", 97, 41), ("Maoxian_SBAS", 608, 38)])
def test_the_real_points_of_a_landslide_are_read_to_the_tenth(name: str, points: int, dates: int) -> None:
    path = real_file(f"stamps_maoxian/{name}.csv")
    with open_delivery(path) as delivery:
        facts = delivery.facts
        (batch,) = delivery.batches()
    assert (len(batch), len(facts.dates), facts.identity) == (points, dates, name)
    with path.open() as file:
        rows = [list(map(float, row)) for row in list(csv.reader(file))[2:]]
    expected = np.array(rows)
    assert np.array_equal(batch.lon, expected[:, 0])
    assert np.array_equal(batch.lat, expected[:, 1])
    assert np.array_equal(batch.attributes["mean_velocity"], expected[:, 2].astype(np.float32))
    assert np.abs(batch.displacement / 10 - expected[:, 3:]).max() <= 0.05 + 1e-9
    assert 103.6 < batch.lon.min() < batch.lon.max() < 103.7
