"""How long forecasts take, from a tile's month to a country's year: ``python tests/benchmarks/bench_forecast.py``."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-s", "-q", str(HERE / "many_scenes.py")]
    sys.exit(subprocess.call(command, cwd=HERE.parents[1]))
