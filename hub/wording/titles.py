"""Titles of what can be chosen, and numbers, as people read them in their language."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# Django's own short months, which are too short in French: "jui" and "jul" could be either.
SHORT_MONTHS = (
    gettext_noop("jan"), gettext_noop("feb"), gettext_noop("mar"), gettext_noop("apr"), gettext_noop("may"),
    gettext_noop("jun"), gettext_noop("jul"), gettext_noop("aug"), gettext_noop("sep"), gettext_noop("oct"),
    gettext_noop("nov"), gettext_noop("dec"),
)  # fmt: skip


def title(text: str) -> str:
    """A title or summary of the engine's: of a method, mask, format, option, layer, band, scene class or stage."""
    return _(text) if text else ""


def number(value: float, decimals: int = 0) -> str:
    """``1,234.5`` with the language's marks."""
    return str(number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True))
