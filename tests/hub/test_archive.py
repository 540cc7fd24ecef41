"""The configured archive is opened once, and again when it was written anew."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.archive import archive
from processing.errors import SourceUnreachable


def test_the_archive_is_opened_once() -> None:
    assert archive() is archive()


def test_an_archive_that_was_written_again_is_opened_again(settings: Any, small_archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small_archive.parent, copy)
    settings.MOSAIC_SOURCE = str(copy / "items.json")
    before = archive()
    os.utime(copy / "items.json", ns=(1, 1))
    assert archive() is not before


def test_a_missing_archive_is_found_when_it_comes(settings: Any, small_archive: Path, tmp_path: Path) -> None:
    settings.MOSAIC_SOURCE = str(tmp_path / "later" / "items.json")
    with pytest.raises(SourceUnreachable):
        archive()
    shutil.copytree(small_archive.parent, tmp_path / "later")
    assert archive().extent().first_day is not None
