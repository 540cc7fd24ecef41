"""A full disk: a really full one, a small memory file system in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from processing.storage import put_in_place

ROOT = Path(__file__).parents[2]
# Root may mount in a namespace of its own; others first become root in one.
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture
def on_small_disk(archive, order_file, tmp_path):
    """Run a shell script in which ``make`` makes the order into ``$OUT``, which can be mounted."""
    out = tmp_path / "out"
    out.mkdir()

    def run(script, **changes):
        environment = os.environ | {
            "OUT": str(out),
            "ORDER": order_file(**changes),
            "ARCHIVE": str(archive),
            "PYTHON": sys.executable,
        }
        prologue = (
            "set -eu\n"
            'make() { "$PYTHON" -m processing "$ORDER" --source "$ARCHIVE" --out "$OUT" --number "$1" --quiet; }\n'
            'tell() { (cd "$OUT" && find . -type f -exec sha256sum {} + | sort; find . -type d | sort); }\n'
        )
        return subprocess.run(
            [*UNSHARE, "sh", "-c", prologue + script],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def told_of_full_disk(done):
    assert done.returncode == 5, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert "make room and try again." in sentence
    return sentence


def test_a_disk_without_room_for_the_product_is_told_before_the_work(on_small_disk):
    done = on_small_disk('mount -t tmpfs -o size=40k tmpfs "$OUT"; code=0; make 1 || code=$?; ls -A "$OUT"; exit $code')
    assert "only 0 MB are free" in told_of_full_disk(done)
    assert done.stdout == ""


@pytest.mark.parametrize("inodes", [3, 8, 13])
def test_a_disk_that_fills_up_meanwhile_leaves_nothing_behind(on_small_disk, inodes):
    # Room for the bytes, but not for so many files: the disk is full in the midst of the work.
    mount = f'mount -t tmpfs -o size=50m,nr_inodes={inodes} tmpfs "$OUT"'
    done = on_small_disk(f'{mount}; code=0; make 1 || code=$?; ls -A "$OUT"; exit $code')
    assert "filled up" in told_of_full_disk(done)
    assert done.stdout == ""


def test_an_older_product_survives_a_full_disk(on_small_disk):
    done = on_small_disk(
        'mount -t tmpfs -o size=50m tmpfs "$OUT"; make 1 >/dev/null; tell; echo ---;'
        'mount -o "remount,size=$(( $(du -sk "$OUT" | cut -f1) + 40 ))k" "$OUT";'
        "code=0; make 1 || code=$?; tell; exit $code"
    )
    told_of_full_disk(done)
    before, after = done.stdout.split("---\n")
    assert "checksums.sha256" in before
    assert after == before


# --- The step into place --------------------------------------------------------------------------
def folder(path, text):
    path.mkdir(parents=True)
    (path / "file").write_text(text)
    return path


def test_a_new_product_takes_the_place_of_an_older_one(tmp_path):
    final = folder(tmp_path / "out" / "product", "older")
    put_in_place(folder(tmp_path / "scratch" / "product", "newer"), final)
    assert (final / "file").read_text() == "newer"


def test_an_older_product_stays_where_the_new_one_cannot_be_moved(tmp_path):
    final = folder(tmp_path / "out" / "product", "older")
    (tmp_path / "scratch").mkdir()
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "scratch" / "missing", final)
    assert (final / "file").read_text() == "older"
