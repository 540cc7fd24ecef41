"""Addresses of pixels for whoever reads the page: the owner, or somebody with a shared link."""

from __future__ import annotations

from django import template

from hub.orders.views.readers import Door
from hub.pixels.models import Question

register = template.Library()


@register.simple_tag
def find_address(door: Door) -> str:
    """Where a place of the order is asked about."""
    return door.address("pixels:find")


@register.simple_tag
def question_address(door: Door, question: Question) -> str:
    return door.address("pixels:shown", question.product_id, question.key)


@register.simple_tag
def picture_address(door: Door, question: Question, number: int) -> str:
    # An answer made anew under the same key has other pictures.
    version = f"{question.asked_at.timestamp():.0f}"
    return f"{door.address('pixels:thumbnail', question.product_id, question.key, number)}?v={version}"
