"""Server time of the pages with 10,000 orders: ``python tests/benchmarks/bench_pages.py``, on servers of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "many_orders.py")]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
