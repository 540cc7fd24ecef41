"""What a run of the command line took, by kind of work: the table and JSON of ``--profile``."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

KINDS = ("open", "read", "kernel", "gather", "encode", "write", "check", "describe", "import")
"""In the order of the table; others that a clock names follow them."""

_REST = "rest"


@dataclass(frozen=True)
class Profile:
    """Seconds by kind of work, summed over threads, and what the whole process took."""

    seconds: Mapping[str, float]
    cpu_seconds: Mapping[str, float]
    wall_s: float
    cpu_s: float
    peak_mb: float

    def as_json(self) -> dict[str, Any]:
        """Seconds and CPU seconds by kind, with "rest" for CPU that no kind accounts for; the process's totals."""
        rest = round(self._rest(), 3)
        return asdict(self) | {"cpu_seconds": {**self.cpu_seconds, _REST: rest}}

    def table(self) -> str:
        """A line per kind of work, one for the rest, and one for the process as a whole."""
        lines = [f"{'':10} {'seconds':>8} {'CPU s':>8} {'of CPU':>7}"]
        for kind in sorted(self.seconds, key=_position):
            spent = self.cpu_seconds.get(kind, 0.0)
            lines.append(f"{kind:10} {self.seconds[kind]:8.2f} {spent:8.2f} {self._share(spent):7.1%}")
        lines.append(f"{_REST:10} {'':8} {self._rest():8.2f} {self._share(self._rest()):7.1%}")
        whole = f"wall {self.wall_s:.2f} s, CPU {self.cpu_s:.2f} s, peak memory {self.peak_mb:.0f} MB"
        return "\n".join([*lines, whole])

    def _rest(self) -> float:
        return max(0.0, self.cpu_s - sum(self.cpu_seconds.values()))

    def _share(self, cpu_seconds: float) -> float:
        return cpu_seconds / self.cpu_s if self.cpu_s else 0.0


def take_profile(parts: Iterable[tuple[Mapping[str, float], Mapping[str, float]]]) -> Profile:
    """The profile of this process so far, from the (seconds, CPU seconds) of its clocks."""
    seconds: dict[str, float] = {}
    cpu_seconds: dict[str, float] = {}
    for of_clock, cpu_of_clock in parts:
        _add(seconds, of_clock)
        _add(cpu_seconds, cpu_of_clock)
    return Profile(
        seconds, cpu_seconds, round(perf_counter() - _BEGUN, 3), round(process_time(), 3), round(_peak_mb(), 1)
    )


# Python does not know when its process was started, but starting is all computing.
_BEGUN = perf_counter() - process_time()


def _add(total: dict[str, float], part: Mapping[str, float]) -> None:
    for kind, spent in part.items():
        total[kind] = round(total.get(kind, 0.0) + spent, 3)


def _position(kind: str) -> tuple[int, str]:
    return (KINDS.index(kind) if kind in KINDS else len(KINDS), kind)


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss: that begins with what the parent held when it started this process.
        (peak,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
