"""Watching orders in a browser: live, without the websocket, dismissed, repeated, and not by strangers."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.end_to_end.steps import MADE_MS, order, status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_list_is_live_by_websocket_without_polling(service, open_page):
    page, asked = open_page("alice"), []
    order(page, service, "Live")
    watching = page.context.new_page()
    with watching.expect_websocket() as socket:
        watching.goto("/orders/")
    assert "/ws/orders/" in socket.value.url
    watching.on("request", lambda request: asked.append(request.url) if "/row/" in request.url else None)
    order(page, service, "Live too", resolution=10)
    watching.reload()
    expect(watching.locator("tr", has_text="Live too").locator(".badge")).to_have_text("Successful", timeout=MADE_MS)
    assert len(asked) <= 2, "only the look after connecting, no polling"
    expect(watching.locator("#news")).to_contain_text("Live too: Successful")


def test_a_page_whose_websocket_is_cut_still_ends_right_by_polling(service, open_page):
    page = open_page("alice")
    page.clock.install()
    cut = []
    page.route_web_socket(re.compile("/ws/orders/"), lambda socket: (cut.append(1), socket.close(code=1000)))
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "No socket")
        expect(status(page)).to_have_text("Accepted")
        assert cut
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
    watched = open_page("alice")
    watched.goto(page.url)
    expect(status(watched)).to_have_text("Successful", timeout=MADE_MS)
    expect(status(page)).to_have_text("Accepted")
    page.clock.fast_forward("00:21")
    expect(status(page)).to_have_text("Successful")


def test_an_order_is_dismissed_after_a_question_and_repeated(service, open_page):
    page = open_page("alice")
    os.killpg(service.worker.pid, signal.SIGSTOP)
    try:
        order(page, service, "Second thoughts")
        page.goto("/orders/")
        page.get_by_role("button", name="Dismiss Second thoughts").click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("tbody .badge")).to_have_text("Accepted")
        page.get_by_role("button", name="Dismiss Second thoughts").click()
        page.get_by_role("button", name="Dismiss the order").click()
        expect(page.locator("tbody .badge")).to_have_text("Dismissed")
    finally:
        os.killpg(service.worker.pid, signal.SIGCONT)
    page.get_by_role("button", name="Repeat Second thoughts").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody .badge").first).to_have_text("Successful", timeout=MADE_MS)
    expect(page.locator("tbody .badge").last).to_have_text("Dismissed")


def test_charlie_sees_nothing_of_alices_order(service, open_page):
    page, spying = open_page("alice"), open_page("charlie")
    heard: list[str] = []
    spying.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    order(spying, service, "Own")
    order(page, service, "Secret")
    expect(status(page)).to_have_text("Successful", timeout=MADE_MS)
    assert any("Own" in frame for frame in heard)
    assert not any("Secret" in frame for frame in heard)
    file = page.get_by_role("link", name=re.compile(r"\.tiff$")).first.get_attribute("href")
    for address in (page.url, f"{page.url}row/", f"{page.url}panel/", file):
        assert spying.request.get(address).status == 404
    spying.goto("/orders/")
    expect(spying.locator("tbody tr")).to_have_count(1)
