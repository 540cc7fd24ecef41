"""Ordering in a browser: register, draw, type, be refused, download."""

from __future__ import annotations

import re

import numpy as np
import pytest
import rasterio
from playwright.sync_api import expect

from tests.end_to_end.conftest import PASSWORD
from tests.end_to_end.steps import (
    MADE_MS,
    choose_way,
    confirm,
    draw_rectangle,
    expect_step,
    go_on,
    open_panel,
    paste_area,
    status,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_visitor_registers_draws_orders_watches_and_downloads(service, open_page, tmp_path):
    page = open_page()
    page.goto("/account/signup/")
    for field, text in {
        "email": "dora@example.org",
        "username": "dora",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }.items():
        page.locator(f"#id_{field}").fill(text)
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/confirm-email/")
    page.goto(re.search(r"http://\S+/confirm-email/\S+", service.newest_mail())[0])
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state()

    page.goto("/hub/")
    draw_rectangle(page)
    expect(page.locator("#estimate")).to_contain_text("km²")
    open_panel(page)
    page.get_by_text("60 m", exact=True).click()
    confirm(page, "Drawn hills")
    page.wait_for_url(re.compile(r"/account/login/|/orders/\d+/"))
    if "/account/login/" in page.url:  # confirming does not always sign in
        page.locator("#id_login").fill("dora")
        page.locator("#id_password").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        expect_step(page, "Confirm order")
        expect(page.locator("#review")).to_contain_text("Drawn hills")
        page.get_by_role("button", name="Generate").click()
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    assert "Drawn hills" in service.newest_mail()

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"^B04_M60_20240601_.*\.tiff$")).click()
    download.value.save_as(tmp_path / "B04.tiff")
    with rasterio.open(tmp_path / "B04.tiff") as raster:
        assert raster.crs.to_epsg() == 32633 and raster.res == (60, 60)
        pixels = raster.read(1)
    assert (pixels != 65535).mean() > 0.5 and np.unique(pixels).size > 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    assert download.value.suggested_filename.endswith(".zip")


def test_drawn_and_typed_areas_are_one(service, open_page):
    page = open_page()
    page.goto("/hub/")
    text = page.get_by_label("Area as WKT or GeoJSON")
    draw_rectangle(page)
    choose_way(page, "WKT")
    assert re.fullmatch(r"POLYGON\(\((-?[\d.]+ -?[\d.]+(, )?){5}\)\)", text.input_value())
    text.fill(service.area())
    expect(page.locator("path.map-area")).to_have_count(1)
    x, y = service.centre
    text.fill(f"MULTIPOLYGON({service.area()[7:]}, ((0 0, 1 0, 1 1, 0 0)))")
    expect(page.locator("path.map-area")).to_have_count(2)
    text.fill("POLYGON((1 2, 3 4")
    expect(page.locator("path.map-area")).to_have_count(0)
    expect(page.locator("#estimate")).to_contain_text("slip")
    page.get_by_role("button", name="Clear", exact=True).click()
    assert text.input_value() == ""
    expect(page.locator("#estimate")).to_contain_text("Choose an area")


def test_a_drawn_area_can_be_edited_and_deleted(service, open_page):
    page = open_page()
    page.goto("/hub/")
    draw_rectangle(page)
    text = page.get_by_label("Area as WKT or GeoJSON")
    before = text.input_value()
    page.get_by_title("Edit the area").click()
    corner = page.locator(".leaflet-editing-icon").last.bounding_box()
    page.mouse.move(corner["x"] + 4, corner["y"] + 4)
    page.mouse.down()
    page.mouse.move(corner["x"] + 40, corner["y"] + 40, steps=4)
    page.mouse.up()
    page.get_by_title("Save changes").click()
    assert text.input_value() not in ("", before)
    page.get_by_title("Delete parts of the area").click()
    page.get_by_title("Clear all layers").click()
    assert text.input_value() == ""


def test_refusals_stand_at_their_fields(service, open_page):
    page = open_page("alice")
    page.goto("/hub/")
    x, y = service.centre
    paste_area(page, f"POLYGON(({x} {y}, {x + 0.01} {y + 0.01}, {x + 0.01} {y}, {x} {y + 0.01}, {x} {y}))")
    open_panel(page)
    confirm(page, "a/b")
    expect(page.locator("#id_area_error")).to_contain_text("crosses itself")
    expect(page.locator("#problems")).to_be_focused()
    paste_area(page, service.area())
    expect(page.locator("#id_area_error")).to_have_count(0)
    open_panel(page)
    go_on(page, to="Order")
    expect(page.locator("#id_name_error")).to_contain_text("The name must")
    confirm(page, "a/b")
    expect_step(page, "Order")
    expect(page.get_by_label("Name of the order")).to_be_focused()
    expect(page.locator("#id_name_error")).to_contain_text("The name must")
    page.goto("/orders/")
    expect(page.get_by_text("No orders yet")).to_be_visible()


def test_what_is_missing_is_said_before_the_order_is_sent(service, open_page):
    page = open_page("alice")
    page.goto("/hub/")
    paste_area(page, service.area())
    open_panel(page)
    go_on(page, to="Band selection")
    page.locator("#bands").get_by_role("button", name="None").click()
    page.get_by_text("Advanced settings").click()
    page.locator("#layers").get_by_role("button", name="None").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Choose at least one band or layer.", exact=True)).to_be_visible()
    page.get_by_role("button", name="True colour", exact=True).click()
    expect(page.get_by_text("Choose at least one band or layer.", exact=True)).not_to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Give the order a name.")).to_be_visible()
    expect(page.get_by_label("Name of the order")).to_be_focused()


def test_ordering_works_without_javascript(service, open_page):
    page = open_page("alice", java_script_enabled=False)
    page.goto("/hub/")
    paste_area(page, service.area())
    page.locator(".period .tabs").get_by_text("Ten days", exact=True).click()
    page.get_by_label("Ten days").last.select_option("2024-06-01")
    page.get_by_role("button", name="Check").click()
    assert "1 product" in page.locator("#estimate").inner_text()
    page.get_by_label("Name of the order").fill("Plain")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("heading", name="Plain", level=1)).to_be_visible()
    assert "1-10 June 2024" in page.locator(".page-head").inner_text()


def test_the_forecast_and_the_code_work_without_javascript(service, open_page):
    page = open_page(java_script_enabled=False)
    page.goto("/hub/")
    paste_area(page, service.area())
    page.get_by_role("button", name="Show the forecast").click()
    expect(page.get_by_text("at least 1").first).to_be_visible()
    page.goto("/hub/")
    paste_area(page, service.area())
    page.get_by_role("button", name="As code").click()
    expect(page.locator("#snippet-json")).to_contain_text('"start": "2024-06-01"')
