"""The order panel: four steps that can be gone through by keyboard, and come back to with every choice kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import DESKTOP, PHONE
from tests.end_to_end.steps import (
    STEPS,
    choose_way,
    confirm,
    draw_rectangle,
    expect_step,
    go_on,
    open_panel,
    paste_area,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_prepare_download_can_be_pressed_once_there_are_period_and_area(service, open_page):
    """A1-024, A1-025."""
    page = open_page()
    page.goto("/hub/")
    button = page.get_by_role("button", name="Prepare download")
    expect(button).to_be_disabled()
    expect(page.get_by_text("Choose a period and an area first.")).to_be_visible()
    draw_rectangle(page)
    expect(button).to_be_enabled()
    expect(page.get_by_text("Choose a period and an area first.")).not_to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(button).to_be_disabled()
    expect(page.get_by_role("heading", name="Area of interest", exact=True)).to_be_visible()


def test_the_steps_come_in_order_and_back_keeps_every_choice(service, open_page):
    """A1-030, A1-031, A1-039."""
    page = open_page("alice")
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    page.locator('input[name="format"][value="netcdf"]').check()
    page.get_by_text("20 m", exact=True).click()
    page.get_by_role("button", name="Next").click()
    expect_step(page, "Band selection")
    page.get_by_role("button", name="False colour", exact=True).click()
    page.get_by_role("button", name="Next").click()
    expect_step(page, "Order")
    page.get_by_label("Name of the order").fill("Kept choices")
    page.get_by_label("Name of the order").press("Enter")
    expect_step(page, "Confirm order")
    for chosen in ("Kept choices", "June 2024", "NetCDF", "20 m", "UTM", "B08 Near infrared", "S2GM"):
        expect(page.locator("#review")).to_contain_text(chosen)
    expect(page.locator("#review")).not_to_contain_text("B02")
    for step in reversed(STEPS[:3]):
        page.get_by_role("button", name="Back").click()
        expect_step(page, step)
    expect(page.locator('input[name="format"][value="netcdf"]')).to_be_checked()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#order-panel")).not_to_be_visible()
    expect(page.get_by_role("button", name="Prepare download")).to_be_focused()
    open_panel(page)
    go_on(page, to="Order")
    expect(page.get_by_label("Name of the order")).to_have_value("Kept choices")


def test_each_step_can_be_cancelled_by_escape(service, open_page):
    page = open_page()
    page.goto("/hub/")
    paste_area(page, service.area())
    for step in STEPS:
        open_panel(page)
        page.get_by_label("Name of the order").evaluate("field => { field.value = 'Escaped'; }")
        go_on(page, to=step)
        page.keyboard.press("Escape")
        expect(page.locator("#order-panel")).not_to_be_visible()


def test_the_list_of_steps_leads_back_but_not_past_what_is_missing(service, open_page):
    page = open_page()
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    steps = page.locator(".panel-steps")
    expect(steps.get_by_role("button", name="Confirm order")).to_be_disabled()
    go_on(page, to="Order")
    assert steps.locator("[aria-current=step]").inner_text().startswith("3")
    steps.get_by_role("button", name="Data format").click()
    expect_step(page, "Data format")
    steps.locator("[data-go=order]").click()
    expect_step(page, "Order")


def test_an_order_by_keyboard_alone_without_the_map(service, open_page):
    page = open_page("alice")
    page.goto("/hub/")
    tab_to(page, "input[name=kind]:checked")
    page.keyboard.press("ArrowRight")  # from the month to the ten days
    expect(page.locator("#period-title")).to_have_text("1-10 June 2024")
    tab_to(page, "[data-day='2024-06-01']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#period-title")).to_have_text("11-20 June 2024")
    tab_to(page, "input[name=way]:checked")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    tab_to(page, "#id_area")
    page.keyboard.insert_text(service.area())
    expect(page.locator("#area-summary")).to_contain_text("Area of interest selected")
    tab_to(page, "#prepare")
    page.keyboard.press("Enter")
    expect_step(page, "Data format")
    tab_to(page, "input[name=resolution]:checked")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tab_to(page, "[data-next]")
    page.keyboard.press("Enter")
    expect_step(page, "Band selection")
    tab_to(page, "[data-next]")
    page.keyboard.press("Space")
    tab_to(page, "#id_name")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#review")).to_contain_text("60 m")
    tab_to(page, "#generate")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keyboard", level=1)).to_be_visible()
    expect(page.locator(".page-head")).to_contain_text("11-20 June 2024")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {selector}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_step_or_way(service, open_page, scheme, viewport):
    page = open_page("alice", viewport=viewport, color_scheme=scheme)
    page.goto("/hub/")
    for kind in ("Year", "Quarter", "Ten days", "Day"):
        page.locator(".period .tabs").get_by_text(kind, exact=True).click()
        check(page)
    page.locator(".period .tabs").get_by_text("Month", exact=True).click()
    for way in ("File upload", "Country", "Continent"):
        choose_way(page, way)
        check(page)
    paste_area(page, service.area())
    open_panel(page)
    page.get_by_text("Save and manage presets").click()
    for step in STEPS:
        expect_step(page, step)
        if step == "Band selection":
            page.get_by_text("Advanced settings").click()
        if step == "Order":
            page.get_by_label("Name of the order").fill("Looked at")
        if step == "Confirm order":
            expect(page.locator("#review")).to_contain_text("Looked at")
        check(page)
        if step != STEPS[-1]:
            page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="As code").click()
    expect(page.locator("#snippet-json")).to_be_visible()
    check(page)


def check(page: Page) -> None:
    check_fits(page)
    check_accessible(page)


def test_presets_are_saved_applied_renamed_and_deleted(service, open_page):
    """C17."""
    page = open_page("alice")
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    page.get_by_text("20 m", exact=True).click()
    go_on(page, to="Band selection")
    page.get_by_role("button", name="False colour", exact=True).click()
    page.get_by_role("button", name="Back").click()
    page.get_by_text("Save and manage presets").click()
    page.get_by_label("Name of the new preset").fill("Vegetation")
    page.get_by_role("button", name="Save these choices").click()
    expect(page.get_by_role("button", name="Vegetation", exact=True)).to_be_visible()
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    page.get_by_role("button", name="Vegetation", exact=True).click()
    expect(page.locator('input[name="resolution"][value="20"]')).to_be_checked()
    go_on(page, to="Band selection")
    ticked = page.locator('input[name="bands"]:checked').evaluate_all("boxes => boxes.map((box) => box.value)")
    assert ticked == ["B03", "B04", "B08"]
    page.get_by_role("button", name="Back").click()
    page.get_by_text("Save and manage presets").click()
    page.get_by_label("New name of Vegetation").fill("Fields")
    page.get_by_role("button", name="Rename Vegetation").click()
    expect(page.get_by_role("button", name="Fields", exact=True)).to_be_visible()
    page.get_by_text("Save and manage presets").click()
    page.get_by_role("button", name="Delete Fields").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    confirm(page, "After the presets")
    expect(page.get_by_role("heading", name="After the presets", level=1)).to_be_visible()
