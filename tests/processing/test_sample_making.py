"""How the generated archive comes onto the disk: its arguments, its command, and what disturbs its making."""

import json
import subprocess
import sys
from datetime import date

import pytest

from processing.sample import make_archive

SMALL = {"size_km": 3, "dates": 4}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size_km": 0.5}, "The size must be between 1.2 and 109.8 km, not 0.5."),
        ({"size_km": 500}, "The size must be between 1.2 and 109.8 km, not 500."),
        ({"size_km": float("nan")}, "The size must be between 1.2 and 109.8 km, not nan."),
        ({"dates": 0}, "The number of dates must be between 1 and 400, not 0."),
        ({"start": date(1999, 1, 1)}, "launch of Sentinel-2"),
        ({"seed": -1}, "The seed must be 0 or a positive whole number, not -1."),
        ({"cloudiness": 1.5}, "The cloudiness must be between 0 and 1, not 1.5."),
        ({"blocksize": 100}, "The block size must be a multiple of 128 up to 4096 pixels, not 100."),
        ({"tiles": ("32TQM",)}, "The tiles must be 33TWL or 33TWM or both, each once, not 32TQM."),
        ({"tiles": ()}, "not none."),
        ({"layout": "zip"}, "The layout must be cog or safe, not zip."),
        ({"threads": 0}, "The number of threads must be between 1 and 64, not 0."),
    ],
)
def test_nonsense_arguments_are_refused_with_one_sentence_and_leave_nothing(tmp_path, arguments, sentence):
    with pytest.raises(ValueError) as refusal:
        make_archive(tmp_path / "a", **(SMALL | arguments))
    assert sentence in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_made_archive_is_reused(tmp_path):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    before = items.stat().st_mtime_ns, items.parent.stat().st_ino
    assert make_archive(tmp_path / "a", size_km=1.2, dates=1) == items
    assert (items.stat().st_mtime_ns, items.parent.stat().st_ino) == before
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_other_arguments_replace_an_earlier_archive(tmp_path):
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    items = make_archive(tmp_path / "a", size_km=1.2, dates=2)
    assert len(json.loads(items.read_text())["features"]) == 4


@pytest.mark.parametrize("harm", ["missing", "truncated"])
def test_an_archive_with_a_damaged_file_is_made_again(tmp_path, harm):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    victim = next(items.parent.glob("*/B04.tif"))
    whole = victim.read_bytes()
    victim.unlink() if harm == "missing" else victim.write_bytes(whole[:100])
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert victim.read_bytes() == whole


def test_a_partial_folder_is_neither_taken_for_an_archive_nor_overwritten(tmp_path):
    items = make_archive(tmp_path / "a", size_km=1.2, dates=1)
    (items.parent / "archive.json").unlink()
    with pytest.raises(FileExistsError, match="is no generated archive: name another folder, or remove it first"):
        make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert items.is_file()


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    assert make_archive(tmp_path / "a", size_km=1.2, dates=1).is_file()


def test_a_making_that_fails_leaves_nothing_behind(tmp_path):
    class Stop(Exception):
        pass

    def stop(percent: float) -> None:
        if percent > 50:
            raise Stop

    with pytest.raises(Stop):
        make_archive(tmp_path / "a", size_km=1.2, dates=3, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_making_left_is_cleared_away(tmp_path):
    (tmp_path / ".a.making" / "S2A_33TWL_20240603_0_L2A").mkdir(parents=True)
    make_archive(tmp_path / "a", size_km=1.2, dates=1)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def run_module(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "processing.sample", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_command_prints_the_path_of_the_items(tmp_path):
    made = run_module(str(tmp_path / "a"), "--size-km", "1.2", "--dates", "1", "--start", "2022-01-15")
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"{tmp_path / 'a' / 'items.json'}\n"
    assert "100 %" in made.stderr


def test_the_command_refuses_with_one_sentence(tmp_path):
    refused = run_module(str(tmp_path / "a"), "--dates", "0")
    assert refused.returncode == 2
    assert refused.stderr == "The number of dates must be between 1 and 400, not 0.\n"


def test_two_makings_of_one_archive_at_a_time_both_end_with_it(tmp_path):
    command = [sys.executable, "-m", "processing.sample", str(tmp_path / "a"), "--size-km", "1.2", "--dates", "2"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    answers = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert answers[0] == answers[1]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path):
    (tmp_path / "file").write_text("in the way")
    refused = run_module(str(tmp_path / "file" / "a"), "--size-km", "1.2", "--dates", "1")
    assert refused.returncode in (2, 4)
    assert len(refused.stderr.splitlines()) == 1
