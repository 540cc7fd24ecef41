"""Real results of ground motion, where they lie beside the repository."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "insar"


def real_file(name: str) -> Path:
    """A file of the sample; skips the test where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip("the InSAR sample is not beside the repository")
    return path
