"""Files of ground motion on their way into the tables, and what is there afterwards."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from hub.insar import partitions
from hub.insar.deliveries import intake, removal, staging, upkeep
from hub.insar.deliveries.placing import IntakeRefused
from hub.insar.models import Cell, Layer, MeasurementPoint, Part, Release
from processing.insar.delivery import BadDelivery
from processing.insar.series_store import SeriesStore
from tests.hub import motion

pytestmark = pytest.mark.django_db
MAOXIAN = Path(__file__).resolve().parents[3] / "shared" / "data" / "insar" / "stamps_maoxian"


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    """The points of a delivered file by pid, as text."""
    with zipfile.ZipFile(path) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".csv"))
        return {row["pid"]: row for row in csv.DictReader(io.StringIO(archive.read(name).decode()))}


@pytest.mark.parametrize("most_mapped", [0, 1 << 20])
@pytest.mark.parametrize("width", [None, 5])
def test_staged_rows_come_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_mapped: int, width: int | None
):
    monkeypatch.setattr(staging, "_MOST_MAPPED_BYTES", most_mapped)
    monkeypatch.setattr(staging, "_HANDED_BACK_BYTES", 100)
    staged = staging.StagedArray(tmp_path / "rows", np.dtype(np.int16), width)
    rows = np.arange(1000, dtype=np.int16).reshape(-1, width) if width else np.arange(200, dtype=np.int16)
    staged.append(rows[:150])
    staged.append(rows[150:])
    wanted = np.random.default_rng(1).integers(0, 200, 300)
    np.testing.assert_array_equal(staged.take(wanted), rows[wanted])


@pytest.mark.parametrize("level", ["L2a", "L2b", "L3"])
def test_everything_that_was_delivered_can_be_read_back(motion_files: dict[str, list[Path]], level: str):
    path = motion_files[level][0]
    delivered = rows_of(path)
    part = intake.take_in(path).part
    points = list(MeasurementPoint.objects.filter(part_id=part.pk).order_by("row"))
    assert [point.row for point in points] == list(range(len(delivered))) == list(range(part.points))
    store = SeriesStore(part.series_folder)
    days = [day.isoformat() for day in store.dates]
    assert days == part.dates
    series = store.rows(np.arange(part.points))
    for point, values in zip(points, series, strict=True):
        row = delivered[point.pid]
        for name, text in row.items():
            if name.isdigit():
                continue
            if name in ("latitude", "longitude", "pid"):
                continue
            found = getattr(point, name)
            assert found == pytest.approx(float(text), rel=1e-6, abs=1e-9), name
        expected = [float(row[day.replace("-", "")]) for day in days]
        assert values.tolist() == np.float32(expected).tolist()
        if "longitude" in row:
            geom = point.geom.transform(4326, clone=True)
            assert (geom.x, geom.y) == pytest.approx((float(row["longitude"]), float(row["latitude"])), abs=1e-8)
    assert part.report["fields"]["mean_velocity"]["differing"] == 0


@pytest.fixture
def delivered(motion_files: dict[str, list[Path]], tmp_path: Path) -> Path:
    """A copy of a generated file of L2b, under its own name."""
    return Path(shutil.copy(motion_files["L2b"][0], tmp_path))


def rewritten(path: Path, change: Callable[[list[str]], list[str]], *, version: int = 1) -> Path:
    """The file with its CSV's lines changed, as that version of the delivery."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    written = path.with_name(path.name.replace("_1.", f"_{version}."))
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            text = "".join(change(content.decode().splitlines(keepends=True))) if name.endswith(".csv") else content
            archive.writestr(name.replace("_1.", f"_{version}."), text)
    return written


def everything() -> tuple[Any, ...]:
    """What an intake could leave."""
    series = Path(intake.Part(pk=0).series_folder).parent
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM insar_measurementpoint")
        points = cursor.fetchone()[0]
    counts = [model.objects.count() for model in (Release, Layer, Part)]
    folders = sorted(path.name for root in (series, staging.incoming()) for path in root.glob("*"))
    return points, counts, folders


