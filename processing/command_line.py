"""What the commands of ``python -m processing`` share: reading JSON, checking options, telling progress."""

from __future__ import annotations

import argparse
import errno
import gc
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXIT_CODES = {
    "invalid_order": 2,
    "no_scenes": 2,
    "source_unreachable": 3,
    "corrupt_input": 4,
    "storage_full": 5,
    "memory_limit": 6,
    "quality_rejected": 7,
}
"""By the error's code; 1 is anything unforeseen."""

SOURCE_HELP = "URL of a STAC API, an items.json or its folder, a folder of .SAFE products"


class Progress:
    """Tells stage and percent, a line for every stage and every tenth."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self._name, self._tell = name, tell
        self._told: tuple[str, int] | None = None

    def __call__(self, stage: str, percent: float) -> None:
        now = (stage, int(percent // 10))
        if now != self._told:
            self._told = now
            self._tell(f"{self._name}: {stage} {percent:.0f} %")


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Importing makes next to no garbage, and Python looks for it again and again: a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_json(path: str, *, field: str) -> Any:
    """The JSON in a file, or in standard input for "-"; InvalidOrder at ``field`` where there is none."""
    from processing.errors import FieldProblem, InvalidOrder

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as cause:
        raise InvalidOrder([FieldProblem(field, f"the file {path} cannot be read")]) from cause
    except (ValueError, RecursionError) as cause:
        raise InvalidOrder([FieldProblem(field, f"the file {path} is not JSON")]) from cause


def check_writable(folder: Path) -> None:
    """Make the folder where it is missing; one sentence where that, or writing into it, is not possible."""
    from processing.errors import ProcessingError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            return  # Told better by what comes next.
        raise ProcessingError(
            f"{folder} cannot be written to ({failure.strerror}); give another folder as --out."
        ) from failure


def positive(text: str) -> int:
    """An option that is a whole number from 1 on."""
    if not text.isdecimal() or int(text[:9]) < 1 or len(text) > 9:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)
