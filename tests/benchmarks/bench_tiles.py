"""Map tiles of products of 10 980 x 10 980 pixels: time on the server and memory over 5,000 of them.

``python tests/benchmarks/bench_tiles.py``, on servers of its own. Makes the products once, below var/benchmarks: some
4 GB and, for JPEG 2000, some minutes.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "many_tiles.py"), *sys.argv[1:]]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