def test_points_of_a_part_follow_the_hilbert_curve(delivered: Path):
    part = intake.take_in(delivered).part
    points = MeasurementPoint.objects.filter(part_id=part.pk).order_by("row")
    places = np.array([point.geom.coords for point in points])
    steps = np.hypot(*np.diff(places, axis=0).T)
    shuffled = np.hypot(*np.diff(np.random.default_rng(1).permutation(places), axis=0).T)
    assert np.median(steps) < 0.2 * np.median(shuffled)


def test_the_layer_knows_its_extent_and_velocities(delivered: Path):
    layer = Layer.objects.get(pk=intake.take_in(delivered).part.layer_id)
    points = list(MeasurementPoint.objects.filter(layer_id=layer.pk))
    places = np.array([point.geom.coords for point in points])
    assert layer.extent.extent == pytest.approx((*places.min(axis=0), *places.max(axis=0)))
    assert layer.points == len(points)
    expected = np.percentile([point.mean_velocity for point in points], (2, 98))
    assert (layer.velocity_p02, layer.velocity_p98) == pytest.approx(expected, abs=1e-4)
    part = Part.objects.get()
    assert all(part.outline.covers(point.geom) for point in points)
    assert layer.indexed
    assert layer.cells_made == layer.cells_wanted == 1


def test_the_same_file_twice_changes_nothing(delivered: Path):
    first = intake.take_in(delivered)
    before, stamp = everything(), Release.objects.get().stamp
    again = intake.take_in(delivered)
    assert again.already_there
    assert again.part == first.part
    assert (everything(), Release.objects.get().stamp) == (before, stamp)


def test_another_file_of_the_same_piece_needs_leave_to_replace(delivered: Path):
    first = intake.take_in(delivered).part
    before = everything()
    newer = rewritten(delivered, lambda lines: lines[:-5])
    with pytest.raises(IntakeRefused, match="same piece") as refusal:
        intake.take_in(newer)
    assert first.file_name in str(refusal.value)
    assert everything() == before
    outcome = intake.take_in(newer, replace=True)
    assert outcome.replaced
    assert Part.objects.get().points == first.points - 5 == Layer.objects.get().points
    assert MeasurementPoint.objects.filter(part_id=first.pk).count() == 0
    assert SeriesStore(outcome.part.series_folder).count == first.points - 5


def test_an_older_version_never_replaces_a_newer_one(delivered: Path):
    intake.take_in(rewritten(delivered, lambda lines: lines[:-5], version=2))
    with pytest.raises(IntakeRefused, match="older version"):
        intake.take_in(delivered, replace=True)


def broken_number(lines: list[str]) -> list[str]:
    values = lines[300].split(",")
    values[-3] = "x"
    return [*lines[:300], ",".join(values), *lines[301:]]


def short_row(lines: list[str]) -> list[str]:
    return [*lines[:200], lines[200][:40] + "\n", *lines[201:]]


def twice(lines: list[str]) -> list[str]:
    return [*lines, lines[10]]


def without_a_place(lines: list[str]) -> list[str]:
    return [lines[0].replace("latitude", "breadth"), *lines[1:]]


@pytest.mark.parametrize(
    ("change", "line"),
    [(broken_number, "line 301"), (short_row, "line 201"), (twice, "line "), (without_a_place, "line 1")],
)
def test_a_broken_file_is_refused_with_its_line_and_leaves_nothing(delivered: Path, change: Any, line: str):
    before = everything()
    with pytest.raises(BadDelivery, match=line):
        intake.take_in(rewritten(delivered, change))
    assert everything() == before


