"""The reference owes nothing to the engine."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ALLOWED = {"numpy", "pyproj", "rasterio"}
STANDARD = {
    "collections", "dataclasses", "datetime", "json", "math", "pathlib", "re", "typing", "xml",
}  # fmt: skip


def imports_of(path):
    """Modules that a file imports: names of others as they are, its neighbours with a dot before them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def reached_from(module):
    """The module's file and those of its neighbours that it imports, and they in turn."""
    reached, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [found[1:] for found in imports_of(FOLDER / f"{name}.py") if found.startswith(".")]
    return reached


def test_the_reference_imports_nothing_of_the_engine():
    """A1-092."""
    modules = reached_from("mosaic")
    assert {"angles", "medoid", "pairwise", "prefilter", "resampling", "short_term"} <= modules
    others = {name.partition(".")[0] for module in modules for name in imports_of(FOLDER / f"{module}.py")} - {""}
    assert others <= ALLOWED | STANDARD


@pytest.mark.parametrize("line", ["import processing.grid", "from processing import kernels"])
def test_an_import_of_the_engine_would_be_seen(tmp_path, line):
    """What the test above stands on."""
    path = tmp_path / "module.py"
    path.write_text(f"def late():\n    {line}\n")
    assert {name.partition(".")[0] for name in imports_of(path)} == {"processing"}
