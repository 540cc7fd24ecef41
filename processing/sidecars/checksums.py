"""Checksums of a product's files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NAME = "checksums.sha256"
_FILES_AT_ONCE = 2


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_all(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 of files by their paths, several read at once."""
    listed = list(paths)
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        return dict(zip(listed, pool.map(sha256, listed), strict=True))


def multihash(digest: str) -> str:
    """A SHA-256 as STAC's file extension wants it: 12 is SHA-256, 20 its length in bytes, both in hexadecimal."""
    return f"1220{digest}"


def write_checksums(folder: Path, known: Mapping[Path, str]) -> Path:
    """Write what ``sha256sum -c`` accepts for every file of the folder but itself; return its path.

    ``known`` spares reading a file again: its SHA-256, by path.
    """
    path = folder / NAME
    summed = sorted(file for file in folder.iterdir() if file.is_file() and file != path)
    lines = [f"{known.get(file) or sha256(file)}  {file.name}\n" for file in summed]
    path.write_text("".join(lines), encoding="utf-8")
    return path
