"""Running commands as processes of their own: wall time, CPU and peak memory; the machine they ran on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "var" / "benchmarks"
"""Archives, environments and products of the benchmarks."""

MEASURED_LIBRARIES = ("rasterio", "numpy", "numba", "isal")


class Failed(Exception):
    """A command that did not end well; its last words."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command took, imports and all."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Figure:
    """All runs of one contender."""

    name: str
    runs: tuple[Cost, ...]
    told: Mapping[str, Any]
    """What is known beside time and memory, such as the share of valid pixels."""

    @property
    def best(self) -> Cost:
        """The quickest run."""
        return min(self.runs, key=lambda cost: cost.wall_s)

    @property
    def median_wall_s(self) -> float:
        return statistics.median(cost.wall_s for cost in self.runs)

    @property
    def peak_mb(self) -> float:
        return max(cost.peak_mb for cost in self.runs)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "best_wall_s": self.best.wall_s,
            "median_wall_s": round(self.median_wall_s, 3),
            "cpu_s": self.best.cpu_s,
            "peak_mb": self.peak_mb,
            "runs": [asdict(cost) for cost in self.runs],
            **self.told,
        }


@dataclass(frozen=True)
class Contender:
    """One way to make the mosaic, to be run several times."""

    name: str
    run: Callable[[], tuple[Cost, Mapping[str, Any]]]
    repeats: int | None = None
    """Fewer runs than the others, if set."""


def measure(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run ``command`` in the repository's folder.

    Raises Failed with the end of what it printed to stderr. The peak is never below what this process held when it
    started the command: the callers import nothing heavy.
    """
    with tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], cwd=REPOSITORY, env=_usual_environment() | dict(environment or {}),
            stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().strip().splitlines()
            killed = f"ended by signal {-process.returncode}" if process.returncode < 0 else ""
            raise Failed(killed or (said[-1] if said else f"exit code {process.returncode}"))
    return Cost(round(wall, 3), round(usage.ru_utime + usage.ru_stime, 3), round(usage.ru_maxrss / 1024, 1))


def _usual_environment() -> dict[str, str]:
    """This process's, but Python keeps what it compiles, as it does wherever nobody forbids it.

    Otherwise everybody would pay in each run for compiling those of their sources that nothing has compiled before.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def take_turns(contenders: Sequence[Contender], repeats: int) -> list[Figure | Failed]:
    """Run the contenders in turn, ``repeats`` times over, so that a slow minute of the machine meets all of them.

    Who fails is not run again.
    """
    runs: dict[str, list[Cost]] = {contender.name: [] for contender in contenders}
    told: dict[str, Mapping[str, Any]] = {}
    failed: dict[str, Failed] = {}
    for turn in range(repeats):
        for contender in contenders:
            if contender.name in failed or turn >= (contender.repeats or repeats):
                continue
            try:
                cost, told[contender.name] = contender.run()
                runs[contender.name].append(cost)
            except Failed as failure:
                failed[contender.name] = Failed(f"{contender.name}: {failure}")
    return [
        failed.get(contender.name) or Figure(contender.name, tuple(runs[contender.name]), told[contender.name])
        for contender in contenders
    ]


def warm(paths: Sequence[Path]) -> None:
    """Read the files once, so that the first contender does not pay for the disk alone."""
    for path in paths:
        with path.open("rb") as file:
            while file.read(1 << 22):
                pass


def machine() -> dict[str, Any]:
    """Cores, processor, memory, date and versions."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": date.today().isoformat(),
        "cores": cores(),
        "processor": models[0].split(":")[1].strip() if models else platform.processor(),
        "memory_gb": round(memory_gb, 1),
        "python": platform.python_version(),
    } | {library: version(library) for library in MEASURED_LIBRARIES}


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def describe_machine() -> str:
    """One line on the machine, for the head of a table."""
    here = machine()
    versions = ", ".join(f"{name} {here[name]}" for name in ("python", *MEASURED_LIBRARIES))
    size = f"{here['cores']} cores of {here['processor']}, {here['memory_gb']:.0f} GB of memory"
    return f"{here['date']}: {size}; {versions}"
