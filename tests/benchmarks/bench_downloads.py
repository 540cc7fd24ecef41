"""Memory and speed of a 10 GB download: ``python tests/benchmarks/bench_downloads.py``, on servers of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "large_download.py")]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
