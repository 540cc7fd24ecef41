"""Reads a .po file, so that the tests need no GNU gettext."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

FRENCH = Path(__file__).parents[2] / "locale" / "fr" / "LC_MESSAGES"
LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")')


@dataclass
class Entry:
    """One text and its translations: one, or one for each plural form."""

    comments: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def originals(self) -> list[str]:
        return [self.texts[key] for key in ("msgid", "msgid_plural") if key in self.texts]

    @property
    def translations(self) -> list[str]:
        return [text for key, text in self.texts.items() if key.startswith("msgstr")]

    @property
    def is_fuzzy(self) -> bool:
        return any(comment.startswith("#,") and "fuzzy" in comment for comment in self.comments)


def read_po(path: Path = FRENCH / "django.po") -> list[Entry]:
    """The entries of the file; the first is its head."""
    entries = []
    for block in path.read_text().split("\n\n"):
        entry, key = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#"):
                entry.comments.append(line)
            elif found := LINE.fullmatch(line):
                key = found[1] or key
                entry.texts[key] = entry.texts.get(key, "") + json.loads(found[2])
        if entry.texts:
            entries.append(entry)
    return entries
