"""The site's own pages in a real browser: accessible, within the policy, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from hub.orders.models import Order
from portal.accounts.models import User
from portal.pages.models import News

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery staple"
OPEN_PAGES = ["/", "/manual/", "/account/login/", "/account/signup/", "/support/", "/news/", "/about/", "/nothing/"]
OWN_PAGES = ["/account/tokens/", "/account/email/", "/account/password/change/", "/support/tickets/", "/support/"]
ADMIN_PAGES = ["/admin/", "/admin/orders/order/", "/admin/support/ticket/", "/admin/accounts/user/add/"]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(chromium_path: Path | None) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright's loop runs in this thread, and Django takes that for asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=chromium_path)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said: broken policies, missing files, errors in scripts."""
    return []


@pytest.fixture
def open_page(browser: Browser, live_server: Any, complaints: list[str]) -> Iterator[OpenPage]:
    """``open_page(width=..., scheme=...)``: a page in a browser of its own; paths are the site's."""
    contexts = []

    def make(width: int = 1400, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}, color_scheme=scheme
        )
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/account/login/?next=/about/")
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/about/")


def check(page: Page, path: str, complaints: list[str]) -> None:
    """The page is accessible, fits its width, and the browser had nothing to complain about."""
    page.goto(path)
    violations = Axe().run(page).response["violations"]
    found = [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violations]
    assert found == [], path
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    # A 404 is the answer that /nothing/ must give.
    assert [text for text in complaints if "404" not in text] == [], path


@pytest.mark.parametrize(("width", "scheme"), [(1400, "dark"), (360, "light")])
def test_open_pages_are_accessible(
    db: None, open_page: OpenPage, complaints: list[str], width: int, scheme: str
) -> None:
    News.objects.create(title="The portal is open", text="Have a look at https://example.org.")
    page = open_page(width=width, scheme=scheme)
    for path in OPEN_PAGES:
        check(page, path, complaints)


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (360, "dark")])
def test_pages_of_ones_own_account_are_accessible(
    alice: User, order: Order, open_page: OpenPage, complaints: list[str], width: int, scheme: str
) -> None:
    page = open_page(width=width, scheme=scheme)
    sign_in(page, "alice")
    for path in OWN_PAGES:
        check(page, path, complaints)


def test_a_form_with_errors_is_accessible(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page()
    page.goto("/support/")
    page.get_by_role("button", name="Send").click()
    field = page.get_by_label("Your e-mail address")
    assert field.get_attribute("aria-invalid") == "true"
    assert "id_email_error" in (field.get_attribute("aria-describedby") or "")
    assert page.locator("#id_email_error").is_visible()
    assert Axe().run(page).response["violations"] == []
    trap = page.locator(".trap").bounding_box()
    assert trap is not None
    assert trap["x"] + trap["width"] < 0, "people do not see the field that only programs fill in"


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_the_administration_keeps_to_the_policy(
    olga: User, open_page: OpenPage, complaints: list[str], path: str
) -> None:
    page = open_page()
    sign_in(page, "olga")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.get_by_role("link", name="Mosaic Hub: administration").is_visible()
    assert complaints == []


def test_the_api_reference_keeps_to_the_policy(db: None, open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page()
    page.goto("/api/v1/docs/")
    page.get_by_text("/api/v1/catalogue/").first.click()
    page.get_by_role("button", name="Try it out").wait_for()
    assert complaints == []


def test_the_choice_of_colours_stays(open_page: OpenPage, db: None) -> None:
    page = open_page(scheme="light")
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Use dark colours").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.goto("/manual/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.get_by_role("button", name="Use light colours").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_the_keyboard_skips_to_the_content(open_page: OpenPage, db: None) -> None:
    page = open_page()
    page.goto("/manual/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_account_menu_opens_and_closes_by_keyboard(alice: User, open_page: OpenPage) -> None:
    page = open_page(width=360, height=740)
    sign_in(page, "alice")
    page.locator("details.menu summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="API tokens").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="API tokens").is_visible()


def test_a_message_can_be_closed(alice: User, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page, "alice")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    message = page.locator(".message")
    message.wait_for()
    page.get_by_role("button", name="Close this message").click()
    assert message.count() == 0


def test_a_message_goes_to_the_service_desk(open_page: OpenPage, db: None) -> None:
    """With the real minimum time: a person needs some seconds."""
    page = open_page()
    page.goto("/support/")
    page.get_by_label("Your e-mail address").fill("dora@example.net")
    page.get_by_label("Subject").fill("A question")
    page.get_by_role("textbox", name="Message").fill("Where is my mosaic?")
    page.get_by_role("button", name="Send").click()
    assert "very fast" in page.locator(".form-errors").inner_text()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you, your message is with us").wait_for()
