"""Every page in both languages, light and dark, wide and narrow: pictures to look at, and what can be checked by rule.

The pictures lie in ``var/screenshots``, one folder for each language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone, translation
from playwright.sync_api import Page, expect

from hub.orders import sharing
from hub.orders.models import Order, Product
from hub.orders.states import Status
from hub.pixels.models import Question
from hub.series import asking
from hub.series.models import Series
from portal.accounts.models import ApiToken
from portal.pages.models import News
from portal.support.models import Ticket, TicketMessage
from processing.pixels.series_spec import SeriesSpec
from processing.spec import MosaicSpec
from tests.end_to_end.accessibility import check_accessible, check_fits
from tests.end_to_end.conftest import Service
from tests.end_to_end.steps import MADE_MS
from tests.hub.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
STEPS = ("format", "bands", "order", "confirm")
# Words of every English text. Names, codes and what people wrote are marked in the pages and left out.
ENGLISH = re.compile(
    r"\b(the|and|your|with|without|this|that|from|orders?|download|area of interest|status|search|cancel|repeat|"
    r"delete|share|month|quarter|choose|draw|settings|scenes?|clouds|preview|forecast|nothing|minutes? ago)\b",
    re.I,
)
VISIBLE = """() => {
  const skipped =
    "pre, code, script, style, noscript, svg, [lang]:not(html), [data-name], .leaflet-control-attribution, iframe";
  const texts = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent);
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(skipped)) return;
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (node.hasAttribute(name)) texts.push(node.getAttribute(name));
    }
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return [document.title, ...texts].map((text) => text.trim()).filter(Boolean);
}"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str
    scheme: str
    viewport: dict[str, int]

    @property
    def folder(self) -> Path:
        return FOLDER / self.language

    @property
    def suffix(self) -> str:
        return f"{self.viewport['width']}-{self.scheme}"

    @property
    def is_inspected(self) -> bool:
        """Whether axe looks too: at one wide and one narrow page of each language, in different colours."""
        narrow = self.viewport == NARROW
        return (self.scheme == "dark") == (narrow == (self.language == "en"))


LOOKS = [(scheme, viewport) for scheme in ("light", "dark") for viewport in (WIDE, NARROW)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_fits_is_accessible_and_speaks_its_language(service, open_page, language):
    paths = inhabited(service, open_page)
    for scheme, viewport in LOOKS:
        look = Look(language, scheme, viewport)
        visit(look, service, open_page, paths)


def visit(look: Look, service: Service, open_page: Callable[..., Page], paths: dict[str, str]) -> None:
    """All pages as a visitor, as alice who has orders, and as bob who has none."""
    visitor = opened(look, service, open_page)
    for name in ("home", "manual", "about", "news", "contact", "sign-in", "register", "forgotten", "missing", "shared"):
        visitor.goto(paths[name])
        # All of the manual is a tower that takes seconds to draw.
        inspect(visitor, look, name, whole=name != "manual" or look.scheme == "light")
    bob = opened(look, service, open_page, "bob")
    for name in ("user-area-empty", "tickets-empty"):
        bob.goto(paths[name])
        inspect(bob, look, name)
    alice = opened(look, service, open_page, "alice")
    for name in ("user-area", "order-successful", "order-running", "order-failed", "order-held", "tickets", "ticket",
                 "tokens", "email", "password", "series", "series-made", "why"):  # fmt: skip
        alice.goto(paths[name])
        inspect(alice, look, name)
    viewer(alice, look, paths)
    hub(alice, look, paths)


def viewer(page: Page, look: Look, paths: dict[str, str]) -> None:
    """The mosaic on the map, with everything beside it unfolded."""
    page.goto(paths["viewer"])
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    folded = page.locator("main details:not([open]) > summary")
    for _ in range(folded.count()):
        folded.first.click()
    page.wait_for_load_state("networkidle")
    inspect(page, look, "viewer")


def hub(page: Page, look: Look, paths: dict[str, str]) -> None:
    """The order form: empty, filled by a link, and each step of its panel."""
    page.goto(paths["hub"])
    inspect(page, look, "hub")
    page.goto(paths["hub-filled"])
    expect(page.locator("#estimate")).to_contain_text("km²")
    page.wait_for_load_state("networkidle")
    inspect(page, look, "hub-filled")
    page.locator("#prepare").click()
    for number, step in enumerate(STEPS, start=1):
        expect(page.locator(f"[data-step={step}]")).to_be_visible()
        if step == "confirm":
            page.wait_for_load_state("networkidle")
        inspect(page, look, f"hub-step-{number}-{step}", whole=False)
        if step != STEPS[-1]:
            page.locator("[data-next]").click()
    page.locator("[data-cancel]").first.click()


def opened(look: Look, service: Service, open_page: Callable[..., Page], name: str = "") -> Page:
    """A browser of that person's, or a visitor's, in the language and colours of ``look``."""
    page = open_page(name, viewport=look.viewport, color_scheme=look.scheme, reduced_motion="reduce")
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": look.language, "url": service.address}
    page.context.add_cookies([cookie])
    return page


def inspect(page: Page, look: Look, name: str, *, whole: bool = True) -> None:
    """Take the picture, then check width, language and, on some, accessibility."""
    look.folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=look.folder / f"{name}-{look.suffix}.png", full_page=whole)
    assert page.locator("html").get_attribute("lang") == look.language
    check_fits(page)
    if look.language == "fr" and look.viewport == WIDE and look.scheme == "light":
        assert english(page) == [], f"{name} has English left on it"
    if look.is_inspected:
        check_accessible(page)


