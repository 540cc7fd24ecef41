"""The environment that the site's processes get: what the user set, and defaults for this machine."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import environ

from running.errors import CannotRun

ROOT = Path(__file__).resolve().parent.parent


def user_environment() -> dict[str, str]:
    """What the user set: the process's environment on top of the file .env, as the settings read them."""
    environ.Env.read_env(ROOT / ".env")
    return dict(os.environ)


def var_folder(environment: Mapping[str, str]) -> Path:
    """The folder for all that is made while running: VAR, or ``var`` in the clone."""
    return Path(environment.get("VAR") or ROOT / "var").absolute()


def site_port(environment: Mapping[str, str]) -> int:
    """The port that the site shall listen on: PORT, or 8000."""
    text = environment.get("PORT") or "8000"
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise CannotRun(f"PORT={text} is not a port: give a number from 1 to 65535, such as PORT=8001.")
    return int(text)


def site_environment(environment: Mapping[str, str], *, var: Path, port: int) -> dict[str, str]:
    """``environment`` completed with a default for all that the site needs besides its servers."""
    defaults = {
        "VAR": str(var),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": environment.get("SECRET_KEY") or local_secret_key(var / "secret-key"),
        "NUMBA_CACHE_DIR": str(var / "numba"),
    }
    always = {
        "PATH": f"{Path(sys.executable).parent}:{environment.get('PATH', os.defpath)}",
        "HOME": home(environment, substitute=var / "home"),
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | {name: value for name, value in environment.items() if value} | always


def local_secret_key(file: Path) -> str:
    """The key in ``file``, made on the first call and readable for its owner alone."""
    if not file.exists():
        unfinished = file.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(64))
        unfinished.rename(file)
    return file.read_text()


def home(environment: Mapping[str, str], *, substitute: Path) -> str:
    """HOME, or ``substitute`` where there is no such folder, as in some containers."""
    given = environment.get("HOME") or str(Path("~").expanduser())
    if os.access(given, os.W_OK):
        return given
    substitute.mkdir(parents=True, exist_ok=True)
    return str(substitute)
