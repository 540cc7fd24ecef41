"""Compiled kernels are kept from process to process, and only as long as no kernel has changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import processing

PACKAGE = Path(processing.__file__).parent


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_kernel_that_another_calls_is_compiled_anew_when_it_changes(tmp_path, monkeypatch, elsewhere):
    """Numba itself looks at the caller's file alone."""
    kept_in = tmp_path / "kept" if elsewhere else tmp_path / "processing" / "kernels" / "__pycache__"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(kept_in) if elsewhere else "")
    kernels = tmp_path / "processing" / "kernels"
    kernels.mkdir(parents=True)
    shutil.copy(PACKAGE / "kernels" / "__init__.py", kernels)
    (tmp_path / "processing" / "__init__.py").touch()
    called = "from numba import njit\n\n\n@njit(cache=True)\ndef called():\n    return {}\n"
    (kernels / "called.py").write_text(called.format(1))
    (kernels / "calling.py").write_text(
        "from numba import njit\nfrom processing.kernels.called import called\n\n\n"
        "@njit(cache=True)\ndef calling():\n    return called()\n"
    )
    run = [sys.executable, "-c", "from processing.kernels.calling import calling; print(calling())"]
    found = []
    for value in (1, 1, 200):
        (kernels / "called.py").write_text(called.format(value))
        found.append(subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip())
    assert found == ["1", "1", "200"]
    assert len(list(kept_in.glob("kernels-*"))) == 2
