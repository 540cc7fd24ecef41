"""Asking why a pixel is as it is: who may, about what, how often, and what is answered to nonsense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone

from hub.orders import ordering, production, sharing, storage
from hub.orders.models import Order, Product
from hub.pixels import keeping, places, tasks
from hub.pixels.models import Question, State
from processing.spec import MosaicSpec
from tests.hub.explained import HTMX, LAYERS, answered, browser_of, delivered_mosaic, middle, place_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """Limits that no other test has counted in."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def mosaic(alice: AbstractUser, spec_json: dict[str, Any]) -> Product:
    """A product of alice's, made from the small archive."""
    return delivered_mosaic(alice, spec_json | {"layers": LAYERS})


@pytest.fixture
def shared(mosaic: Product, alice: AbstractUser) -> sharing.Shared:
    """A link to it."""
    return sharing.share(mosaic.order, days=7, by=alice)


@pytest.fixture
def as_alice(alice: AbstractUser) -> Client:
    return browser_of(alice)


def ask_address(product: Product) -> str:
    return f"/orders/{product.order_id}/products/{product.pk}/why/"


def answer_address(question: Question) -> str:
    return f"/orders/{question.product.order_id}/products/{question.product_id}/why/{question.key}/"


def test_a_place_is_asked_about_and_found_in_its_product(as_alice: Client, mosaic: Product) -> None:
    row, column = middle(mosaic)
    asked = as_alice.post(f"/orders/{mosaic.order_id}/why/", place_of(mosaic, row, column), headers=HTMX)
    question = Question.objects.get()
    assert asked.status_code == 200 and "Waiting for a worker." in asked.text
    assert f'hx-get="{answer_address(question)}?known=waiting"' in asked.text
    assert (question.product, question.row, question.column) == (mosaic, row, column)
    assert as_alice.get(f"{answer_address(question)}?known=waiting", headers=HTMX).status_code == 204


def test_every_pixel_is_found_by_its_centre_and_near_its_edges(mosaic: Product) -> None:
    grid = places.grid_of(mosaic)
    half = 0.49 * 60 / 111_320
    for row, column in [(0, 0), (0, grid.width - 1), (grid.height - 1, 0), (grid.height - 1, grid.width - 1), (3, 5)]:
        typed = place_of(mosaic, row, column)
        for north in (-half, 0, half):
            found = places.pixel_at(grid, float(typed["lon"]), float(typed["lat"]) + north)
            assert found and (found.row, found.column) == (row, column)


def test_without_a_script_the_answer_has_an_address(as_alice: Client, mosaic: Product) -> None:
    assert "Longitude" in as_alice.get(ask_address(mosaic)).text
    asked = as_alice.post(ask_address(mosaic), place_of(mosaic, *middle(mosaic)))
    question = Question.objects.get()
    assert (asked.status_code, asked["Location"]) == (303, answer_address(question))
    page = as_alice.get(asked["Location"]).text
    assert '<noscript><meta http-equiv="refresh"' in page and "Waiting for a worker." in page


def test_numbers_may_be_written_with_a_comma(as_alice: Client, mosaic: Product) -> None:
    typed = {name: text.replace(".", ",") for name, text in place_of(mosaic, *middle(mosaic)).items()}
    assert as_alice.post(ask_address(mosaic), typed).status_code == 303


def test_the_same_pixel_asked_twice_is_one_question(as_alice: Client, mosaic: Product, shared: sharing.Shared) -> None:
    typed = place_of(mosaic, *middle(mosaic))
    as_alice.post(ask_address(mosaic), typed)
    beside = typed | {"lon": f"{float(typed['lon']) + 0.0001:.6f}"}
    browser_of(None).post(f"{shared.path}why/", beside, headers=HTMX)
    assert Question.objects.count() == 1


def test_an_answer_that_is_there_is_shown_at_once(as_alice: Client, mosaic: Product) -> None:
    question = answered(mosaic)
    part = as_alice.post(ask_address(mosaic), place_of(mosaic, question.row, question.column), headers=HTMX)
    assert "Taken from 14 June 2024" in part.text and "every 500ms" not in part.text


