"""``python -m processing series``: rows as they are ready, the exit codes and sentences of the command, files whole."""

import csv
import io
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import xarray

from processing.__main__ import main
from processing.pixels.series_spec import SeriesSpec
from processing.sources import open_source

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def place(archive):
    west, south, east, north = open_source(str(archive)).extent().bounds
    return (west + east) / 2, (south + north) / 2


@pytest.fixture
def run(archive, place, capsys):
    """Run the command in this process; exit code, standard output, standard error."""

    def run_it(*options, source=archive, at=place, start="2024-06-01", end="2024-07-31", quiet=True):
        where = [] if at is None else ["--lon", str(at[0]), "--lat", str(at[1])]
        when = [each for name, day in (("--from", start), ("--to", end)) if day for each in (name, day)]
        quietly = ["--quiet"] if quiet else []
        code = main(["series", "--source", str(source), *where, *when, *quietly, *map(str, options)])
        return code, *capsys.readouterr()

    return run_it


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def refused(result, code):
    """The one sentence of a run that was refused with ``code``."""
    given, out, err = result
    assert (given, out) == (code, ""), err
    (sentence,) = err.splitlines()
    assert "Traceback" not in sentence
    return sentence


# --- What comes out -------------------------------------------------------------------------------
def test_a_row_per_period_goes_to_stdout_and_progress_to_stderr(run):
    code, out, err = run("--bands", "B04,B08", quiet=False)
    assert code == 0
    assert [row["period_start"] for row in rows(out)] == ["2024-06-01", "2024-07-01"]
    assert {"B04", "B08", "ndvi", "valid_obs"} <= set(rows(out)[0])
    lines = [line for line in err.splitlines() if line.startswith("Series: ")]
    assert lines[0] == "Series: searching 0 %"
    assert lines[-1] == "Series: finished 100 %"
    percents = [int(line.split()[-2]) for line in lines]
    assert percents == sorted(percents)


def test_nine_pixels_are_nine_rows_per_period(run):
    _, out, _ = run("--pixels", 3, "--resolution", 20, "--bands", "B04 B08", "--layers", "")
    assert len(rows(out)) == 18


def test_observations_are_asked_for_by_name(run):
    _, out, _ = run("--contents", "observations", "--bands", "B04,B08", "--layers", "cloud_confidence")
    found = rows(out)
    assert [row["sensed_at"] for row in found] == sorted(row["sensed_at"] for row in found)
    assert {row["counts"] for row in found} <= {"0", "1"}


def geojson(place, half=0.004):
    lon, lat = place
    ring = [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat - half]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda area: area,
        lambda area: {"type": "Feature", "geometry": area, "properties": {}},
        lambda area: {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": area}]},
    ],
    ids=["geometry", "feature", "collection"],
)
def test_an_area_asks_for_statistics(run, place, tmp_path, wrap):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(wrap(geojson(place))))
    code, out, err = run("--area", path, "--bands", "B04", at=None)
    assert code == 0, err
    assert [row["name"] for row in rows(out)] == ["B04", "B04"]
    assert int(rows(out)[0]["count"]) > 0


def test_a_series_can_come_from_a_file_and_options_come_on_top(run, place, tmp_path):
    lon, lat = place
    asked = {
        "name": "Field 12", "place": {"lon": lon, "lat": lat}, "start": "2024-06-01", "end": "2024-07-31",
        "bands": ["B04"], "layers": [],
    }  # fmt: skip
    (tmp_path / "series.json").write_text(json.dumps(asked))
    code, out, _ = run(tmp_path / "series.json", "--bands", "B08", "--pixels", 3, at=None, start=None, end="2024-06-30")
    assert code == 0
    assert len(rows(out)) == 9
    assert "B08" in rows(out)[0]
    assert "B04" not in rows(out)[0]


def test_a_series_can_come_from_standard_input(run, place, monkeypatch):
    lon, lat = place
    asked = {"place": {"lon": lon, "lat": lat}, "start": "2024-06-01", "end": "2024-06-30", "bands": ["B04"]}
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
    code, out, _ = run("-", at=None, start=None, end=None)
    assert (code, len(rows(out))) == (0, 1)


def test_json_holds_the_series_to_ask_again(run):
    code, out, _ = run("--format", "json", "--bands", "B04", "--name", "Field 12")
    document = json.loads(out)
    assert code == 0
    assert SeriesSpec.parse(document["series"]).name == "Field 12"
    assert len(document["steps"]) == 2


def test_netcdf_goes_into_a_file(run, tmp_path):
    code, out, _ = run("--format", "netcdf", "--out", tmp_path / "new" / "series.nc", "--bands", "B04")
    assert (code, out) == (0, "")
    with xarray.open_dataset(tmp_path / "new" / "series.nc") as opened:
        assert opened.sizes["time"] == 2
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["series.nc"]


