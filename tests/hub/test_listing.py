"""The user area's table: searched, filtered, sorted and paged by its address, which may hold anything."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.http import QueryDict
from django.test import Client

from hub.orders.listing import COLUMNS, SIZES, Listing
from hub.orders.models import Order, Product, ProductFile
from hub.orders.states import Status

pytestmark = pytest.mark.django_db

AREA = "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))"
HTMX = {"HX-Request": "true", "HX-Target": "orders"}


@pytest.fixture
def make(alice: AbstractUser, spec_json: dict[str, Any]) -> Any:
    """``make("Hills", status=..., resolution=10)``: an order of alice's without going through the queue."""

    def order(name: str, *, owner: AbstractUser = alice, status: str = Status.SUCCESSFUL, **spec: Any) -> Order:
        return Order.objects.create(
            owner=owner, name=name, status=status, spec=spec_json | {"name": name} | spec, area=AREA, area_km2=1
        )

    return order


def names(client: Client, query: str) -> list[str]:
    """The names in the table, from top to bottom."""
    return re.findall(r'id="order-\d+-name">([^<]*)</a>', client.get(f"/orders/{query}").text)


# --- The columns of S2GM --------------------------------------------------------------------------


def test_the_table_has_the_nine_columns(as_alice, make):
    """A1-050."""
    make("Hills")
    page = as_alice.get("/orders/").text
    heads = [re.sub(r"<[^>]+>|[▲▼↕]", "", head).strip() for head in re.findall(r"<th scope=\"col\".*?</th>", page)]
    assert heads == [
        "Name",
        "Image format",
        "Resolution",
        "Coordinate system",
        "Created",
        "Mosaic start date",
        "Compositing period",
        "Status",
        "More",
    ]


def test_the_table_says_how_many_there_are_and_leads_back_to_the_hub(as_alice, make):
    """A1-051."""
    for number in range(27):
        make(f"Order {number}")
    page = as_alice.get("/orders/").text
    assert "Showing 1–10 of 27 orders" in page
    assert "Refresh orders" in page and "To Mosaic Hub" in page
    assert "Showing 21–27 of 27 orders" in as_alice.get("/orders/?page=3").text


def test_a_row_reports_cancels_and_downloads(as_alice, make, delivered):
    """A1-053, A1-054, A1-055."""
    running = make("Still", status=Status.RUNNING)
    page = as_alice.get("/orders/").text
    assert f"/support/?order={delivered.order_id}" in page and f"/support/?order={running.pk}" in page
    assert f"/orders/{running.pk}/dismiss/" in page and f"/orders/{delivered.order_id}/dismiss/" not in page
    assert page.count('class="button small icon ready"') == 1
    assert page.count('class="button small icon unready"') == 1


# --- Searching and filtering ----------------------------------------------------------------------


def test_the_search_finds_parts_of_names_whatever_their_case(as_alice, make):
    make("Ispra"), make("Spring in Ljubljana"), make("Hills")
    assert set(names(as_alice, "?q=SPR")) == {"Ispra", "Spring in Ljubljana"}
    assert names(as_alice, "?q=%25") == [], "a per cent sign means itself"


def test_the_search_finds_an_order_by_its_number(as_alice, make):
    wanted = make("Hills")
    make("Other")
    assert names(as_alice, f"?q={wanted.pk}") == ["Hills"]
    assert names(as_alice, f"?q=%23{wanted.pk}") == ["Hills"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=failed", ["Failed"]),
        ("?status=unfinished", ["Running"]),
        ("?format=netcdf", ["Fine"]),
        ("?resolution=10", ["Fine"]),
        ("?crs=wgs84", ["Degrees"]),
        ("?kind=day", ["Degrees"]),
        ("?status=successful&resolution=10", ["Fine"]),
        ("?status=failed&resolution=10", []),
    ],
)
def test_filters_narrow_the_table(as_alice, make, query, found):
    make("Failed", status=Status.FAILED)
    make("Running", status=Status.RUNNING)
    make("Fine", resolution=10, format="netcdf")
    make("Degrees", crs="wgs84", period={"kind": "day", "start": "2024-06-03"})
    assert names(as_alice, query) == found


def test_what_is_chosen_stays_chosen_on_the_page(as_alice, make):
    make("Hills")
    page = as_alice.get("/orders/?q=Hi&status=successful&size=20").text
    assert 'value="Hi"' in page
    assert '<option value="successful" selected>' in page
    assert "<option selected>20</option>" in page


def test_nobody_finds_what_is_not_theirs(as_alice, make, charlie):
    make("Charlies own", owner=charlie)
    make("Hills")
    for query in ("", "?q=Charlies", "?status=successful", "?sort=name"):
        assert "Charlies own" not in names(as_alice, query)


def test_no_match_is_not_the_same_as_no_orders(as_alice, make):
    assert "No orders yet" in as_alice.get("/orders/").text
    assert "No order matches" in as_alice.get("/orders/?q=x").text
    make("Hills")
    page = as_alice.get("/orders/?q=nothing").text
    assert "No order matches" in page and "Show all orders" in page and "No orders yet" not in page


# --- Sorting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", [column.key for column in COLUMNS])
def test_every_column_sorts_both_ways(as_alice, make, column):
    make("alpha", resolution=10, crs="utm", format="geotiff", period={"kind": "day", "start": "2024-06-01"})
    make(
        "Beta",
        resolution=60,
        crs="wgs84",
        format="netcdf",
        period={"kind": "month", "start": "2024-07-01"},
        status=Status.FAILED,
    )
    assert names(as_alice, f"?sort={column}") == ["alpha", "Beta"]
    assert names(as_alice, f"?sort=-{column}") == ["Beta", "alpha"]


