"""The layers, the names and the sizes that the design asks for."""

import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("portal", "hub", "processing", "running")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "core", "misc", "manager", "managers"}
PLUGIN_FOLDERS = {"sources", "masks", "methods", "formats"}
MOST_LINES = 400
WRITTEN_BY_A_COMMAND = "do not edit it"


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_layer_imports_one_above_it():
    lint_imports = Path(sysconfig.get_path("scripts"), "lint-imports")
    checked = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_modules_are_found():
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)


def test_a_module_is_named_for_what_it_holds():
    badly_named = [
        relative(path)
        for path in MODULES
        if {*path.relative_to(ROOT).parent.parts, path.stem} & NAMES_THAT_SAY_NOTHING
        or (path.stem == "base" and path.parent.name not in PLUGIN_FOLDERS)
    ]
    assert badly_named == []


def test_a_module_can_be_read_in_one_sitting():
    lines = {path: path.read_text().splitlines() for path in MODULES}
    by_hand = {path: text for path, text in lines.items() if not text or WRITTEN_BY_A_COMMAND not in text[0]}
    assert [relative(path) for path, text in by_hand.items() if len(text) > MOST_LINES] == []
