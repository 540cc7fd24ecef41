"""Compiled kernels are kept from process to process, and only as long as no kernel has changed."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import processing

KERNELS = Path(processing.__file__).parent / "kernels"
RUN = """
import sys
import numpy as np
from processing.kernels.calling import calling
values = np.arange(3)
print(calling(values), *values, "numba" in sys.modules)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with two kernels, of which one calls the other; code is kept in ``kept``."""
    kernels = tmp_path / "processing" / "kernels"
    kernels.mkdir(parents=True)
    (tmp_path / "processing" / "__init__.py").touch()
    (kernels / "__init__.py").touch()
    for machinery in ("compiled.py", "kept.py"):
        shutil.copy(KERNELS / machinery, kernels)
    (kernels / "calling.py").write_text(
        "from processing.kernels.called import called\nfrom processing.kernels.compiled import kernel\n\n\n"
        "@kernel\ndef calling(values):\n    values[0] = 7\n    return called() + values[1]\n"
    )
    write_called(tmp_path, 1)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path


def write_called(package, value):
    (package / "processing" / "kernels" / "called.py").write_text(
        f"from processing.kernels.compiled import kernel\n\n\n@kernel\ndef called():\n    return {value}\n"
    )


def run(package, **environment):
    """What the kernel gives and what it wrote, and whether Numba was imported."""
    made = subprocess.run(
        [sys.executable, "-c", RUN], cwd=package, env=os.environ | environment, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    result, *values, compiled = made.stdout.split()
    assert values == ["7", "1", "2"]
    return int(result), compiled == "True"


def kept_files(package):
    return [path for path in (package / "kept").rglob("*") if path.is_file()]


def test_the_second_process_runs_a_kernel_without_numba(package):
    assert run(package) == (2, True)
    assert run(package) == (2, False)


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_changes(package):
    run(package)
    write_called(package, 200)
    assert run(package) == (201, True)
    assert len(list((package / "kept").glob("kernels-*"))) == 2


def test_without_a_folder_of_its_own_code_is_kept_beside_the_sources(package):
    run(package, NUMBA_CACHE_DIR="")
    assert run(package, NUMBA_CACHE_DIR="") == (2, False)
    assert len(list((package / "processing" / "kernels" / "__pycache__").glob("kernels-*/calling.calling-*"))) == 1


@pytest.mark.parametrize("damage", [b"", b"x" * 100, None], ids=["emptied", "overwritten", "cut short"])
def test_damaged_code_is_compiled_anew_and_mended(package, damage):
    run(package)
    (file,) = kept_files(package)
    whole = file.read_bytes()
    file.write_bytes(whole[:-10] if damage is None else damage)
    assert run(package) == (2, True)
    assert run(package) == (2, False)
    assert file.read_bytes() == whole


def test_code_for_another_processor_is_not_run(package):
    run(package)
    as_if = (
        "import llvmlite.binding as llvm\nllvm.get_host_cpu_name = lambda: 'x86-64'\n"
        "from processing.kernels.kept import _places\nprint(_places()[0].name)"
    )
    elsewhere = subprocess.run([sys.executable, "-c", as_if], cwd=package, check=True, capture_output=True, text=True)
    assert elsewhere.stdout.strip() not in {path.name for path in (package / "kept").iterdir()}


def test_where_nothing_can_be_kept_a_kernel_runs_all_the_same(package):
    (package / "kept").touch()
    assert run(package) == (2, True)
    assert run(package) == (2, True)


def test_processes_that_compile_at_the_same_time_do_no_harm(package):
    with ThreadPoolExecutor(3) as pool:
        assert {result for result, _ in pool.map(lambda _: run(package), range(3))} == {2}
    assert run(package) == (2, False)
    assert len(kept_files(package)) == 1, "nothing half written is left behind"


def test_what_others_compile_can_be_read_by_all(package):
    run(package)
    (file,) = kept_files(package)
    assert file.stat().st_mode & 0o777 == 0o644