def test_csv_in_a_file_is_what_stdout_gets(run, tmp_path):
    _, out, _ = run("--bands", "B04")
    assert run("--bands", "B04", "--out", tmp_path / "series.csv")[1] == ""
    assert (tmp_path / "series.csv").read_bytes().decode() == out
    assert list(tmp_path.glob("*")) == [tmp_path / "series.csv"]


# --- What is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "given", "sentence"),
    [
        ([], {"start": None}, "start: is missing"),
        ([], {"end": "2024-05-01"}, "end: lies before the start"),
        ([], {"at": None}, "place: is missing"),
        ([], {"at": (200, 46)}, "place.lon: "),
        ([], {"at": ("nan", 46)}, "place.lon: "),
        ([], {"at": (0, 0)}, "place: lies outside the archive"),
        (["--kind", "week"], {}, "kind: must be"),
        (["--bands", "B99"], {}, "bands: 'B99' is not a band"),
        (["--pixels", 2], {}, "place.pixels: must be"),
        (["--resolution", 30], {}, "resolution: must be"),
        (["--contents", "statistics"], {}, "area: is missing"),
        (["--format", "netcdf"], {}, "format: NetCDF is no text; name a file with --out"),
    ],
)
def test_a_bad_series_is_refused_in_one_sentence(run, options, given, sentence):
    assert sentence in refused(run(*options, **given), 2)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", "NaN"])
def test_a_file_that_is_no_series_is_refused(run, tmp_path, text):
    (tmp_path / "series.json").write_text(text)
    assert refused(run(tmp_path / "series.json", at=None, start=None, end=None), 2).startswith("series: ")


@pytest.mark.parametrize(
    ("text", "sentence"), [("{", "is not JSON"), ("[]", "area: "), ('{"type": "Feature"}', "area: ")]
)
def test_a_file_that_is_no_area_is_refused(run, tmp_path, text, sentence):
    (tmp_path / "area.geojson").write_text(text)
    assert sentence in refused(run("--area", tmp_path / "area.geojson", at=None), 2)


@pytest.mark.parametrize("option", ["series", "--area"])
def test_a_file_that_is_not_there_is_told(run, tmp_path, option):
    given = [tmp_path / "none.json"] if option == "series" else ["--area", tmp_path / "none.json"]
    assert "none.json cannot be read" in refused(run(*given, at=None), 2)


@pytest.mark.parametrize("options", [["--threads", "0"], ["--lon", "east"], ["--format", "xls"], ["--epsg", "-1"]])
def test_an_option_that_makes_no_sense_is_refused(run, capsys, options):
    with pytest.raises(SystemExit) as stopped:
        run(*options)
    assert stopped.value.code == 2
    assert f"argument {options[0]}:" in capsys.readouterr().err


def test_an_archive_that_does_not_answer_is_told(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"127.0.0.1:{port}" in refused(run(source=f"http://127.0.0.1:{port}/stac"), 3)


def test_a_folder_that_cannot_be_written_to_is_told(run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "give another folder" in refused(run("--out", tmp_path / "file" / "series.csv"), 1)


def test_a_damaged_scene_is_noted_and_the_others_serve(run, damaged_archive, clearest):
    code, out, err = run("--bands", "B04", source=damaged_archive([clearest]), quiet=False)
    assert code == 0
    assert f"{clearest}: SCL.tif cannot be read (it is damaged or cut short)" in err
    assert len(rows(out)) == 2


# --- A process of its own -------------------------------------------------------------------------
def start(archive, place, *options):
    command = [sys.executable, "-m", "processing", "series", "--source", archive, "--kind", "day"]
    command += ["--lon", str(place[0]), "--lat", str(place[1]), "--from", "2024-01-01", "--to", "2024-12-31"]
    return subprocess.Popen(
        [*map(str, command), *map(str, options)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_leaves_nothing(archive, place, tmp_path, number, code):
    process = start(archive, place, "--out", tmp_path / "series.csv")
    assert "compositing" in "".join(process.stderr.readline() for _ in range(2))
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert err.splitlines()[-1] == "Stopped; nothing was left behind."
    assert list(tmp_path.iterdir()) == []


def test_rows_come_before_the_series_is_finished(archive, place):
    # More than a pipe holds: who does not read keeps it from finishing.
    process = start(archive, place, "--quiet", "--pixels", "3")
    try:
        assert process.stdout.readline().startswith("period_start,")
        assert process.stdout.readline().startswith("2024-01-01,")
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_a_reader_that_has_seen_enough_ends_it_quietly(archive, place):
    process = start(archive, place, "--quiet", "--pixels", "3")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    assert process.stderr.read() == ""
    process.stderr.close()


def test_help_loads_nothing_heavy():
    code = "import sys; sys.argv = ['x', 'series', '--help']\nimport processing.__main__ as command\n"
    code += "try:\n    command.main()\nexcept SystemExit:\n    pass\n"
    code += "print(sorted({'numpy', 'rasterio', 'pydantic', 'shapely', 'netCDF4', 'numba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--lon" in done.stdout
