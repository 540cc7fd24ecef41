"""The configured archive is opened once, and again when it was written anew."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.archive import archive
from processing.errors import SourceUnreachable
from processing.sample import make_archive


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


def test_a_product_that_is_added_to_a_folder_of_products_is_seen(settings: Any, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "safe", size_km=1.2, dates=2, tiles=("33TWL",), layout="safe")
    kept_back = max(folder.glob("*.SAFE"), key=lambda product: product.name.split("_")[2])
    kept_back.rename(tmp_path / kept_back.name)
    settings.MOSAIC_SOURCE = str(folder)
    before = archive().extent().last_day
    assert archive() is archive()
    (tmp_path / kept_back.name).rename(folder / kept_back.name)
    after = archive().extent().last_day
    assert before is not None
    assert after is not None
    assert after > before
