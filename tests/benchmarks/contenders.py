"""Who takes part: the floor, this library, and the peers; each a process of its own, imports included."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archives import ASSETS, Scenario
from measuring import FOLDER, REPOSITORY, Contender, Cost, cores, measure
from peers import PYTHON

HERE = Path(__file__).resolve().parent
CHUNK = 1024
"""Edge of the peers' chunks, all dates in one: the archive's own blocks. At 2040 px, 12 dates, on a busy machine, 512
took both peers half as much CPU again, with half (median) or three quarters (geomedian) of the memory. 2048 left the
geomedian one thread; the median was no clear winner there, at three times the memory."""


@dataclass
class Race:
    """One scenario, made by everybody."""

    scenario: Scenario
    shape: list[int] = field(default_factory=list)
    """Height and width of the mosaic, which the peers are given: see ``prepare``."""

    transform: list[float] = field(default_factory=list)
    epsg: int = 0
    chunk: int = CHUNK
    unpacked: Path = FOLDER / "unpacked"

    def prepare(self) -> None:
        """Run ``ours`` once uncounted: it compiles the kernels and shows the grid and the pixels of the result.

        Raises SystemExit where the product does not come from all scenes.
        """
        with scratch() as folder:
            measure(self._command(folder))
            shutil.rmtree(self.unpacked, ignore_errors=True)
            told = inspect(folder, unpack=self.unpacked)
            self.shape, self.transform, self.epsg = told["shape"], told["transform"], told["epsg"]
            used = [len(json.loads(path.read_text())["scenes"]) for path in folder.rglob("provenance.json")]
            if used != [self.scenario.scenes]:
                raise SystemExit(f"{self.scenario.title}: {used} scenes were used instead of {self.scenario.scenes}.")

    def floor(self) -> Contender:
        """All images read by GDAL in as many threads as cores, the result written."""

        def run() -> tuple[Cost, Mapping[str, Any]]:
            with scratch() as folder:
                images = [str(path) for path in self.scenario.files]
                recipe = {"images": images, "result": str(self.unpacked), "out": str(folder), "threads": cores()}
                cost = measure([sys.executable, HERE / "floor.py", _write_recipe(folder, recipe)])
                read = json.loads((folder / "read.json").read_text())["bytes"]
                return cost, {"images": len(images), "read_mb": round(read / 1e6, 1)}

        return Contender("floor", run)

    def ours(self, *options: str) -> Contender:
        """The command line with default settings."""

        def run() -> tuple[Cost, Mapping[str, Any]]:
            with scratch() as folder:
                cost = measure([*self._command(folder), "--profile-json", folder / "profile.json", *options])
                profile = json.loads((folder / "profile.json").read_text())
                return cost, inspect(folder) | {"profile": profile}

        return Contender("ours", run)

    def peer(self, method: str, *, repeats: int | None = None, threads: int | None = None) -> Contender:
        """odc-stac with "median" or "geomedian" in dask threads on all cores."""

        def run() -> tuple[Cost, Mapping[str, Any]]:
            with scratch() as folder:
                recipe = {
                    "items": str(self.scenario.source), "bands": {band: ASSETS[band] for band in self.scenario.bands},
                    "scene_class": ASSETS["SCL"], "shape": self.shape, "transform": self.transform, "epsg": self.epsg,
                    "chunk": self.chunk, "chunk_time": -1, "method": method, "threads": threads or cores(),
                    "out": str(folder),
                }  # fmt: skip
                return measure([PYTHON, HERE / "peer_odc.py", _write_recipe(folder, recipe)]), inspect(folder)

        return Contender(f"odc-stac {method}", run, repeats)

    def _command(self, folder: Path) -> list[str | Path]:
        path = folder / "order.json"
        path.write_text(json.dumps(self.scenario.order))
        return [
            sys.executable, "-m", "processing", path, "--source", self.scenario.source, "--out", folder, "--quiet",
        ]  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run's product."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        yield Path(folder)


def inspect(folder: Path, *, unpack: Path | None = None) -> dict[str, Any]:
    """Share of valid pixels, grid and size of the rasters in ``folder``."""
    command = [sys.executable, str(HERE / "inspecting.py"), str(folder)]
    command += ["--unpack", str(unpack)] if unpack else []
    told: dict[str, Any] = json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout)
    return told


def _write_recipe(folder: Path, recipe: Mapping[str, Any]) -> Path:
    path = folder / "recipe.json"
    path.write_text(json.dumps(recipe))
    return path
