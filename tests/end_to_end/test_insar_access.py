"""Access from asking to revocation, as people go through it in a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone
from playwright.sync_api import Page, expect

from hub.insar.models import Grant, Layer, Release, Right, Territory, Undertaking
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.end_to_end.motion_pages import FIRST, Motion, open_map

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TILES = f"/api/v1/insar/releases/{FIRST}/ascending/tiles/"
PURPOSE = "We look after the dykes along the river and want to know whether they settle."


@pytest.fixture
def service(motion_service: Motion) -> Service:
    """What ``open_page`` opens."""
    return motion_service.service


@pytest.fixture
def land(motion_service: Motion, db: None) -> Territory:
    """The territory around the data, which wim manages; everybody may know of the release and nobody sees it."""
    motion_service.restore()
    undertaking = Undertaking.objects.create(
        title="Confidentiality", version=1, text_en="I pass nothing on.\n\nI publish nothing.", text_fr="Je me tais."
    )
    Release.objects.filter(key=FIRST).update(undertaking=undertaking)
    Grant.objects.create(release=Release.objects.get(key=FIRST), right=Right.EXISTS, everybody=True)
    extent = Layer.objects.get(release__key=FIRST, direction="ascending").extent
    west, south, east, north = extent.extent
    area = MultiPolygon(Polygon.from_bbox((west - 5e3, south - 5e3, east + 5e3, north + 5e3)), srid=3857)
    land = Territory.objects.create(name="Landes", authority="Survey of Landes", area=area)
    land.managers.add(get_user_model().objects.create_user("wim", "wim@example.org", "-"))
    return land


def look(page: Page) -> None:
    check_fits(page)
    check_accessible(page)


def ask(page: Page) -> None:
    page.goto("/ground-motion/")
    page.get_by_role("link", name="Ask for access").click()
    page.get_by_label("Landes (Survey of Landes)").check()
    page.get_by_label("Purpose").fill(PURPOSE)
    page.get_by_label("I have read this undertaking and accept it").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Survey of Landes")


def middle_tile(page: Page) -> Any:
    """What the API answers for the tile in the middle of the data: status and number of bytes."""
    extent = Layer.objects.get(release__key=FIRST, direction="ascending").extent
    x, y = extent.centroid.coords
    across = 2 * 20037508.342789244 / 2**12
    column, row = int((x + 20037508.342789244) / across), int((20037508.342789244 - y) / across)
    answer = page.request.get(f"{TILES}12/{column}/{row}.mvt")
    return answer.status, len(answer.body()) if answer.status == 200 else 0


def test_access_is_asked_for_granted_used_and_revoked(land: Territory, open_page: Any) -> None:
    alice, wim = open_page("alice"), open_page("wim")
    assert middle_tile(alice)[1] == 0
    ask(alice)

    wim.goto("/ground-motion/desk/")
    wim.get_by_role("link", name="alice").click()
    expect(wim.get_by_text(PURPOSE)).to_be_visible()
    expect(wim.locator("path.of-territory")).to_be_attached()
    wim.get_by_label("Answer to the person").fill("For the dykes only.")
    wim.get_by_role("button", name="Grant", exact=True).click()
    expect(wim.get_by_role("status")).to_contain_text("granted")

    alice.goto("/ground-motion/requests/")
    expect(alice.get_by_text("For the dykes only.")).to_be_visible()
    status, size = middle_tile(alice)
    assert status == 200 and size > 100
    with alice.expect_response(lambda answer: TILES in answer.url and answer.status == 200):
        open_map(alice)

    wim.goto("/ground-motion/desk/")
    wim.get_by_role("link", name="Revoke").first.click()
    wim.get_by_label("Reason").fill("The contract has ended.")
    wim.get_by_role("button", name="Revoke").click()
    expect(wim.get_by_role("status")).to_contain_text("no more")
    assert middle_tile(alice)[1] == 0
    alice.goto("/ground-motion/requests/")
    expect(alice.get_by_text("The contract has ended.")).to_be_visible()


def test_an_area_is_drawn_on_the_map_and_kept_as_text(land: Territory, open_page: Any) -> None:
    page = open_page("alice")
    page.goto(f"/ground-motion/{FIRST}/ask/")
    page.locator(".leaflet-draw-draw-rectangle").click()
    box = page.locator("#map").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(middle[0] - 40, middle[1] - 30)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1], steps=3)
    page.mouse.move(middle[0] + 40, middle[1] + 30, steps=3)
    page.mouse.up()
    expect(page.locator("#id_area")).to_have_value(re.compile(r"^POLYGON\(\(-?\d"))
    page.get_by_label("Purpose").fill(PURPOSE)
    page.get_by_label("I have read this undertaking and accept it").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("within an area")).to_be_visible()


def test_asking_works_without_scripts(land: Territory, open_page: Any) -> None:
    page = open_page("alice", java_script_enabled=False)
    ask(page)
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("withdrawn").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(land: Territory, open_page: Any, scheme: str) -> None:
    alice = open_page("alice", viewport=PHONE, color_scheme=scheme)
    ask(alice)
    addresses = ("", f"{FIRST}/", f"{FIRST}/ask/?right=overview", "requests/", f"undertakings/{undertaking()}/")
    for address in addresses:
        alice.goto(f"/ground-motion/{address}")
        look(alice)
    Grant.objects.create(
        release=Release.objects.get(key=FIRST), right=Right.FULL, territory=land,
        user=get_user_model().objects.get(username="alice"), valid_until=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    wim = open_page("wim", viewport=PHONE, color_scheme=scheme)
    wim.goto("/ground-motion/desk/")
    look(wim)
    wim.get_by_role("link", name="alice").first.click()
    look(wim)
    wim.goto("/ground-motion/desk/")
    wim.get_by_role("link", name="Revoke").first.click()
    look(wim)
    wim.goto("/ground-motion/desk/audit/")
    look(wim)


def undertaking() -> int:
    return Undertaking.objects.get().pk
