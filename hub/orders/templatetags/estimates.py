"""What the estimate shows beside its numbers: times in words, and the changes by which a large order fits."""

from __future__ import annotations

import json
import logging

from django import template
from django.forms import Form
from django.utils.translation import gettext as _

from hub.orders.alternatives import Change, changes_that_fit
from hub.orders.estimates import Estimate
from hub.wording import titles
from processing.errors import ProcessingError

logger = logging.getLogger(__name__)
register = template.Library()


@register.filter
def duration(seconds: float) -> str:
    """A time in the unit that suits it: ``40 s``, ``3 min``, ``2.5 h``."""
    if seconds < 90:
        return _("%(number)s s") % {"number": titles.number(max(1, round(seconds)))}
    if seconds < 90 * 60:
        return _("%(number)s min") % {"number": titles.number(round(seconds / 60))}
    return _("%(number)s h") % {"number": titles.number(seconds / 3600, 1)}


@register.filter
def duration_between(low: float, high: float) -> str:
    """Two times, the unit said once where it is the same: ``2 to 5 min``."""
    first, last = duration(low), duration(high)
    if first == last:
        return last
    (number, unit), (_number, last_unit) = first.rsplit(" ", 1), last.rsplit(" ", 1)
    return _("%(low)s to %(high)s") % {"low": number if unit == last_unit else first, "high": last}


@register.filter
def in_credits(number: float) -> str:
    """Credits as they are counted, in tenths."""
    return titles.number(number, 1)


@register.simple_tag
def fitting_changes(form: Form, estimate: Estimate | None) -> list[Change]:
    """By what the order of ``form`` would fit, if it is beyond a limit or would be held; else nothing."""
    spec = getattr(form, "spec", None)
    beyond_a_limit = estimate is None and spec is not None and "area" in form.errors
    if not beyond_a_limit and not (estimate and estimate.held):
        return []
    try:
        return changes_that_fit(spec)
    except ProcessingError as error:
        logger.warning("No changes were found for an order that is too large: %s", error)
        return []


@register.filter
def as_fields(change: Change) -> str:
    """The form's fields that a change sets, as JSON: names and lists of values."""
    return json.dumps(change.fields)
