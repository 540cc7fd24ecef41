"""``manage.py engine_texts``: lists what the engine may say where makemessages finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from hub.wording import extraction

TARGET = Path(extraction.__file__).with_name("engine.py")
HEAD = '''"""What the engine may say, for translators. Written by ``manage.py engine_texts``: do not edit it."""

from django.utils.translation import gettext_noop as _

# fmt: off
# ruff: noqa: E501
'''


class Command(BaseCommand):
    help = "Write hub/wording/engine.py anew, from the engine's source and plug-ins."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        TARGET.write_text(listing())


def listing() -> str:
    """The module's text."""
    return HEAD + _listed("SENTENCES", extraction.sentences()) + _listed("TITLES", extraction.titles()) + "# fmt: on\n"


def _listed(name: str, texts: list[str]) -> str:
    # A "% o" in a sentence is no placeholder.
    lines = (f"    # xgettext:no-python-format\n    _({_quoted(text)}),\n" for text in texts)
    return f"\n{name} = (\n{''.join(lines)})\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
