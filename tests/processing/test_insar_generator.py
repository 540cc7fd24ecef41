"""Generated releases have EGMS's format, repeat themselves, and their known truth is found again in them."""

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from processing.insar.delivery import NODATA
from processing.insar.fitting import fit
from processing.insar.generating import deliveries, generate
from processing.insar.generating.reference_frame import ReferenceFrame
from processing.insar.generating.scenery import Scenery
from processing.insar.motion import FIELDS, RAYLEIGH_SPREAD, fields
from processing.insar.opening import open_delivery
from processing.insar.validation import Comparison

DAX = (3_431_900.0, 2_354_700.0)
NODES = Path(__file__).parents[2].parent / "shared/data/insar/egms/EGMS_AEPND_subset_SW_France.csv"
# 95 % within 2 std, of some thousand points.
WITHIN_TWO = (0.935, 0.972)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("release"), points=12_000, step_days=12, seed=3)


@pytest.fixture(scope="module")
def truth(release):
    table = pq.read_table(release.truth).to_pydict()
    names = [name for name in table if name not in ("pid", "part", "direction")]
    rows = zip(*(table[name] for name in names), strict=True)
    return {
        (part, pid): dict(zip(names, row, strict=True))
        for part, pid, row in zip(table["part"], table["pid"], rows, strict=True)
    }


def opened(release, level):
    """Facts, pids, attributes and tenths of each file of a level."""
    for path in release.files:
        if f"_{level}_" in path.name:
            with open_delivery(path) as delivery:
                batches = list(delivery.batches())
                yield (
                    delivery.facts,
                    np.concatenate([batch.pid for batch in batches]),
                    {
                        name: np.concatenate([batch.attributes[name] for batch in batches])
                        for name in batches[0].attributes
                    },
                    np.concatenate([batch.displacement for batch in batches]),
                )


def years(facts):
    return np.array([(day - facts.dates[0]).days for day in facts.dates]) / 365


def true(truth, facts, pids, name):
    return np.array([truth[facts.identity, pid.decode()][name] for pid in pids])


def far_from_what_moves(attributes):
    """Where neighbours move alike, so that a cell's points agree: for the rest a cell's mean is a matter of chance."""
    scenery = Scenery(*DAX, seed=3)
    x, y = attributes["easting"], attributes["northing"]
    moving = [each for each in scenery.features(x.min(), y.min(), x.max(), y.max()) if each.up or each.east]
    return np.all([np.hypot(x - each.x, y - each.y) > 3.5 * each.radius_m for each in moving], axis=0)


def test_all_levels_and_directions_are_there(release):
    assert set(release.counts) == {"L2a", "L2b", "L3"}
    assert 11_000 < release.counts["L2b"] == release.counts["L2a"] < 13_000
    directions = {(facts.level, facts.direction) for level in release.counts for facts, *_ in opened(release, level)}
    assert directions == {
        ("L2a", "ascending"), ("L2a", "descending"), ("L2b", "ascending"), ("L2b", "descending"),
        ("L3", "east"), ("L3", "up"),
    }  # fmt: skip
    tracks = Counter(facts.track for facts, *_ in opened(release, "L2b") if facts.direction == "ascending")
    assert len(tracks) == 2, "two tracks overlap"
    assert min(tracks.values()) == 2, "two bursts overlap"


def test_files_have_the_columns_of_the_specification(release):
    expected = {
        "L2a": "pid,cluster_label,mp_type,latitude,longitude,easting,northing,height,height_wgs84,line,pixel,rmse,",
        "L2b": "pid,mp_type,latitude,longitude,easting,northing,height,height_wgs84,line,pixel,rmse,",
        "L3": "pid,easting,northing,height,rmse,mean_velocity,mean_velocity_std,acceleration,acceleration_std,",
    }
    for path in release.files:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [f"{path.stem}.csv", f"{path.stem}.xml"]
            header = archive.read(f"{path.stem}.csv").split(b"\n", 1)[0].decode()
        assert header.startswith(expected[path.name.split("_")[1]])


@pytest.mark.parametrize(
    ("level", "decimals"),
    [
        (
            "L2b",
            {"latitude": 6, "easting": 2, "height": 1, "line": 0, "los_up": 3, "mean_velocity": 1, "acceleration": 2},
        ),
        ("L3", {"easting": 0, "height": 1, "mean_velocity_std": 1, "acceleration_std": 2}),
    ],
)
def test_numbers_have_the_decimals_of_the_specification(release, level, decimals):
    path = next(path for path in release.files if f"_{level}_" in path.name)
    with zipfile.ZipFile(path) as archive, archive.open(f"{path.stem}.csv") as file:
        row = next(csv.DictReader(io.TextIOWrapper(file)))
    assert {name: len(row[name].partition(".")[2]) for name in decimals} == decimals
    assert all(len(text.partition(".")[2]) == 1 for name, text in row.items() if name.isdigit())


