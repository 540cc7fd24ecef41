"""The engine's sentences in the language of the page.

The engine writes English with its values filled in, and rows keep what it wrote. So a sentence is recognised: it is
held against every text that the engine has, the values are taken out, and put into the translation.
"""

from __future__ import annotations

import re
import string
from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from hub.orders.period_titles import period_title
from hub.wording.engine import SENTENCES, TITLES
from hub.wording.titles import number
from processing.periods import CompositingPeriod, PeriodKind

# What the hub itself writes into rows, in English as the engine does.
OURS = (
    _("The archive of scenes does not answer at the moment; try again in a few minutes."),
    _("The archive's scenes for this order cannot be read; write to the service desk if it stays so."),
    _("Something unexpected went wrong in the service; write to the service desk if it stays so."),
    _("The worker that was making this product stopped without a word."),
    _("The disk of the service is full; order again later, or write to the service desk."),
    _("Making this product took more memory than a worker has."),
    _("{0} of {1} products failed: {2}"),
    _("{0}, line {1}: {2}"),
    _("The worker that was computing this series stopped without a word."),
    _(
        "The series was not finished within {0} seconds of computing; "
        "ask for fewer days, longer periods or a smaller area."
    ),
)
WORDS = frozenset(
    (_("day"), _("dekad"), _("month"), _("quarter"), _("year"), _("band"), _("layer"), _("method"), _("mask"),
     _("format"), _("other"))
)  # fmt: skip
DEEPEST = 4
LONGEST = 2000

GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
DECIMAL = re.compile(r"-?\d+\.(\d+)")


def told(sentence: str) -> str:
    """``sentence`` of the engine's in the active language; as it is where no translation is known."""
    language = get_language()
    if not sentence or len(sentence) > LONGEST or language is None or language == settings.LANGUAGE_CODE:
        return sentence
    return _told(sentence, DEEPEST)


def _told(sentence: str, depth: int) -> str:
    for pattern, template in _patterns():
        if found := pattern.fullmatch(sentence):
            values = [_value(value, depth) for value in found.groups()]
            return gettext(template).format(*values)
    # Of a file, a scene or a layer: its name stands in front.
    subject, colon, rest = sentence.partition(": ")
    finding = _told(rest, depth - 1) if colon and depth else rest
    return (
        sentence if finding == rest else gettext("%(subject)s: %(finding)s") % {"subject": subject, "finding": finding}
    )


def _value(text: str, depth: int) -> str:
    """What stands in a sentence: a number, a period, a word, or another sentence."""
    if text in WORDS or text in TITLES:
        return gettext(text)
    if GROUPED.fullmatch(text):
        return number(int(text.replace(",", "")))
    if found := DECIMAL.fullmatch(text):
        return number(float(text), len(found[1]))
    if (period := _period(text)) is not None:
        return period_title(period)
    return _told(text, depth - 1) if depth and " " in text.strip() else text


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Every text that can be recognised, those with most letters of their own first."""
    texts = sorted({*SENTENCES, *OURS}, key=lambda text: -len(re.sub(r"\{\d+\}", "", text)))
    return [(re.compile(_expression(text), re.S), text) for text in texts]


def _expression(template: str) -> str:
    parts = string.Formatter().parse(template)
    return "".join(re.escape(own) + ("(.*?)" if name is not None else "") for own, name, _layout, _kind in parts)


# Of the titles of processing.periods, those with a month or a quarter.
PERIODS: dict[str, PeriodKind] = {"%d %B %Y": "day", "%B %Y": "month"}
DEKAD = re.compile(r"(\d{1,2})-\d{1,2} (\w+ \d{4})")
QUARTER = re.compile(r"Q([1-4]) (\d{4})")


def _period(text: str) -> CompositingPeriod | None:
    """The period that ``text`` is the English title of."""
    if found := QUARTER.fullmatch(text):
        return CompositingPeriod(kind="quarter", start=date(int(found[2]), 3 * int(found[1]) - 2, 1))
    if found := DEKAD.fullmatch(text):
        return _dated("dekad", f"{found[1]} {found[2]}", "%d %B %Y")
    return next((period for layout, kind in PERIODS.items() if (period := _dated(kind, text, layout))), None)


def _dated(kind: PeriodKind, text: str, layout: str) -> CompositingPeriod | None:
    try:
        day = datetime.strptime(text, layout).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None
    return CompositingPeriod.containing(kind, day)
