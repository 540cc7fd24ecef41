"""checksums.sha256: what sha256sum makes, of every file of a product."""

import subprocess

import pytest
from accounts import account_of

from processing.sidecars import write_sidecars
from processing.sidecars.checksums import multihash, sha256, write_checksums


def sha256sum(folder):
    """What ``sha256sum -c`` says: whether all is well, and the names of the files it checked."""
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "checksums.sha256"], cwd=folder, capture_output=True, text=True, check=False
    )
    return checked.returncode == 0, {line.partition(":")[0] for line in checked.stdout.splitlines()}


@pytest.mark.parametrize("format", ["geotiff", "jp2", "netcdf"])
def test_sha256sum_accepts_every_file_of_the_product(tmp_path, format):
    folder = tmp_path / "Trial"
    write_sidecars(folder, account_of(folder, format=format))
    accepted, checked = sha256sum(folder)
    assert accepted
    assert checked == {path.name for path in folder.iterdir()} - {"checksums.sha256"}


def test_the_files_that_gdal_keeps_beside_a_raster_are_summed_too(tmp_path):
    folder = tmp_path / "Trial"
    account = account_of(folder, format="jp2")
    companions = {path.name for file in account.files for path in file.companions}
    write_sidecars(folder, account)
    assert len(companions) == 8
    assert companions <= sha256sum(folder)[1]


@pytest.mark.parametrize("name", ["B02_M20_20180301_Trial.tiff", "provenance.json", "qc.html"])
def test_sha256sum_notices_a_file_that_was_changed(tmp_path, name):
    folder = tmp_path / "Trial"
    write_sidecars(folder, account_of(folder))
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    assert not sha256sum(folder)[0]


def test_sha256sum_notices_a_file_that_is_missing(tmp_path):
    folder = tmp_path / "Trial"
    write_sidecars(folder, account_of(folder))
    (folder / "qc.json").unlink()
    assert not sha256sum(folder)[0]


def test_lines_stand_in_the_order_of_names_and_the_list_is_no_part_of_itself(tmp_path):
    for name in ("b", "a", "ä b"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    write_checksums(tmp_path, {})
    lines = write_checksums(tmp_path, {}).read_text(encoding="utf-8").splitlines()
    assert [line.partition("  ")[2] for line in lines] == ["a", "b", "ä b"]
    assert sha256sum(tmp_path) == (True, {"a", "b", "ä b"})


def test_the_sum_of_nothing_is_the_known_one(tmp_path):
    (tmp_path / "empty").touch()
    known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256(tmp_path / "empty") == known
    assert multihash(known) == f"1220{known}"


def test_a_file_that_is_not_there_has_no_sum(tmp_path):
    with pytest.raises(FileNotFoundError):
        sha256(tmp_path / "missing")
