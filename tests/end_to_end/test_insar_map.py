"""The map of ground motion in a browser: colours where the motion is, switches, filters, links, fallbacks."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import PHONE, Service
from tests.end_to_end.motion_map import (
    MAP,
    bowl_and_still,
    click_on,
    colours_at,
    lonely,
    picture,
    resolved,
    settled,
    shown,
    spots,
)
from tests.end_to_end.motion_pages import FIRST, ORTHO, SECOND, Motion, points_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]


@pytest.fixture
def service(motion_service: Motion) -> Service:
    """What ``open_page`` opens."""
    return motion_service.service


# --- What the map shows ---------------------------------------------------------------------------


def test_the_bowl_is_red_and_stable_land_is_grey_green(motion: Motion, open_page: Callable[..., Page]) -> None:
    bowl, still, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at, opacity=100, size=2)
    red = colours_at(page, bowl)
    assert len(red) > 20
    # Neighbours may lie over one another, so most and not all.
    assert np.mean((red[:, 0] > red[:, 1] + 25) & (red[:, 0] > red[:, 2] + 25)) > 0.9
    calm = colours_at(page, still)
    assert np.mean(np.abs(calm - resolved(page, "--insar-still")).max(axis=1) <= 6) > 0.8
    expect(page.locator("#insar-legend")).to_contain_text("within ±2 mm/yr: within precision")
    expect(page.locator("#insar-legend")).to_contain_text("away from the satellite")


def test_cells_have_the_colours_of_their_points(motion: Motion, open_page: Callable[..., Page]) -> None:
    bowl, still, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at[:-2] + "11.5", opacity=100)
    fast = [point for point in bowl if point["velocity"] < -10]
    red = colours_at(page, fast)
    assert np.mean((red[:, 0] > red[:, 1] + 15) & (red[:, 0] > red[:, 2] + 15)) > 0.8
    assert np.mean(np.abs(np.diff(colours_at(page, still)[:, :2], axis=1)) < 40) > 0.8


def test_another_direction_is_another_picture_of_the_same_place(motion: Motion, open_page: Callable[..., Page]) -> None:
    *_, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at)
    before = picture(page)
    page.get_by_role("group", name="Direction").get_by_text("Descending").click()
    settled(page)
    assert np.mean(np.abs(picture(page) - before).max(axis=-1) > 30) > 0.002
    assert "direction=descending" in page.url and f"at={float(at.split(',')[0]):g}" in page.url
    page.get_by_role("group", name="Level").get_by_text("L3").click()
    settled(page)
    expect(page.locator("#insar-legend-title")).to_have_text("East-west velocity, mm/yr")
    assert ORTHO in page.url
    expect(page.get_by_role("radio", name="L2a")).to_be_disabled()
    page.get_by_role("group", name="Level").get_by_text("L2b").click()
    page.get_by_role("group", name="Release").get_by_text("2019–2023").click()
    assert SECOND in page.url


def test_colours_follow_the_scale_and_the_range(motion: Motion, open_page: Callable[..., Page]) -> None:
    bowl, _, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at, opacity=100, size=2, range=50)
    wide = colours_at(page, bowl).mean(axis=0)
    page.locator("#insar-range").select_option("5")
    settled(page)
    assert colours_at(page, bowl).mean(axis=0).sum() < wide.sum() - 60  # nearer to the dark end
    expect(page.locator("#insar-legend-ticks")).to_contain_text("+2.5")
    page.locator("#insar-scale").select_option("rainbow")
    expect(page.locator("#insar-rainbow-warning")).to_be_visible()
    page.locator("#insar-range").select_option("2")
    expect(page.locator("#insar-legend")).to_contain_text("The whole of this scale lies within precision")


# --- Filters, dates, reference --------------------------------------------------------------------


def test_filters_hide_points_and_say_how_many(motion: Motion, open_page: Callable[..., Page]) -> None:
    bowl, still, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at, opacity=100, size=2)
    page.locator("#insar-filter-part > summary").click()
    page.locator("#insar-velocity-high").fill("-2.5")
    page.keyboard.press("Tab")
    settled(page)
    land = resolved(page, "--map-land")
    assert np.mean(np.abs(colours_at(page, still) - land).max(axis=1) <= 12) > 0.8
    assert np.mean(np.abs(colours_at(page, bowl) - land).max(axis=1) <= 12) < 0.1
    bounds = page.evaluate(f"async () => {{ const b = {MAP}.getBounds(); return b.toArray().flat(); }}")
    west, south, east, north = bounds
    in_view = [p for p in points_of(FIRST, "ascending") if west <= p["lon"] <= east and south <= p["lat"] <= north]
    hidden = sum(point["velocity"] > -2.5 for point in in_view)
    told = page.locator("#insar-hidden")
    expect(told).to_contain_text("hidden by the filters")
    counts = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", told.inner_text())]
    # Tiles keep places to some decimetres, so a point at the very edge may fall on either side.
    assert counts == pytest.approx([hidden, len(in_view)], abs=2)
    page.locator("#insar-velocity-low").fill("3")
    page.keyboard.press("Tab")
    expect(page.locator("#insar-velocity-problem")).to_be_visible()
    page.get_by_role("button", name="Remove the filters").click()
    expect(told).to_have_text("")


def test_velocities_of_other_dates_and_of_an_own_reference(motion: Motion, open_page: Callable[..., Page]) -> None:
    bowl, still, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at, opacity=100, size=2, range=10)
    reference = lonely([point for *_, point in spots(page, bowl)])
    page.locator("#insar-dates-part > summary").click()
    page.locator("#insar-window-first").fill("2019-01-01")
    page.locator("#insar-window-last").fill("2021-01-01")
    page.get_by_role("button", name="Recompute").click()
    expect(page.locator("#insar-window-state")).to_contain_text("recomputed")
    expect(page.locator("#insar-legend-notes")).to_contain_text("Recomputed from 1 Jan 2019 to 1 Jan 2021")
    assert "window=2019-01-01,2021-01-01" in page.url
    page.get_by_role("button", name="Choose a reference point").click()
    click_on(page, reference)
    expect(page.locator("#insar-legend-notes")).to_contain_text("Relative to your reference point")
    expect(page.locator(".insar-reference-mark")).to_be_visible()
    expect(page.locator("#insar-window-state")).to_contain_text("recomputed")
    settled(page)
    assert f"reference={reference['id']}" in page.url
    # Seen from the bowl, stable land rises: it is blue now.
    calm = colours_at(page, still)
    assert np.mean(calm[:, 2] > calm[:, 0] + 15) > 0.7
    page.get_by_role("button", name="Remove it").click()
    page.get_by_role("button", name="All dates").click()
    settled(page)
    assert np.mean(np.abs(colours_at(page, still) - resolved(page, "--insar-still")).max(axis=1) <= 6) > 0.8


# --- Picking --------------------------------------------------------------------------------------


def test_points_are_picked_by_mouse_by_keyboard_and_from_the_table(
    motion: Motion, open_page: Callable[..., Page]
) -> None:
    bowl, _, at = bowl_and_still()
    page = open_page("alice")
    shown(page, at=at)
    in_view = [point for *_, point in spots(page, bowl)]
    one = lonely(in_view)
    click_on(page, one)
    expect(page).to_have_url(re.compile(rf"points={one['id']}"))
    page.locator("#insar-add").check()
    other = lonely([point for point in in_view if point is not one])
    click_on(page, other)
    expect(page).to_have_url(re.compile(rf"points={one['id']},{other['id']}"))
    click_on(page, one)
    expect(page).to_have_url(re.compile(rf"points={other['id']}(?!,)"))
    shown(page, at=f"{one['lat']},{one['lon']},16")
    page.locator("#insar-map canvas").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"points={one['id']}"))
    page.locator("#insar-table-part > summary").click()
    first = page.locator("#insar-table-body tr").first
    expect(first).to_be_visible()
    first.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"points=\d+"))


# --- Links ----------------------------------------------------------------------------------------


def test_a_link_opens_the_same_view_and_back_goes_back(motion: Motion, open_page: Callable[..., Page]) -> None:
    page = open_page("alice")
    query = {"scale": "roma", "range": 10, "opacity": 60, "coherence": 0.7, "significant": 1, "over": "blocks"}
    shown(page, SECOND, "descending", at="43.72,-1.04,13.5", **query)
    for name, value in {"scale": "roma", "range": "10", "opacity": "60", "coherence": "0.7"}.items():
        expect(page.locator(f"#insar-{name}")).to_have_value(value)
    expect(page.locator("#insar-significant")).to_be_checked()
    expect(page.locator("input[value=blocks]")).to_be_checked()
    expect(page.get_by_role("radio", name="Descending")).to_be_checked()
    assert "at=43.72,-1.04,13.5" in page.url
    address = page.url
    page.get_by_role("group", name="Direction").get_by_text("Ascending").click()
    expect(page).to_have_url(re.compile("direction=ascending"))
    page.locator("#insar-range").select_option("50")
    expect(page).to_have_url(re.compile("range=50"))
    page.go_back()
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_role("radio", name="Descending")).to_be_checked()
    expect(page.locator("#insar-range")).to_have_value("10")
    page.go_forward()
    expect(page.get_by_role("radio", name="Ascending")).to_be_checked()


@pytest.mark.parametrize(
    "query",
    [
        "release=no-such&direction=<script>&at=1,2",
        f"release={FIRST}&direction=east&at=NaN,1e9,99&scale=javascript:&range=7&opacity=-5&size=1e99",
        f"release={FIRST}&coherence=2&velocity=5,1&window=2021-99-01,x&reference=-1&points=1.5,abc,99999999999999999999",
        f"release={FIRST}&shape=p~1,2;x,y;400,5&over=../../etc,%00&tool=rm&since=2020-02-31",
    ],
)
def test_nonsense_in_a_link_is_left_at_its_default(motion: Motion, open_page: Callable[..., Page], query: str) -> None:
    page = open_page("alice")
    page.goto(f"/ground-motion/map/?{query}")
    expect(page.locator("#insar-map")).to_have_attribute("data-ready", "yes")
    settled(page)
    expect(page.locator("#insar-scale")).to_have_value("vik")
    expect(page.get_by_role("radio", name="Ascending")).to_be_checked()
    expect(page.locator("#insar-legend")).to_be_visible()
    is_elsewhere = "no-such" in query
    expect(page.locator("#insar-trouble")).to_have_text(re.compile("another one is shown") if is_elsewhere else "")


# --- For everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "scheme"), [("alice", "light"), ("oscar", "dark")])
def test_axe_finds_nothing(motion: Motion, open_page: Callable[..., Page], name: str, scheme: str) -> None:
    page = open_page(name, color_scheme=scheme)
    shown(page)
    for part in page.locator(".insar-panel details").all():
        if part.is_visible():
            part.evaluate("(part) => { part.open = true; }")
    settled(page)
    check_accessible(page)


def test_a_narrow_screen_has_the_map_above_and_scrolls_one_way(motion: Motion, open_page: Callable[..., Page]) -> None:
    page = open_page("alice", viewport=PHONE)
    shown(page)
    check_fits(page)
    map_box, panel_box = page.locator("#insar-map").bounding_box(), page.locator(".insar-panel").bounding_box()
    assert map_box["y"] + map_box["height"] <= panel_box["y"] + 1
    check_accessible(page)


def test_a_browser_without_webgl_is_told_where_to_go(motion: Motion, open_page: Callable[..., Page]) -> None:
    page = open_page("alice")
    page.add_init_script(
        """const own = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
          return /webgl/.test(kind) ? null : own.call(this, kind, ...more); };"""
    )
    page.goto("/ground-motion/map/")
    expect(page.locator("#insar-no-map")).to_contain_text("This browser cannot draw the map")
    assert page.get_by_role("link", name="To the releases").get_attribute("href") == "/ground-motion/"


def test_without_scripts_the_releases_are_listed(motion: Motion, open_page: Callable[..., Page]) -> None:
    page = open_page("oscar", java_script_enabled=False)
    page.goto("/ground-motion/map/")
    links = page.locator(".insar-plain a")
    assert {link.get_attribute("href") for link in links.all()} == {
        f"/ground-motion/{key}/" for key in (FIRST, SECOND, ORTHO)
    }
    expect(page.locator(".not-risk")).to_be_visible()