def english(page: Page) -> list[str]:
    """What stands on the page in English, though it should be French."""
    return [text for text in page.evaluate(VISIBLE) if ENGLISH.search(text) and "Mosaic Hub" not in text]


def inhabited(service: Service, open_page: Callable[..., Page]) -> dict[str, str]:
    """A service with orders in every state, messages and news; the addresses of its pages by name."""
    page = open_page("alice")
    open_page("bob").context.close()
    alice = get_user_model().objects.get(username="alice")
    _, token = ApiToken.create_for(alice, "laptop")
    headers = {"Authorization": f"Bearer {token}"}
    successful = delivered(alice, service, page, headers)
    question = explained(successful, service, page, headers)
    page.context.close()
    link = sharing.share(successful, days=7, by=alice)
    ticket = Ticket.objects.create(owner=alice, email=alice.email, subject="Question 12", order=successful)
    TicketMessage.objects.create(ticket=ticket, author=alice, text="Bonjour !")
    News.objects.create(title="Version 1", text="https://example.org")
    ordered = {state: placed(alice, service, state) for state in (Status.RUNNING, Status.FAILED, Status.HELD)}
    series = followed(alice, service)
    choices = {"area": service.area(), "kind": "month", "month": "2024-06-01", "resolution": "60", "name": "Ljubljana"}
    return {
        "home": "/", "manual": "/manual/", "about": "/about/", "news": "/news/", "contact": "/support/",
        "sign-in": "/account/login/", "register": "/account/signup/", "forgotten": "/account/password/reset/",
        "missing": "/nothing/", "shared": link.path, "user-area-empty": "/orders/",
        "tickets-empty": "/support/tickets/", "user-area": "/orders/",
        "order-successful": successful.get_absolute_url(), "tickets": "/support/tickets/",
        "ticket": ticket.get_absolute_url(), "tokens": "/account/tokens/", "email": "/account/email/",
        "password": "/account/password/change/", "hub": "/hub/", "hub-filled": f"/hub/?{urlencode(choices)}",
        "viewer": f"/orders/{successful.pk}/view/", "series": "/series/", "series-made": series.get_absolute_url(),
        "why": f"/orders/{successful.pk}/products/{question.product_id}/why/{question.key}/",
        **{f"order-{state}": one.get_absolute_url() for state, one in ordered.items()},
    }  # fmt: skip


def explained(order: Order, service: Service, page: Page, headers: dict[str, str]) -> Question:
    """An answer about the order's middle pixel, asked as a program would."""
    (lon, lat), product = service.centre, order.products.get()
    answer = page.request.get(f"/api/v1/products/{product.pk}/why/?lon={lon}&lat={lat}", headers=headers)
    assert answer.status == HTTPStatus.ACCEPTED, answer.text()
    answered = Question.objects.filter(product=product, state="made")
    until(answered.exists, seconds=MADE_MS / 1000, what="an answer")
    return answered.get()


def followed(owner, service: Service) -> Series:
    """A series that the worker has made."""
    lon, lat = service.centre
    dates = {"kind": "dekad", "start": "2024-06-01", "end": "2024-06-30"}
    place = {"lon": lon, "lat": lat, "pixels": 3}
    spec = {"name": "Savinja", "contents": "composites", "place": place, "resolution": 10} | dates
    made = asking.ask(owner, SeriesSpec.parse(spec))
    until(Series.objects.filter(pk=made.pk, state="made").exists, seconds=MADE_MS / 1000, what="a series")
    return made


def delivered(owner, service: Service, page: Page, headers: dict[str, str]) -> Order:
    """An order that the worker has made, sent as a program would."""
    answer = page.request.post("/api/v1/orders/", data=spec_of("Ljubljana", service).to_json(), headers=headers)
    assert answer.status == HTTPStatus.CREATED, answer.text()
    until(lambda: Order.objects.get(owner=owner).status == Status.SUCCESSFUL, seconds=MADE_MS / 1000, what="a mosaic")
    return Order.objects.get(owner=owner)


def spec_of(name: str, service: Service) -> MosaicSpec:
    """A small mosaic in the middle of the archive."""
    return MosaicSpec.parse(
        {
            "name": name,
            "area": json.loads(square(service).geojson),
            "period": {"kind": "month", "start": "2024-06-01"},
            "resolution": 60,
            "bands": ["B04", "B03", "B02"],
            "layers": ["valid_obs"],
        }
    )


def square(service: Service) -> Polygon:
    x, y = service.centre
    return Polygon.from_bbox((x - 0.005, y - 0.005, x + 0.005, y + 0.005))


def placed(owner, service: Service, state: Status) -> Order:
    """An order as it stands in the middle of its life, or at a bad end of it."""
    spec = spec_of(f"Savinja-{state}"[:9], service)
    sentence = "The archive of scenes does not answer at the moment; try again in a few minutes."
    failed = state == Status.FAILED
    made = Order.objects.create(
        owner=owner, name=spec.name, spec=spec.to_json(), digest=spec.digest(), area=MultiPolygon(square(service)),
        area_km2=spec.area_km2, status=state, error=sentence if failed else "", credits=1.2,
        finished_at=timezone.now() if failed else None,
    )  # fmt: skip
    Product.objects.create(
        order=made, name=spec.name, footprint=square(service), status=state, error=sentence if failed else "",
        error_code="source_unreachable" if failed else "", stage="compositing" if state == Status.RUNNING else "",
        percent=42 if state == Status.RUNNING else 0, worker="elsewhere",
        started_at=timezone.now() - timedelta(seconds=20), seen_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    return made


@pytest.fixture(autouse=True)
def _no_language_is_left_behind() -> Iterator[None]:
    with translation.override(settings.LANGUAGE_CODE):
        yield
