"""Whether people can read and use a page, as far as a program can tell."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_axe = Axe()

# Nothing is being fetched, and nothing fades; what turns for ever is not waited for.
_SETTLED = """() => !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")
    && document.getAnimations().every((animation) =>
        animation.playState !== "running" || animation.effect.getComputedTiming().iterations === Infinity)"""


def check_accessible(page: Page, *, part: str | None = None) -> None:
    """Nothing that axe calls a violation on the page, or on the part of it that a selector names.

    A click on a link returns as soon as the next page has begun to come: half a page has no heading yet. And while
    axe looks, a part may begin to fade because it is fetched anew: a violation must be there twice.
    """
    page.wait_for_load_state("load")
    for _ in range(2):
        page.wait_for_function(_SETTLED)
        found = _axe.run(page, context=part)
        if found.violations_count == 0:
            return
    raise AssertionError(found.generate_report())


def check_fits(page: Page) -> None:
    """No sideways scrolling."""
    page.wait_for_load_state("load")
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], f"{page.url}: too wide"
