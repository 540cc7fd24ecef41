"""From asking for a series to its steps: ``python tests/benchmarks/bench_series_hub.py``, on servers of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "asked_series_times.py")]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
