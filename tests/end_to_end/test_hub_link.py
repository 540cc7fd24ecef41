"""The page's state in its address: a link opens the form as it was filled; the calendars; the order as code."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.conftest import PASSWORD, signed_in
from tests.end_to_end.steps import (
    choose_way,
    confirm,
    draw_rectangle,
    expect_step,
    go_on,
    open_panel,
    paste_area,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose_kind(page: Page, title: str) -> None:
    page.locator(".period .tabs").get_by_text(title, exact=True).click()


def day(page: Page, number: int):
    return page.locator(f"[data-day='2024-06-{number:02}']:visible")


def test_a_link_opens_the_filled_form(service, open_page):
    page = open_page("alice")
    page.goto("/hub/")
    choose_kind(page, "Ten days")
    day(page, 14).click()
    draw_rectangle(page)
    open_panel(page)
    page.get_by_text("WGS 84", exact=True).click()
    go_on(page, to="Band selection")
    page.get_by_role("button", name="False colour", exact=True).click()
    page.get_by_text("Advanced settings").click()
    page.locator("#layers").get_by_role("button", name="None").click()
    page.locator("#id_option-s2gm-threshold").fill("6")
    go_on(page, to="Order")
    page.get_by_label("Name of the order").fill("By link")
    go_on(page, to="Confirm order")
    expect(page).to_have_url(re.compile("By\\+link"))
    area, address = page.locator("#id_area").input_value(), page.url

    other = open_page("bob")
    other.goto(address)
    expect(other.locator("#period-title")).to_have_text("11-20 June 2024")
    expect(other.locator("#id_area")).to_have_value(area)
    expect(other.locator("path.map-area")).to_have_count(1)
    expect(other.locator("#forecast")).to_contain_text("Share of the area")
    open_panel(other)
    expect(other.locator('input[name="crs"][value="wgs84"]')).to_be_checked()
    ticked = other.locator('input[name="bands"]:checked').evaluate_all("boxes => boxes.map((box) => box.value)")
    assert ticked == ["B03", "B04", "B08"]
    expect(other.locator('input[name="layers"]:checked')).to_have_count(0)
    expect(other.locator("#id_option-s2gm-threshold")).to_have_value("6")
    confirm(other, "By link")
    expect(other.get_by_role("heading", name="By link", level=1)).to_be_visible()


def test_a_country_stands_in_the_link_by_its_code(service, open_page):
    page = open_page()
    page.goto("/hub/")
    choose_way(page, "Country")
    page.get_by_label("Country", exact=True).last.select_option("LU")
    expect(page).to_have_url(re.compile("area_region=LU"))
    assert "POLYGON" not in page.url and len(page.url) < 200
    other = open_page()
    other.goto(page.url)
    expect(other.locator("#area-summary")).to_contain_text("Luxembourg")
    expect(other.get_by_label("Country", exact=True).last).to_have_value("LU")


def test_an_area_too_long_for_a_link_is_left_out_and_that_is_said(service, open_page):
    page = open_page()
    page.goto("/hub/")
    x, y = service.centre
    steps = [f"{x + number / 100_000:.5f} {y + (number % 2) / 1000:.5f}" for number in range(150)]
    paste_area(page, f"POLYGON(({', '.join(steps)}, {x:.5f} {y + 0.01:.5f}, {steps[0]}))")
    expect(page.get_by_text("too long for a link")).to_be_visible()
    assert "POLYGON" not in page.url


def test_the_link_is_copied(service, open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/hub/")
    draw_rectangle(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "area=POLYGON" in page.url


def test_clicking_any_day_chooses_its_ten_days(service, open_page):
    """A1-014: the first and the last day dark, the days between light."""
    page = open_page()
    page.goto("/hub/")
    choose_kind(page, "Ten days")
    day(page, 14).click()
    expect(page.locator("#period-title")).to_have_text("11-20 June 2024")
    dark, light = "rgb(11, 107, 87)", "rgb(223, 240, 234)"
    for number, colour in ((11, dark), (15, light), (20, dark)):
        expect(day(page, number)).to_have_css("background-color", colour)
    for number in range(11, 21):
        expect(day(page, number)).to_have_attribute("aria-selected", "true")
    day(page, 25).click(force=True)  # the archive ends on the 15th
    expect(page.locator("#period-title")).to_have_text("11-20 June 2024")
    expect(day(page, 25)).to_have_attribute("aria-disabled", "true")


def test_a_day_is_chosen_by_keyboard(service, open_page):
    """A1-015."""
    page = open_page()
    page.goto("/hub/")
    choose_kind(page, "Day")
    expect(page.locator("#period-title")).to_have_text("15 June 2024")
    day(page, 15).focus()
    for key in ("ArrowLeft", "Enter"):  # the 14th: no scenes
        page.keyboard.press(key)
    expect(day(page, 14)).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#period-title")).to_have_text("15 June 2024")
    for key in ("ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#period-title")).to_have_text("10 June 2024")
    expect(day(page, 10)).to_be_focused()
    page.keyboard.press("Home")  # the 1st, before the archive begins: its first day
    expect(day(page, 3)).to_be_focused()
    expect(page.get_by_role("button", name="Month before").last).to_be_disabled()


def test_the_order_as_code_is_the_order_of_the_form(service, open_page):
    page = open_page("alice", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/hub/")
    paste_area(page, service.area())
    page.get_by_role("button", name="As code").click()
    expect(page.locator("#snippet-json")).to_be_visible()
    order = json.loads(page.locator("#snippet-json").inner_text())
    assert (order["period"], order["bands"]) == (
        {"kind": "month", "start": "2024-06-01"},
        ["B02", "B03", "B04", "B08"],
    )
    page.locator("[data-copy-code=snippet-curl]").click()
    expect(page.locator("#code").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl http")
    page.keyboard.press("Escape")
    expect(page.locator("#code-dialog")).not_to_be_visible()


def test_a_visitors_choices_come_back_after_signing_in_at_the_last_step(service, open_page):
    page = open_page()
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    go_on(page, to="Order")
    page.get_by_label("Name of the order").fill("Before signing in")
    go_on(page, to="Confirm order")
    page.get_by_role("button", name="Sign in and generate").click()
    page.wait_for_url("**/account/login/**")
    signed_in("emil", service)  # makes the account
    page.locator("#id_login").fill("emil")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect_step(page, "Confirm order")
    expect(page.locator("#review")).to_contain_text("Before signing in")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("heading", name="Before signing in", level=1)).to_be_visible()


def test_changes_that_fit_are_applied_by_one_click(service, open_page):
    page = open_page()
    page.goto("/hub/")
    changes = {"area": [service.area()], "resolution": ["60"], "bands": ["B04"], "layers": []}
    page.locator("#estimate").evaluate(
        """(place, changes) => {
            const link = document.createElement("a");
            link.href = "/hub/";
            link.dataset.changes = changes;
            link.textContent = "Coarser";
            place.append(link);
        }""",
        json.dumps(changes),
    )
    page.get_by_role("link", name="Coarser").click()
    expect(page.locator("#id_area")).to_have_value(service.area())
    expect(page.locator("path.map-area")).to_have_count(1)
    expect(page).to_have_url(re.compile("resolution=60&bands=B04&layers="))
    open_panel(page)
    expect(page.locator('input[name="resolution"][value="60"]')).to_be_checked()