def test_recomputed_figures_agree_within_rounding(release):
    for level in release.counts:
        for facts, pids, attributes, tenths in opened(release, level):
            comparison = Comparison()
            comparison.add(fields(tenths, years(facts)), attributes, pids)
            report = comparison.report()
            assert report.keys() == set(FIELDS)
            assert all(each["count"] == pids.size and each["differing"] == 0 for each in report.values()), report


@pytest.mark.parametrize("level", ["L2a", "L2b"])
def test_velocity_and_acceleration_are_found_again_within_their_std(release, truth, level):
    off_velocity, off_acceleration = [], []
    for facts, pids, _, tenths in opened(release, level):
        found = fields(tenths, years(facts))
        known = true(truth, facts, pids, "velocity") - (true(truth, facts, pids, "ramp") if level == "L2a" else 0)
        off_velocity.append((found.mean_velocity - known) / found.mean_velocity_std)
        off_acceleration.append(
            (found.acceleration - true(truth, facts, pids, "acceleration")) / found.acceleration_std
        )
    for off in (np.concatenate(off_velocity), np.concatenate(off_acceleration)):
        assert abs(off.mean()) < 4 / np.sqrt(off.size)
        assert off.std() == pytest.approx(1, abs=0.04)
        assert WITHIN_TWO[0] < np.mean(np.abs(off) < 2) < WITHIN_TWO[1]


def test_seasonality_is_found_again_within_its_std(release, truth):
    off, correlated, shares = [], [], []
    for facts, pids, _, tenths in opened(release, "L2b"):
        delivered = fields(tenths, years(facts))
        amplitude = np.abs(true(truth, facts, pids, "seasonality"))
        for row in np.flatnonzero(amplitude > 2):
            found = fit(tenths[row] / 10, years(facts), model="cubic+season")
            off.append((found.seasonality - amplitude[row]) / found.seasonality_std)
            correlated.append((found.seasonality - amplitude[row]) / found.seasonality_std_correlated)
            shares.append(delivered.seasonality_std[row] / found.seasonality_std)
            assert delivered.seasonality[row] == pytest.approx(found.seasonality)
    assert len(off) > 200
    assert abs(np.mean(off)) < 4 / np.sqrt(len(off))
    assert np.std(off) == pytest.approx(1, abs=3 / np.sqrt(2 * len(off)))
    for z in (off, correlated):
        assert WITHIN_TWO[0] - 0.015 < np.mean(np.abs(z) < 2) < WITHIN_TWO[1] + 0.015
    # What EGMS states under this name is the spread of an amplitude where there is no season.
    assert np.mean(shares) == pytest.approx(RAYLEIGH_SPREAD, abs=0.02)


def test_east_and_up_are_found_again_where_a_cells_points_agree(release, truth):
    """Dates are interpolated, which smooths the noise: the formula's std is too small, that for such noise is not."""
    white, correlated = [], []
    for facts, pids, attributes, tenths in opened(release, "L3"):
        known, still = true(truth, facts, pids, "velocity"), np.flatnonzero(far_from_what_moves(attributes))
        assert still.size > 150
        for row in still:
            found = fit(tenths[row] / 10, years(facts))
            white.append((found.velocity - known[row]) / found.velocity_std)
            correlated.append((found.velocity - known[row]) / found.velocity_std_correlated)
    assert abs(np.mean(correlated)) < 0.2
    assert np.std(white) > 1.15
    assert np.std(correlated) == pytest.approx(1, abs=0.2)
    assert np.mean(np.abs(correlated) < 2) > 0.92


def test_the_bowl_the_landslide_and_the_clay_are_where_they_are_said_to_be(release):
    east, up = (
        next((found, rows) for facts, _, found, rows in opened(release, "L3") if facts.direction == direction)[0]
        for direction in ("east", "up")
    )

    def near(attributes, name, x, y):
        close = np.hypot(attributes["easting"] - DAX[0] - x, attributes["northing"] - DAX[1] - y) < 400
        assert close.sum() > 3
        return np.median(attributes[name][close])

    assert near(up, "mean_velocity", 1200, 900) < -20
    assert near(east, "mean_velocity", -4000, -3000) < -7
    assert near(up, "mean_velocity", 4500, -3500) > 6
    assert near(up, "seasonality", -3500, 4000) > 6
    assert near(up, "acceleration", 3500, 5000) < -2


def test_ids_are_unique_in_a_file_and_say_where_a_point_is(release):
    from processing.insar.egms.pids import decode_l2, decode_l3

    for facts, pids, attributes, _ in opened(release, "L2b"):
        assert np.unique(pids).size == pids.size
        decoded = decode_l2(pids[0].decode())
        assert decoded.burst_identity == facts.identity
        assert (decoded.line, decoded.pixel) == (attributes["line"][0], attributes["pixel"][0])
    for _, pids, attributes, _ in opened(release, "L3"):
        assert decode_l3(pids[0].decode())[1:] == (attributes["easting"][0] - 50, attributes["northing"][0] - 50)