@pytest.mark.parametrize("how", ["failed", "lost", "made again", "too old"])
def test_what_is_not_worth_keeping_is_asked_anew(as_alice: Client, mosaic: Product, settings: Any, how: str) -> None:
    question = answered(mosaic)
    if how == "failed":
        Question.objects.update(state=State.FAILED)
    elif how == "lost":
        late = timezone.now() - timedelta(seconds=settings.PIXEL_LOST_SECONDS + 1)
        Question.objects.update(state=State.MAKING, asked_at=late)
    elif how == "made again":
        Product.objects.update(attempt=mosaic.attempt + 1)
    else:
        Question.objects.update(asked_at=timezone.now() - timedelta(days=settings.PIXEL_KEPT_DAYS + 1))
    as_alice.post(ask_address(mosaic), place_of(mosaic, question.row, question.column))
    again = Question.objects.get()
    assert (again.state, again.answer, again.pictures, again.problems) == (State.WAITING, {}, None, [])


BAD = [
    {},
    {"lon": "", "lat": ""},
    {"lon": "15", "lat": "north"},
    {"lon": "nan", "lat": "46"},
    {"lon": "inf", "lat": "46"},
    {"lon": "1e1", "lat": "46"},
    {"lon": "15", "lat": "9" * 5000},
    {"lon": "١٥", "lat": "46"},
    {"lon": "15", "lat": "46\x00"},
    {"lon": "<script>", "lat": "46"},
    {"lon": "181", "lat": "46"},
    {"lon": "-9999", "lat": "46"},
    {"lon": "15", "lat": "-91"},
    {"lon": "15", "lat": "84.5"},
    {"lon": "-100", "lat": "46"},
    {"lon": "0", "lat": "0"},
]


@pytest.mark.parametrize("typed", BAD)
@pytest.mark.parametrize("of_the_order", [True, False])
def test_nonsense_is_refused_in_a_sentence(
    as_alice: Client, mosaic: Product, typed: dict[str, str], of_the_order: bool
) -> None:
    address = f"/orders/{mosaic.order_id}/why/" if of_the_order else ask_address(mosaic)
    part = as_alice.post(address, typed, headers=HTMX)
    page = as_alice.post(address, typed)
    assert part.status_code == page.status_code == 422
    assert 'role="alert"' in part.text and "<html" not in part.text and "<script>" not in part.text
    assert 'id="why-problem"' in page.text
    assert not Question.objects.exists()


def test_beside_the_mosaic_there_is_no_pixel(as_alice: Client, mosaic: Product) -> None:
    grid = places.grid_of(mosaic)
    beside = place_of(mosaic, 0, 0)
    west = beside | {"lon": f"{float(beside['lon']) - 0.001:.6f}"}
    refused = as_alice.post(ask_address(mosaic), west, headers=HTMX)
    assert refused.status_code == 422 and "There is no pixel of the mosaic at this place." in refused.text
    assert places.pixel_at(grid, float(west["lon"]), float(west["lat"])) is None


def test_a_product_that_is_not_there_yet_has_no_pixels(as_alice: Client, order: Order) -> None:
    product = order.products.get()
    for address in (f"/orders/{order.pk}/why/", ask_address(product)):
        refused = as_alice.post(address, {"lon": "15", "lat": "46"}, headers=HTMX)
        assert refused.status_code == 409 and "not ready yet" in refused.text


@pytest.mark.parametrize("gone", ["expired", "files"])
def test_when_the_files_are_gone_it_is_said_so(as_alice: Client, mosaic: Product, gone: str) -> None:
    typed = place_of(mosaic, *middle(mosaic))
    if gone == "expired":
        Order.objects.update(expires_at=timezone.now() - timedelta(days=1))
        production.expire()
    else:
        storage.remove_order(mosaic.order_id)
    refused = as_alice.post(ask_address(mosaic), typed, headers=HTMX)
    assert refused.status_code == 410 and "kept no longer" in refused.text


def test_metadata_that_cannot_be_read_break_nothing(as_alice: Client, mosaic: Product) -> None:
    typed = place_of(mosaic, *middle(mosaic))
    file = next(file for file in mosaic.files.all() if file.name.startswith("metadata"))
    for content in (b"", b"[]", b"{", b'{"Geometry": {"CRS": "EPSG:x"}}', b'{"Geometry": 1}', b"[" * 10_000):
        storage.path_of(file).write_bytes(content)
        assert as_alice.post(ask_address(mosaic), typed, headers=HTMX).status_code == 410


# --- Who may --------------------------------------------------------------------------------------

Visit = Callable[[Client, Product, Question], list[Any]]


