"""``python -m processing``: exit codes, one plain sentence, and nothing left behind."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import rasterio
import shapely

from processing.__main__ import main

ROOT = Path(__file__).parents[2]


def square(west, south, size=0.1):
    return shapely.geometry.mapping(shapely.box(west, south, west + size, south + size))


def ring(*points):
    return {"type": "Polygon", "coordinates": [[list(point) for point in points]]}


class Run:
    """What a run of the command line gave."""

    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err, self.folder = code, out, err, folder

    def refused(self, code):
        """The one sentence of a run that failed with ``code`` and left nothing."""
        assert self.code == code, self.err
        assert self.out == ""
        (sentence,) = self.err.splitlines()
        assert "Traceback" not in sentence
        assert not self.folder.exists() or list(self.folder.iterdir()) == []
        return sentence


@pytest.fixture
def run(archive, order_file, tmp_path, capsys):
    """Run the command line in this process on an order with ``changes``, or on ``text`` as the order."""

    def run_it(*options, source=archive, text=None, quiet=True, **changes):
        path = order_file(**changes)
        if text is not None:
            Path(path).write_text(text)
        quietly = ["--quiet"] if quiet else []
        code = main([path, "--source", str(source), "--out", str(tmp_path / "out"), *quietly, *options])
        out, err = capsys.readouterr()
        return Run(code, out, err, tmp_path / "out")

    return run_it


@pytest.fixture
def start(archive, order_file, tmp_path):
    """Start the command line as a process of its own."""
    started = []

    def start_it(*options, **changes):
        command = [sys.executable, "-m", "processing", order_file(**changes), "--source", archive]
        process = subprocess.Popen(
            [*command, "--out", tmp_path / "out", *options],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start_it
    for process in started:
        process.kill()
        process.communicate(timeout=10)


# --- Success --------------------------------------------------------------------------------------
def test_the_folder_is_told_on_stdout_and_progress_on_stderr(start, tmp_path):
    out, err = (process := start()).communicate(timeout=60)
    assert process.returncode == 0, err
    (told,) = out.splitlines()
    assert Path(told).parent == tmp_path / "out"
    assert sorted(path.name for path in Path(told).iterdir()) == ["Trial", "inspire.xml"]
    lines = err.splitlines()
    assert lines[0] == "Trial: searching 0 %"
    assert lines[-1] == "Trial: finished 100 %"
    percents = [int(line.split()[-2]) for line in lines]
    assert percents == sorted(percents)


def test_the_product_has_a_file_for_every_band_and_layer(run, order):
    made = run()
    assert (made.code, made.err) == (0, "")
    product = Path(made.out.strip()) / "Trial"
    names = {path.name for path in product.glob("*.tiff")}
    prefixes = [*order()["bands"], "valid_obs", "source_index", "quality_scene_classification"]
    assert names == {f"{prefix}_Y20_20240101_Trial.tiff" for prefix in prefixes}
    with (
        rasterio.open(product / "B04_Y20_20240101_Trial.tiff") as band,
        rasterio.open(product / "source_index_Y20_20240101_Trial.tiff") as index,
    ):
        chosen = index.read(1) >= 0
        assert chosen.any()
        assert ((band.read(1) != band.nodata) == chosen).all()


def test_an_order_can_come_from_standard_input(archive, order, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(order())))
    code = main(["-", "--source", str(archive.parent), "--out", str(tmp_path / "out"), "--quiet"])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert Path(out.strip()).is_dir()


def test_the_product_takes_the_place_of_an_older_one(run):
    first = Path(run().out.strip())
    (first / "stranger").write_text("left by somebody")
    again = run()
    assert Path(again.out.strip()) == first
    assert set(first.iterdir()) == {first / "Trial", first / "inspire.xml"}
    assert list(again.folder.iterdir()) == [first]


def test_the_number_of_the_order_ends_the_folders_name(run):
    assert run("--number", "10213").out.endswith("_STD_v0.1.0_10213\n")


def test_the_time_by_kind_of_work_can_be_asked_for_as_a_table(run):
    heading, *kinds, whole = run("--profile").err.splitlines()
    assert heading.split() == ["seconds", "CPU", "s", "of", "CPU"]
    assert {line.split()[0] for line in kinds} > {"import", "rest"}
    assert kinds[-1].startswith("rest ")
    assert all(line.endswith("%") for line in kinds)
    assert re.fullmatch(r"wall \d+\.\d\d s, CPU \d+\.\d\d s, peak memory \d+ MB", whole)


def test_the_time_by_kind_of_work_can_be_asked_for_as_json(run, tmp_path):
    assert run("--profile-json", str(tmp_path / "profile.json")).err == ""
    told = json.loads((tmp_path / "profile.json").read_text())
    assert set(told) == {"seconds", "cpu_seconds", "wall_s", "cpu_s", "peak_mb"}
    assert "rest" in told["cpu_seconds"]
    assert told["peak_mb"] > 0
    assert len(told["seconds"]) > 4


def test_a_profile_that_cannot_be_written_is_refused_before_the_order_is_made(run, tmp_path, capsys):
    with pytest.raises(SystemExit) as refused:
        run("--profile-json", str(tmp_path / "none" / "profile.json"))
    assert refused.value.code == 2
    assert "profile.json cannot be written to (No such file or directory)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# --- Exit code 2: the order ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"area": ring((0, 0), (1, 1), (1, 0), (0, 1), (0, 0))}, "area: crosses itself at 0.5 0.5"),
        ({"area": ring((0, 0), (1, 0), (1, 1), (0, 1))}, "area: is not closed"),
        ({"area": square(0, 0)}, "area: lies outside the archive"),
        ({"area": square(179.9, -17)}, "area: lies outside the archive"),
        ({"period": {"kind": "year", "start": "2999-01-01"}}, "period.start: lies in the future"),
        ({"period": {"kind": "month", "start": "2024-06-03"}}, "that period starts on 2024-06-01"),
        ({"period": {"kind": "month", "start": "2024-02-01"}}, "period: has no scene of this area; the nearest one"),
        ({"bands": ["B99"]}, "bands: 'B99' is not a band that can be ordered; choose from B01"),
        ({"colour": "red"}, "colour: is not a key of an order; its keys are name"),
        ({"name": None}, "name: is missing"),
    ],
)
def test_a_bad_order_is_refused_in_one_sentence(run, changes, sentence):
    assert sentence in run(**changes).refused(2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not JSON"),
        ("{'name': 1}", "is not JSON"),
        ("\x00\x01", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"area": ' + "[" * 900 + "]" * 900 + "}", "area: must be a JSON object"),
        ("[]", "must be a JSON object"),
        ("NaN", "must be a JSON object"),
    ],
)
def test_something_that_is_no_order_is_refused_in_one_sentence(run, text, sentence):
    assert sentence in run(text=text).refused(2)


def test_a_coordinate_that_is_no_number_is_refused(run, order):
    text = json.dumps(order(area=ring((0, 0), (1, 0), (1, float("nan")), (0, 0))))
    assert "NaN" in text
    assert "not a pair of numbers" in run(text=text).refused(2)


def test_an_order_that_is_not_there_is_told(archive, tmp_path, capsys):
    code = main([str(tmp_path / "none.json"), "--source", str(archive), "--out", str(tmp_path / "out")])
    assert "cannot be read" in Run(code, *capsys.readouterr(), tmp_path / "out").refused(2)


@pytest.mark.parametrize(
    "options",
    [["--threads", "0"], ["--threads", "two"], ["--memory", "-1"], ["--memory", "9" * 30], ["--number", "../x"]],
)
def test_an_option_that_makes_no_sense_is_refused(run, capsys, options):
    with pytest.raises(SystemExit) as refused:
        run(*options)
    assert refused.value.code == 2
    assert f"argument {options[0]}:" in capsys.readouterr().err


# --- Exit codes 3 and 4: the archive ---------------------------------------------------------------
def test_an_archive_that_does_not_answer_is_told(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"127.0.0.1:{port}" in run(source=f"http://127.0.0.1:{port}/stac").refused(3)


@pytest.mark.parametrize("name", ["none.json", "none", "none/items.json"])
def test_an_archive_that_is_not_there_is_told(run, tmp_path, name):
    assert str(tmp_path / name) in run(source=tmp_path / name).refused(3)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"type": "FeatureCollection", "features": []}', "[" * 100_000]
)
def test_a_broken_list_of_items_is_told(run, tmp_path, content):
    (tmp_path / "items.json").write_text(content)
    assert str(tmp_path / "items.json") in run(source=tmp_path / "items.json").refused(4)


@pytest.mark.parametrize("band", ["SCL", "B04"])
def test_one_truncated_raster_is_named_and_the_other_granules_serve(run, damaged_archive, clearest, band):
    made = run(source=damaged_archive([clearest], band=band))
    assert made.code == 0, made.err
    (warning,) = made.err.splitlines()
    assert warning.startswith(f"Trial: {clearest}: ")
    assert f"{band}.tif cannot be read (it is damaged or cut short); it was left out." in warning
    (provenance,) = made.folder.rglob("provenance.json")
    (left_out,) = json.loads(provenance.read_text())["left_out"]
    assert warning == f"Trial: {left_out}"


def test_an_archive_of_truncated_rasters_is_corrupt_input(run, damaged_archive):
    sentence = run(source=damaged_archive()).refused(4)
    assert sentence.startswith("No scene of this area and period can be read: ")
    assert "SCL.tif cannot be read (it is damaged or cut short)" in sentence


def test_a_missing_raster_is_named(run, damaged_archive, clearest):
    items = damaged_archive([])
    (items.parent / clearest / "SCL.tif").unlink()
    made = run(source=items)
    assert made.code == 0
    assert f"{clearest}: " in made.err
    assert "it is missing" in made.err


# --- Exit code 6 and others ------------------------------------------------------------------------
def test_too_little_memory_is_told(run):
    assert "allow more" in run("--memory", "300").refused(6)


def test_a_folder_that_cannot_be_written_to_is_told(archive, order_file, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    code = main([order_file(), "--source", str(archive), "--out", str(tmp_path / "file" / "out"), "--quiet"])
    assert "give another folder" in Run(code, *capsys.readouterr(), tmp_path / "file" / "out").refused(1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_clears_up(start, archive, small_area, tmp_path, number, code):
    x, y = small_area["coordinates"][0][0]
    process = start(area=square(x, y, 0.4), resolution=10, crs="wgs84")
    while "compositing" not in (line := process.stderr.readline()):
        assert line, "ended before it was stopped"
    assert list((tmp_path / "out").iterdir()) != []
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert err.splitlines()[-1] == "Stopped; nothing was left behind."
    assert "Traceback" not in err
    assert out == ""
    assert list((tmp_path / "out").iterdir()) == []
