"""Ground motion for tests: generated files, and releases that were taken in for real.

``motion_files`` and ``motion_releases`` are fixtures of tests/hub/conftest.py. A test may change what it likes within
its transaction: the rows of ``motion_releases`` are there again for the next one; their series lie on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.insar.deliveries import intake, removal
from hub.insar.models import Layer, Release
from processing.insar.generating import generate

POINTS = 3000
"""Of an L2 level, both directions together; around Dax, in six bursts."""


def make_files(folder: Path, **options: Any) -> dict[str, list[Path]]:
    """Generated files by level: "L2a", "L2b", "L3"; options as ``processing.insar.generating.deliveries``."""
    made = generate(folder, **{"points": POINTS, "step_days": 24, **options})
    files: dict[str, list[Path]] = {}
    for path in made.files:
        files.setdefault(path.name.split("_")[1], []).append(path)
    return files


def small_release(files: list[Path], **options: Any) -> Release:
    """Takes the files in and makes index and cells; options as ``intake.take_in``."""
    layers: dict[int, Layer] = {}
    for path in files:
        part = intake.take_in(path, finish=False, **options).part
        layers[part.layer_id] = part.layer
    for layer in layers.values():
        intake.finish_layer(layer)
    return Release.objects.get(pk=next(iter(layers.values())).release_id)


@contextmanager
def kept_releases(files: dict[str, list[Path]]) -> Iterator[dict[str, Release]]:
    """Releases by level that outlive a test's transaction; gone at the end."""
    before = set(Release.objects.values_list("pk", flat=True))
    try:
        yield {level: small_release(files[level]) for level in files}
    finally:
        for release in Release.objects.exclude(pk__in=before):
            removal.remove(release)
