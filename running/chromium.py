"""Where this machine keeps a Chromium that Playwright can drive: ``python -m running.chromium`` tells."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")


def find_chromium() -> Path | None:
    """The first browser that is a real one; None when there is none outside Playwright's own folder.

    Ubuntu's chromium packages install a script that only asks for the snap, which cannot be driven.
    """
    for name in NAMES:
        path = shutil.which(name)
        if path and not is_snap(Path(path)):
            return Path(path)
    return None


def is_snap(program: Path) -> bool:
    """Whether ``program`` is a snap, or a script that leads to one."""
    if "snap" in program.resolve().parts or program.resolve().name == "snap":
        return True
    with program.open("rb") as content:
        beginning = content.read(4096)
    return beginning.startswith(b"#!") and b"/snap/" in beginning


def playwright_has_chromium() -> bool:
    """Whether Playwright has downloaded a Chromium of its own."""
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path("~/.cache/ms-playwright").expanduser()
    return any(Path(folder).glob("chromium*-*"))


if __name__ == "__main__":
    sys.exit(0 if find_chromium() or playwright_has_chromium() else 1)