def test_half_an_upload_leaves_nothing(delivered: Path):
    before = everything()
    delivered.write_bytes(delivered.read_bytes()[: delivered.stat().st_size // 2])
    with pytest.raises(BadDelivery):
        intake.take_in(delivered)
    assert everything() == before


def test_an_error_while_copying_leaves_nothing(delivered: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*args: Any, **kwargs: Any) -> Any:
        yield 0, b"\0\1nonsense", None

    before = everything()
    with monkeypatch.context() as patched:
        patched.setattr(intake, "_blocks", fail)
        with pytest.raises(Exception, match="."):
            intake.take_in(delivered)
    assert everything() == before
    assert intake.take_in(delivered).part.points > 0


def test_a_file_must_fit_its_release(motion_files: dict[str, list[Path]]):
    intake.take_in(motion_files["L2b"][0], finish=False)
    with pytest.raises(IntakeRefused, match="level L3"):
        intake.take_in(motion_files["L3"][0], release_key="egms-l2b-2018-2022")
    with pytest.raises(IntakeRefused, match="cannot name a release"):
        intake.take_in(motion_files["L3"][0], release_key="../etc")


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["Maoxian_PS.csv", "Maoxian_SBAS.csv"])
def test_real_results_of_stamps_are_taken_in(name: str):
    path = MAOXIAN / name
    if not path.exists():
        pytest.skip("the InSAR sample is not beside the repository")
    with pytest.raises(IntakeRefused, match="which release"):
        intake.take_in(path)
    part = intake.take_in(path, release_key="maoxian", title="Maoxian").part
    assert (part.format, part.layer.release.level) == ("stamps", "other")
    point = MeasurementPoint.objects.filter(part_id=part.pk).first()
    # What the file does not give is computed from the series.
    assert {"acceleration", "seasonality", "rmse"} <= set(part.report["computed"])
    assert point.acceleration is not None
    assert point.temporal_coherence is None or 0 <= point.temporal_coherence <= 1
    assert Cell.objects.filter(layer_id=part.layer_id, size_m=6400).exists()


def test_a_later_file_joins_a_layer_that_is_searched_already(motion_files: dict[str, list[Path]]):
    outcomes = [intake.take_in(path) for path in motion_files["L2b"][:2]]
    layer = Layer.objects.get(direction=outcomes[0].part.layer.direction)
    assert layer.points == sum(each.part.points for each in outcomes if each.part.layer_id == layer.pk)
    total = sum(Cell.objects.filter(layer_id=layer.pk, size_m=400).values_list("count", flat=True))
    assert total == layer.points


def test_the_command_takes_files_in_and_tells_of_those_it_cannot(
    motion_files: dict[str, list[Path]], tmp_path: Path, capsys: Any
):
    bad = tmp_path / "EGMS_L2b_001_0001_IW1_VV_2018_2022_1.csv"
    bad.write_text("pid,nothing\n1,2\n")
    with pytest.raises(CommandError) as error:
        call_command("insar_intake", str(bad), str(motion_files["L3"][0]), "--keep-going")
    assert error.value.returncode == 2
    told = capsys.readouterr()
    assert bad.name in told.err
    assert "points in" in told.out
    assert Layer.objects.get().cells_made == 1
    call_command("insar_intake", str(motion_files["L3"][0]))
    assert "taken in before" in capsys.readouterr().out


def test_what_killed_processes_left_is_swept(motion_files: dict[str, list[Path]]):
    part = intake.take_in(motion_files["L3"][0]).part
    abandoned = staging.incoming() / "part-abandoned"
    abandoned.mkdir(parents=True)
    (abandoned / "lock").touch()
    orphan = part.series_folder.with_name("999999999.zarr")
    orphan.mkdir()
    with staging.staging_folder() as working:
        upkeep.sweep_files()
        assert working.exists()
    assert not abandoned.exists()
    assert not orphan.exists()
    assert part.series_folder.exists()


def test_a_release_can_be_taken_out_whole(motion_files: dict[str, list[Path]]):
    release = motion.small_release(motion_files["L3"])
    part = Part.objects.select_related("layer").filter(layer__release=release).first()
    table, series = partitions.points_table(part.layer), part.series_folder
    removal.remove(release)
    assert not series.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        assert cursor.fetchone() == (None,)