def test_resolutions_sort_as_numbers_and_periods_by_length(as_alice, make):
    for resolution in (20, 60, 10):
        make(f"{resolution} m", resolution=resolution)
    assert names(as_alice, "?sort=resolution") == ["10 m", "20 m", "60 m"]
    for kind in ("year", "dekad", "month"):
        make(kind, period={"kind": kind, "start": "2024-01-01"})
    assert names(as_alice, "?sort=kind&q=a") == ["dekad", "year"]


def test_the_sorted_columns_heading_says_so_and_turns_the_order_round(as_alice, make):
    make("Hills")
    page = as_alice.get("/orders/?sort=name&status=successful").text
    assert page.count("aria-sort=") == 1
    heading = re.search(r'<th scope="col" aria-sort="ascending">.*?href="([^"]*)"', page)[1]
    assert heading == "/orders/?status=successful&amp;sort=-name"
    assert 'aria-sort="descending"' in as_alice.get("/orders/?sort=-name").text
    assert 'aria-sort="descending"' in as_alice.get("/orders/").text, "the newest first"


# --- Addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "?sort=password",
        "?sort=--name",
        "?sort=owner__password",
        "?status=lost",
        "?status=successful&status=lost",
        "?resolution=10.5",
        "?resolution=0x10",
        "?size=1000000",
        "?size=-1",
        "?kind=decade",
        "?format=' or 1=1",
        "?crs=%00",
        "?page=0",
        "?page=-1",
        "?page=x",
        "?page=99",
        "?page=" + "9" * 5000,
        "?page=1.5",
        "?page=%00",
        "?q=%00",
        "?q=a%00b",
        "?q=" + "9" * 60,
        "?q=" + "x" * 5000,
        "?q=%ff%fe",
        "?q=%5C",
        "?q=(",
        "?nothing=here",
        "?&&&=&",
    ],
)
def test_whatever_stands_in_the_address_is_answered(as_alice, make, query):
    make("Hills")
    for headers in ({}, HTMX):
        assert as_alice.get(f"/orders/{query}", headers=headers).status_code == 200


def test_what_cannot_be_used_is_left_out_and_told(as_alice, make):
    make("Hills")
    page = as_alice.get("/orders/?sort=colour&status=lost&size=3").text
    assert "which was left out: status, sort, size." in page
    assert names(as_alice, "?sort=colour&status=lost&size=3") == ["Hills"]


@pytest.mark.parametrize("query", ["", "?q=hills&status=failed&sort=name&size=20&page=2"])
def test_a_listing_becomes_its_address_and_back(query):
    listing = Listing.of(QueryDict(query.removeprefix("?")))
    assert listing.query == query
    assert Listing.of(QueryDict(listing.query.removeprefix("?"))) == listing


def test_empty_choices_of_the_form_leave_no_trace_in_the_address(as_alice, make):
    make("Hills")
    sent = "?q=&status=failed&format=&resolution=&crs=&kind=&sort=-created&size=10"
    part = as_alice.get(f"/orders/{sent}", headers=HTMX)
    assert part.headers["HX-Push-Url"] == "/orders/?status=failed"
    assert "<html" not in part.text and 'id="orders"' in part.text
    assert "HX-Request" in part.headers["Vary"]


def test_going_back_in_the_browser_gets_the_whole_page(as_alice, make):
    make("Hills")
    headers = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in as_alice.get("/orders/?q=Hills", headers=headers).text


def test_a_part_is_not_given_to_who_is_signed_out(client, make):
    make("Hills")
    response = client.get("/orders/", headers=HTMX)
    assert response.headers["HX-Refresh"] == "true" and "Hills" not in response.text


def test_pages_follow_one_another_and_keep_the_rest_of_the_address(as_alice, make):
    for number in range(25):
        make(f"Order {number:02}")
    page = as_alice.get("/orders/?sort=name&page=2").text
    assert 'href="/orders/?sort=name&amp;page=3"' in page
    assert 'href="/orders/?sort=name"' in page, "the first page has no number"
    assert [names(as_alice, f"?sort=name&page={page}")[0] for page in (1, 2, 3)] == ["Order 00", "Order 10", "Order 20"]


@pytest.mark.parametrize("size", SIZES)
def test_a_page_is_as_long_as_was_chosen(as_alice, make, size):
    for number in range(12):
        make(f"Order {number}")
    assert len(names(as_alice, f"?size={size}")) == min(size, 12)


@pytest.mark.parametrize("query", ["?size=50", "?size=50&q=o&status=successful&sort=resolution"])
def test_the_number_of_queries_does_not_grow_with_the_orders(as_alice, make, django_assert_num_queries, query):
    def fill(count: int) -> None:
        for number in range(count):
            order = make(f"Order {number}")
            product = Product.objects.create(order=order, name="A", footprint="POLYGON((0 0, 1 0, 1 1, 0 0))")
            ProductFile.objects.create(product=product, name="a.zip", path="a", size_bytes=1, role="archive")

    fill(3)
    assert len(names(as_alice, query)) == 3
    with django_assert_num_queries(6):
        as_alice.get(f"/orders/{query}")
    fill(27)
    with django_assert_num_queries(6):
        as_alice.get(f"/orders/{query}")


def test_an_action_leads_back_to_the_table_as_it_was(as_alice, make, order):
    back = {"back": "list", "query": "?status=accepted&sort=name"}
    assert as_alice.post(f"/orders/{order.pk}/dismiss/", back).url == "/orders/?status=accepted&sort=name"


@pytest.mark.parametrize("query", ["//evil.example/", "https://evil.example", "?next=//evil", "\r\nX: y", "x" * 10_000])
def test_an_action_leads_nowhere_else(as_alice, order, query):
    assert as_alice.post(f"/orders/{order.pk}/dismiss/", {"back": "list", "query": query}).url == "/orders/"
