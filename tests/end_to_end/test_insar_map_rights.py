"""What the map of ground motion shows to whom: nothing to strangers, cells to some, nothing once access has ended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hub.insar.models import AuditEntry, Grant, Right
from tests.end_to_end.conftest import Service
from tests.end_to_end.motion_map import MAP, SHOWN, bowl_and_still, settled, shown
from tests.end_to_end.motion_pages import FIRST, ORTHO, SECOND, Motion

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def service(motion_service: Motion) -> Service:
    """What ``open_page`` opens."""
    return motion_service.service


# --- Rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["charlie", ""])
def test_a_stranger_sees_a_map_without_anything_on_it(
    motion: Motion, open_page: Callable[..., Page], name: str
) -> None:
    page = open_page(name)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    shown(page)
    expect(page.locator(".insar-nothing")).to_contain_text("there is none for you at the moment")
    expect(page.locator(".not-risk")).to_be_in_viewport()
    expect(page.locator("#insar-legend")).to_be_hidden()
    assert asked == []
    assert json.loads(page.locator("#insar-config").text_content())["releases"] == []
    assert page.request.get(f"/api/v1/insar/releases/{FIRST}/ascending/tiles/14/8143/5974.mvt").status == 404
    assert page.get_by_role("link", name="Sign in").count() == (0 if name else 2)


def test_who_only_knows_of_a_release_sees_its_outline_and_where_to_ask(
    motion: Motion, open_page: Callable[..., Page]
) -> None:
    motion.give("dora", Right.EXISTS, FIRST)
    page = open_page("dora")
    tiles: list[str] = []
    page.on("request", lambda request: tiles.append(request.url) if ".mvt" in request.url else None)
    shown(page)
    notice = page.locator("#insar-standing")
    expect(notice).to_contain_text("To see what was measured, ask for access")
    assert notice.get_by_role("link").get_attribute("href") == f"/ground-motion/{FIRST}/ask/"
    expect(page.locator("#insar-legend")).to_be_hidden()
    expect(page.locator("#motion-panel")).to_be_hidden()
    outlines = f"async () => {MAP}.querySourceFeatures('blocks').length"
    assert page.evaluate(outlines) > 0
    assert tiles == [] and SECOND not in page.content()


def test_data_goes_from_the_map_when_access_has_ended(motion: Motion, open_page: Callable[..., Page]) -> None:
    *_, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at)
    assert page.evaluate(SHOWN) > 0
    Grant.objects.update(revoked_at=timezone.now())
    page.locator("#insar-map canvas").focus()
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    expect(page.locator("#insar-trouble")).to_contain_text("access has ended")
    settled(page)
    assert page.evaluate(SHOWN) == 0


def test_opening_the_map_is_written_down(motion: Motion, open_page: Callable[..., Page]) -> None:
    page = open_page("alice")
    shown(page)
    entries = AuditEntry.objects.filter(user_name="alice")
    assert set(entries.filter(action="release").values_list("release_key", flat=True)) == {FIRST, SECOND, ORTHO}
    assert entries.filter(action="tile", release_key=FIRST).exists()


def test_a_click_on_a_cell_shows_its_numbers_to_who_may_see_cells(
    motion: Motion, open_page: Callable[..., Page]
) -> None:
    *_, at = bowl_and_still()
    page = open_page("oscar")
    shown(page, at=at)
    expect(page.locator(".not-risk")).to_contain_text("Velocity is not risk")
    expect(page.locator("#insar-standing")).to_contain_text("You see cells of 400 m with at least 5 points")
    assert page.evaluate(f"async () => {MAP}.queryRenderedFeatures({{ layers: ['points'] }}).length") == 0
    box = page.locator("#insar-map").bounding_box()
    page.locator("#insar-map canvas").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    card = page.locator("#insar-cell")
    expect(card).to_contain_text("400 m")
    assert re.search(r"−\d", card.locator("[data-field=median]").inner_text())
    ask = card.get_by_role("link", name="Ask for access to the points")
    assert ask.get_attribute("href") == f"/ground-motion/{FIRST}/ask/"
