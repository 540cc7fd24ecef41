"""Compositing periods as people read them, in the language of the page."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from processing.periods import CompositingPeriod


def period_title(period: CompositingPeriod) -> str:
    """``18 August 2023``, ``11-20 August 2023``, ``August 2023``, ``Q3 2023``, ``2023``."""
    first = period.first_day
    match period.kind:
        case "day":
            return f"{first.day} {date_format(first, 'F Y')}"
        case "dekad":
            return f"{first.day}-{period.last_day.day} {date_format(first, 'F Y')}"
        case "month":
            return date_format(first, "F Y")
        case "quarter":
            return _("Q%(number)s %(year)s") % {"number": quarter_of(period), "year": first.year}
    return str(first.year)


def short_title(period: CompositingPeriod) -> str:
    """What a button in a year's row says: ``2024``, ``Q3``, ``Aug``, ``11–20 Aug``."""
    first = period.first_day
    match period.kind:
        case "year":
            return str(first.year)
        case "quarter":
            return _("Q%(number)s") % {"number": quarter_of(period)}
        case "month":
            return date_format(first, "M")
    return f"{first.day}–{period.last_day.day} {date_format(first, 'M')}"


def quarter_of(period: CompositingPeriod) -> int:
    return (period.first_day.month + 2) // 3