def everything(client: Client, product: Product, question: Question) -> list[Any]:
    """The answers of every address about the pixel."""
    typed = place_of(product, *middle(product))
    return [
        client.get(f"/orders/{product.order_id}/why/"),
        client.post(f"/orders/{product.order_id}/why/", typed),
        client.get(ask_address(product)),
        client.post(ask_address(product), typed),
        client.get(answer_address(question)),
        client.get(answer_address(question), headers=HTMX),
        client.get(f"{answer_address(question)}?part=pictures", headers=HTMX),
        client.get(f"{answer_address(question)}0.png"),
    ]


@pytest.mark.parametrize("stranger", ["bob", "charlie", "operator"])
def test_a_stranger_gets_404_everywhere(request: Any, mosaic: Product, stranger: str) -> None:
    question = answered(mosaic, pictures=[0])
    keeping.keep(question, {0: b"picture"})
    client = browser_of(request.getfixturevalue(stranger))
    assert {answer.status_code for answer in everything(client, mosaic, question)} == {404}
    assert Question.objects.count() == 1


def test_a_visitor_is_led_to_sign_in_and_sees_no_picture(mosaic: Product) -> None:
    question = answered(mosaic, pictures=[0])
    *answers, picture = everything(browser_of(None), mosaic, question)
    pages = [answer for answer in answers if "HX-Refresh" not in answer]
    assert {answer.status_code for answer in pages} == {302} and picture.status_code == 404
    assert all("/account/login/" in answer["Location"] for answer in pages)
    assert len(answers) - len(pages) == 2 and not any(answer.content for answer in answers)


def test_an_answer_is_not_found_through_another_product_or_key(as_alice: Client, mosaic: Product, order: Order) -> None:
    question = answered(mosaic)
    other = order.products.get()
    wrong = [
        f"/orders/{order.pk}/products/{other.pk}/why/{question.key}/",
        f"/orders/{order.pk}/products/{mosaic.pk}/why/{question.key}/",
        f"/orders/{mosaic.order_id}/products/{other.pk}/why/{question.key}/",
        f"{ask_address(mosaic)}{'x' * 24}/",
        f"{ask_address(mosaic)}{'x' * 500}/",
        f"{ask_address(mosaic)}%00/",
    ]
    assert {as_alice.get(address).status_code for address in wrong} == {404}


def test_whoever_has_a_link_may_ask_too(mosaic: Product, shared: sharing.Shared) -> None:
    client, typed = browser_of(None), place_of(mosaic, *middle(mosaic))
    asked = client.post(f"{shared.path}why/", typed, headers=HTMX)
    question = Question.objects.get()
    address = f"{shared.path}products/{mosaic.pk}/why/{question.key}/"
    assert f'hx-get="{address}?known=waiting"' in asked.text
    assert asked["X-Robots-Tag"] == "noindex, nofollow" and "no-store" in asked["Cache-Control"]
    Question.objects.all().delete()
    question = answered(mosaic, pictures=[0])
    keeping.keep(question, {0: b"picture"})
    address = f"{shared.path}products/{mosaic.pk}/why/{question.key}/"
    page = client.get(address).text
    assert "Taken from 14 June 2024" in page and "noindex" in page
    assert "Something wrong here?" not in page, "the owner alone writes to the service desk about it"
    assert "/orders/" not in page.split("<main")[1].split("</main")[0]
    assert b"".join(client.get(f"{address}0.png").streaming_content) == b"picture"


def test_a_link_opens_no_other_order(mosaic: Product, shared: sharing.Shared, charlie: AbstractUser) -> None:
    question = answered(mosaic)
    theirs = ordering.submit(charlie, MosaicSpec.parse(mosaic.order.spec))
    link = sharing.share(theirs, days=1, by=charlie)
    client = browser_of(None)
    assert client.get(f"{link.path}products/{mosaic.pk}/why/{question.key}/").status_code == 404
    assert client.get(f"/shared/{'x' * 32}/products/{mosaic.pk}/why/{question.key}/").status_code == 404


def test_a_link_that_is_ended_shows_nothing_more(mosaic: Product, shared: sharing.Shared, alice: AbstractUser) -> None:
    question = answered(mosaic, pictures=[0])
    keeping.keep(question, {0: b"picture"})
    address = f"{shared.path}products/{mosaic.pk}/why/{question.key}/"
    client = browser_of(None)
    etag = client.get(f"{address}0.png")["ETag"]
    assert client.get(f"{address}0.png", headers={"If-None-Match": etag}).status_code == 304
    sharing.revoke(mosaic.order, shared.link.pk, by=alice)
    assert client.get(f"{address}0.png", headers={"If-None-Match": etag}).status_code == 410
    assert client.get(address).status_code == 410
    assert client.post(f"{shared.path}why/", {"lon": "15", "lat": "46"}).status_code == 410
    assert client.get(address, headers=HTMX)["HX-Refresh"] == "true"


