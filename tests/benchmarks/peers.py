"""The environment of the peers: odc-stac and odc-algo, pinned in peers.txt, apart from the library's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from measuring import FOLDER

REQUIREMENTS = Path(__file__).with_name("peers.txt")
ENVIRONMENT = FOLDER / "peers"
PYTHON = ENVIRONMENT / "bin" / "python"
_MADE_OF = ENVIRONMENT / "peers.txt"

S2MOSAIC = (
    "S2Mosaic (1.1.0) takes no part: it searches the Planetary Computer only, whole tiles only, and masks clouds by a "
    "neural network whose weights it downloads; it cannot read a local archive."
)


def make_environment() -> None:
    """Install the peers into var/benchmarks/peers unless they are there. Raises SystemExit when that fails."""
    if _MADE_OF.exists() and _MADE_OF.read_bytes() == REQUIREMENTS.read_bytes():
        return
    print("Installing odc-stac and odc-algo into var/benchmarks/peers ...", file=sys.stderr)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    for command in (
        [sys.executable, "-m", "venv", ENVIRONMENT],
        [PYTHON, "-m", "pip", "install", "-q", "-r", REQUIREMENTS],
    ):
        made = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if made.returncode:
            raise SystemExit(f"The peers cannot be installed: {made.stderr.strip().splitlines()[-1]}")
    shutil.copy(REQUIREMENTS, _MADE_OF)
