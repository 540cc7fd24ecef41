"""How right estimates are after ten orders: ``python tests/benchmarks/bench_estimates.py``, on servers of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "learnt_estimates.py")]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