def test_the_line_of_sight_is_a_unit_vector_that_fits_the_angles(release):
    for facts, _, found, tenths in opened(release, "L2b"):
        los = np.stack([found["los_east"], found["los_north"], found["los_up"]])
        np.testing.assert_allclose(np.linalg.norm(los, axis=0), 1, atol=0.002)
        np.testing.assert_allclose(los[2], np.cos(np.radians(found["incidence_angle"])), atol=0.002)
        assert (np.sign(los[0]) == (-1 if facts.direction == "ascending" else 1)).all()
        assert not (tenths == NODATA).any()


def test_a_later_release_has_nine_points_of_ten_in_common(tmp_path):
    found = []
    for first in (2018, 2019):
        options = {"levels": ["L2b"], "first_year": first, "last_year": first + 4, "step_days": 60}
        made = list(deliveries(tmp_path / str(first), points=3000, **options))
        found.append({(each.identity, pid) for each in made for pid in each.truth.columns()["pid"]})
    assert 0.85 < len(found[0] & found[1]) / len(found[0]) < 0.93
    assert len(found[1] - found[0]) > 100


def digests(folder, **options):
    made = deliveries(folder, points=500, step_days=60, **options)
    return {each.path.name: hashlib.sha256(each.path.read_bytes()).hexdigest() for each in made}


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(tmp_path):
    first = digests(tmp_path / "1")
    assert digests(tmp_path / "2", threads=1) == first
    assert set(digests(tmp_path / "3", seed=2).values()).isdisjoint(first.values())


def test_before_the_second_satellite_dates_are_twelve_days_apart(tmp_path):
    made = next(iter(deliveries(tmp_path, points=300, levels=["L2b"], first_year=2015, last_year=2017)))
    with open_delivery(made.path) as delivery:
        dates = delivery.facts.dates
    gaps = [(later - earlier).days for earlier, later in zip(dates, dates[1:], strict=False)]
    assert gaps[0] == 12
    assert gaps[-1] == 6
    assert sorted(gaps, reverse=True) == gaps


def test_a_file_can_be_taken_away_before_the_next_is_made(tmp_path):
    for made in deliveries(tmp_path, points=500, levels=["L2a"], step_days=60):
        made.path.unlink()
    assert list(tmp_path.iterdir()) == []


def test_who_stops_asking_finds_nothing_half_made(tmp_path):
    made = deliveries(tmp_path, points=500, step_days=60)
    next(made)
    made.close()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "options",
    [
        {"points": 0}, {"points": 10**12}, {"levels": []}, {"levels": ["L4"]}, {"first_year": 2023}, {"step_days": 0},
        {"first_year": 1999}, {"centre": (100.0, 0.0)}, {"centre": (float("nan"), 40.0)},
    ],
    ids=str,
)  # fmt: skip
def test_what_makes_no_sense_is_refused(tmp_path, options):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        next(deliveries(tmp_path, **options))


def test_the_command_names_the_files(tmp_path):
    command = [sys.executable, "-m", "processing.insar.generating", tmp_path, "--points", "200", "--step", "60"]
    made = subprocess.run([*command, "--levels", "L2b"], capture_output=True, text=True, check=True)
    assert sorted(Path(line) for line in made.stdout.splitlines()) == sorted(tmp_path.iterdir())
    refused = subprocess.run([*command, "--years", "2022", "2018"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_towns_are_as_dense_as_the_specification_says_and_woods_are_not():
    scenery = Scenery(*DAX, seed=1)
    near, far = np.random.default_rng(1).uniform(-1, 1, (2, 2, 4000))
    town = scenery.density(*(np.array(DAX)[:, np.newaxis] + 700 * near))
    country = scenery.density(*(np.array(DAX)[:, np.newaxis] + 50_000 * far))
    assert np.median(town) > 4000
    assert np.percentile(country, 5) < 10
    assert 20 < country.mean() < 300


@pytest.mark.real_data
@pytest.mark.skipif(not NODES.exists(), reason="the sample archive is absent")
def test_the_land_moves_as_the_real_gnss_model_says():
    table = np.genfromtxt(NODES, delimiter=",", names=True)
    x, y = table["easting"], table["northing"]
    inner = (x < x.max()) & (y < y.max())
    for found, name in zip(ReferenceFrame(NODES).velocity(x, y), ("E", "N", "Up"), strict=True):
        np.testing.assert_allclose(found[inner], table[name][inner], atol=1e-6)
    near = np.hypot(x - DAX[0], y - DAX[1]) < 200_000
    for found, name, most in zip(ReferenceFrame().velocity(x, y), ("E", "N", "Up"), (0.1, 0.1, 0.2), strict=True):
        assert np.std(found[near] - table[name][near]) < most
