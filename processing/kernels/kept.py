"""Machine code of kernels, kept in files from process to process.

It is good for the sources, the compiler and the processor that it was made with, so that these name its folder. A
kernel also holds what it calls of other kernels: the sources are those of all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import llvmlite
import llvmlite.binding as llvm

_FOLDER = Path(__file__).parent
_DIGEST_BYTES = hashlib.sha256().digest_size
_EVERYBODY_READS = 0o644


class Code(NamedTuple):
    """Machine code of one kernel for one kind of arguments."""

    results: int
    """How many whole numbers it gives."""

    object_code: bytes
    """An object file that has the function ``kernel``."""


def file_name(kernel: str, kinds: object) -> str:
    """Where the code of a kernel for these kinds of arguments lies."""
    return f"{kernel}-{_digest(repr(kinds).encode())}"


def read(name: str) -> Code:
    """What was kept by that name. Raises OSError, ValueError where there is none that can be read and is whole."""
    for place in _places():
        with contextlib.suppress(FileNotFoundError):
            data = (place / name).read_bytes()
            digest, rest = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
            if hashlib.sha256(rest).digest() != digest:
                raise ValueError(f"{name} is damaged")
            return Code(rest[0], rest[1:])
    raise FileNotFoundError(name)


def keep(name: str, code: Code) -> None:
    """Keep code for other processes, if there is a place that can be written. It appears whole or not at all."""
    rest = bytes([code.results]) + code.object_code
    for place in _places():
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            _replace(place / name, hashlib.sha256(rest).digest() + rest)
            return


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _EVERYBODY_READS)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise


@cache
def _places() -> tuple[Path, ...]:
    """The folders that code may lie in, the first that can be written before the others."""
    sources = [path.read_bytes() for path in sorted(_FOLDER.glob("*.py"))]
    made_by = (version("numba"), llvmlite.__version__)
    made_for = (llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    name = f"kernels-{_digest(*sources, *map(str.encode, (*made_by, *made_for)))}"
    # The one environment variable that is read here is Numba's own for the same purpose.
    given = os.environ.get("NUMBA_CACHE_DIR")
    folders = (Path(given),) if given else (_FOLDER / "__pycache__", Path.home() / ".cache" / "mosaic-hub")
    return tuple(folder / name for folder in folders)


def _digest(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]