def test_pictures_are_for_their_reader_alone_and_asked_anew(as_alice: Client, mosaic: Product) -> None:
    question = answered(mosaic, pictures=[0])
    keeping.keep(question, {0: b"picture"})
    picture = as_alice.get(f"{answer_address(question)}0.png")
    assert picture["Cache-Control"] == "private, no-cache" and picture["Content-Type"] == "image/png"
    for number in ("1", "99999999999999999999"):
        assert as_alice.get(f"{answer_address(question)}{number}.png").status_code == 404
    keeping.picture_path(question, 0).unlink()
    assert as_alice.get(f"{answer_address(question)}0.png").status_code == 404


def test_only_a_post_with_a_token_asks(alice: AbstractUser, mosaic: Product) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(ask_address(mosaic), place_of(mosaic, *middle(mosaic))).status_code == 403
    assert browser_of(alice).delete(ask_address(mosaic)).status_code == 405
    assert not Question.objects.exists()


# --- How often ------------------------------------------------------------------------------------


def test_whoever_asks_too_much_is_asked_to_wait(as_alice: Client, mosaic: Product, settings: Any, bob: Any) -> None:
    settings.PIXELS_PER_MINUTE = 2
    typed = place_of(mosaic, *middle(mosaic))
    assert [as_alice.post(ask_address(mosaic), typed, headers=HTMX).status_code for _ in range(3)] == [200, 200, 429]
    refused = as_alice.post(ask_address(mosaic), typed, headers=HTMX)
    assert "Try again in a minute." in refused.text


def test_an_order_has_only_so_many_unfinished_questions(as_alice: Client, mosaic: Product, settings: Any) -> None:
    settings.PIXEL_LIMIT_WAITING_PER_ORDER = 2
    codes = [as_alice.post(ask_address(mosaic), place_of(mosaic, 3, n), headers=HTMX).status_code for n in range(3)]
    assert codes == [200, 200, 429] and Question.objects.count() == 2
    Question.objects.filter(column=0).update(state=State.MADE)
    assert as_alice.post(ask_address(mosaic), place_of(mosaic, 3, 2), headers=HTMX).status_code == 200


def test_how_many_queries_an_answer_takes(
    as_alice: Client, mosaic: Product, django_assert_max_num_queries: Any
) -> None:
    question = answered(mosaic)
    with django_assert_max_num_queries(5):
        as_alice.get(answer_address(question), headers=HTMX)


def test_it_is_said_when_the_queue_is_away(
    as_alice: Client, mosaic: Product, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.make, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(ask_address(mosaic), place_of(mosaic, *middle(mosaic)))
    question = Question.objects.get()
    assert question.state == State.FAILED
    part = as_alice.get(f"{answer_address(question)}?known=waiting", headers=HTMX).text
    assert "cannot be explained at the moment" in part and "hx-get" not in part


def test_its_tasks_belong_to_the_quick_queue() -> None:
    current_app.loader.import_default_modules()
    for name in ("hub.pixels.tasks.make", "hub.pixels.tasks.sweep"):
        assert current_app.amqp.router.route({}, name)["queue"].name == "quick"


# --- How long -------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["old", "expired", "made again", "order deleted"])
def test_what_is_over_is_swept_with_its_pictures(mosaic: Product, settings: Any, why: str) -> None:
    question = answered(mosaic, pictures=[0])
    keeping.keep(question, {0: b"picture"})
    tasks.sweep()
    assert Question.objects.count() == 1 and len(list(keeping.root().iterdir())) == 1
    if why == "old":
        Question.objects.update(asked_at=timezone.now() - timedelta(days=settings.PIXEL_KEPT_DAYS))
    elif why == "expired":
        Product.objects.update(status="expired")
    elif why == "made again":
        Product.objects.update(attempt=7)
    else:
        mosaic.order.delete()
    tasks.sweep()
    assert not Question.objects.exists() and not list(keeping.root().iterdir())


def test_sweeping_nothing_is_fine(db: None) -> None:
    assert keeping.sweep() == 0
