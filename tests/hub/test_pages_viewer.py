"""The viewer's page: whom it opens to, what it offers of an order, and what it says where there is nothing to see."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.orders import ordering, sharing
from hub.orders.models import Order, Product, ShareLink
from hub.orders.states import Status
from hub.viewer.looks import looks_of

pytestmark = pytest.mark.django_db


def address(order: Order) -> str:
    return f"/orders/{order.pk}/view/"


def config_of(page: str) -> dict[str, Any]:
    """What the page tells its scripts."""
    return json.loads(re.search(r'<script id="map-config" type="application/json">(.*?)</script>', page, re.S)[1])


def options_of(page: str, select: str) -> dict[str, str]:
    """Title of each option of a select by its value; a * at those that cannot be chosen."""
    inside = re.search(rf'<select id="{select}".*?</select>', page, re.S)[0]
    found = re.findall(r'<option value="([^"]*)"([^>]*)>([^<]*)</option>', inside)
    return {value: html.unescape(title) + ("*" if "disabled" in more else "") for value, more, title in found}


def another(owner: AbstractUser, like: Order, name: str, *, east: float = 0.0, status: str = "successful") -> Order:
    """A delivered order of ``owner``, moved ``east`` degrees from ``like``."""
    west, south, right, north = like.products.first().footprint.extent
    box = Polygon.from_bbox((west + east, south, right + east, north))
    made = Order.objects.create(
        owner=owner, name=name, spec=like.spec | {"name": name}, digest="x", area=MultiPolygon(box, srid=4326),
        area_km2=1, status=status,
    )  # fmt: skip
    Product.objects.create(order=made, name=name, footprint=box, status=Status.SUCCESSFUL)
    return made


# --- Whom it opens to -----------------------------------------------------------------------------


def test_the_owner_looks_at_a_delivered_order(as_alice, delivered):
    answer = as_alice.get(address(delivered.order))
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("max-age=0") and "private" in answer["Cache-Control"]
    config = config_of(answer.text)
    (product,) = config["products"]
    assert product["id"] == delivered.pk
    assert product["tiles"] == f"/orders/{delivered.order_id}/products/{delivered.pk}/tiles/{{z}}/{{x}}/{{y}}.png"
    assert product["bounds"] == pytest.approx(delivered.footprint.extent)
    assert config["pixel"] == f"/orders/{delivered.order_id}/pixel/"
    assert "Contains modified Copernicus Sentinel data 2024" in answer.text


@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_gets_404(client, request, delivered, stranger):
    client.force_login(request.getfixturevalue(stranger))
    assert client.get(address(delivered.order)).status_code == 404


def test_a_visitor_is_led_to_sign_in_and_comes_back(client, delivered):
    answer = client.get(address(delivered.order) + "?look=ndvi")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/?next=/orders/")
    assert "look%3Dndvi" in answer["Location"]


def test_an_order_that_there_is_not_is_404(as_alice, charlie, client):
    assert as_alice.get("/orders/999999/view/").status_code == 404
    assert as_alice.post("/orders/999999/view/").status_code == 405


def test_a_deleted_order_is_404(as_alice, delivered, alice):
    ordering.remove(delivered.order, by=alice)
    assert as_alice.get(address(delivered.order)).status_code == 404


def test_a_shared_link_opens_it_with_addresses_of_the_link_only(delivered, alice):
    another(alice, delivered.order, "Other")
    shared = sharing.share(delivered.order, days=7, by=alice)
    token = shared.path.strip("/").split("/")[-1]
    answer = Client().get(f"{shared.path}view/")
    assert answer.status_code == 200
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert f'"/shared/{token}/products/{delivered.pk}/tiles/' in answer.text
    assert f"/orders/{delivered.order_id}/" not in answer.text
    assert config_of(answer.text)["others"] == []
    assert "Other" not in options_of(answer.text, "right-look").values() and "right-order" not in answer.text
    assert "series-here" not in answer.text


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_ended_link_says_so(delivered, alice, how):
    shared = sharing.share(delivered.order, days=7, by=alice)
    if how == "revoked":
        sharing.revoke(delivered.order, shared.link.pk, by=alice)
    else:
        ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = Client().get(f"{shared.path}view/")
    assert answer.status_code == 410
    assert "This shared link has ended" in answer.text and "map-config" not in answer.text


def test_a_token_that_there_never_was_is_404(client):
    assert client.get(f"/shared/{'x' * 32}/view/").status_code == 404


# --- What it offers -------------------------------------------------------------------------------


def test_looks_that_the_order_has_no_bands_for_cannot_be_chosen_and_say_why(as_alice, delivered):
    offered = options_of(as_alice.get(address(delivered.order)).text, "look")
    assert offered["true_colour"] == "True colour"
    assert offered["false_colour"] == "False colour, near infrared (needs B08)*"
    assert offered["swir"] == "Shortwave infrared (needs B12, B8A)*"
    assert offered["ndvi"].endswith("(needs B08)*")
    assert offered["valid_obs"] == "Valid observations"
    assert "method" not in offered


def test_what_is_offered_follows_the_order(order):
    order.spec |= {"bands": ["B11", "B8A", "B04", "B03"], "layers": ["rejected_obs", "method", "view_zenith_mean"]}
    looks = {look.key: look for _group, group in looks_of(order) for look in group}
    assert looks["false_colour"].show == ("B8A", "B04", "B03")
    assert looks["swir"].show == ("B11", "B8A", "B04")
    assert looks["true_colour"].missing == ("B02",)
    assert looks["ndmi"].missing == ("B08",)
    assert (looks["method"].kind, looks["rejected_obs_cloud"].kind) == ("classes", "ramp")
    assert (looks["view_zenith_mean"].unit, looks["view_zenith_mean"].scale) == ("°", 0.01)
    assert [key for key in looks if key.startswith("B")] == ["B03", "B04", "B8A", "B11"]


@pytest.mark.parametrize(("bands", "offered"), [(["B04"], False), (["B04", "B03"], True)])
def test_bands_are_only_chosen_where_there_is_a_choice(order, bands, offered):
    order.spec |= {"bands": bands}
    assert any(look.key == "bands" for _group, group in looks_of(order) for look in group) == offered


def test_an_order_of_layers_alone_can_be_looked_at(as_alice, delivered):
    Order.objects.update(spec=delivered.order.spec | {"bands": []})
    page = as_alice.get(address(delivered.order)).text
    assert config_of(page)["looks"] == [
        {
            "key": "valid_obs", "title": "Valid observations", "kind": "ramp", "show": ["valid_obs"], "unit": "",
            "scale": 1.0,
        }
    ]  # fmt: skip


def test_own_orders_that_overlap_can_be_compared_with_newest_first(as_alice, alice, charlie, delivered):
    order = delivered.order
    older, newer = another(alice, order, "Older"), another(alice, order, "Newer", east=0.005)
    another(alice, order, "Elsewhere", east=1)
    another(alice, order, "Gone", status=Status.EXPIRED)
    another(charlie, order, "Charlie's")
    west, _, east, _ = delivered.footprint.extent
    another(alice, order, "Beside", east=east - west)
    page = as_alice.get(address(order)).text
    assert list(options_of(page, "right-order")) == ["", str(newer.pk), str(older.pk)]
    others = config_of(page)["others"]
    assert [other["id"] for other in others] == [newer.pk, older.pk]
    assert others[0]["rasters"] == ["B02", "B03", "B04", "valid_obs"]
    assert others[0]["products"][0]["tiles"].startswith(f"/orders/{newer.pk}/products/")


def test_products_that_are_not_delivered_are_left_out(as_alice, delivered):
    box = delivered.footprint
    Product.objects.create(order=delivered.order, name="33TXX", footprint=box, status=Status.FAILED)
    Order.objects.update(status=Status.PARTIAL)
    assert [product["id"] for product in config_of(as_alice.get(address(delivered.order)).text)["products"]] == [
        delivered.pk
    ]


def test_the_number_of_queries_stays_the_same_however_many_products_and_orders(as_alice, alice, delivered):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert as_alice.get(address(delivered.order)).status_code == 200
        return len(queries)

    another(alice, delivered.order, "One")
    few = count()
    for number in range(5):
        Product.objects.create(
            order=delivered.order, name=f"33TX{number}", footprint=delivered.footprint, status=Status.SUCCESSFUL
        )
        another(alice, delivered.order, f"More {number}")
    assert count() == few


def test_names_are_text_and_never_markup(as_alice, delivered):
    Order.objects.update(name="</script><b>x")
    page = as_alice.get(address(delivered.order)).text
    assert "</script><b>x" not in page
    assert "&lt;/script&gt;&lt;b&gt;x" in page


# --- Where there is nothing to see ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.EXPIRED, "The files are gone"),
        (Status.RUNNING, "Not ready yet"),
        (Status.ACCEPTED, "Not ready yet"),
        (Status.FAILED, "Nothing was delivered"),
        (Status.DISMISSED, "Nothing was delivered"),
    ],
)
def test_an_order_without_products_says_why(as_alice, order, status, words):
    Order.objects.update(status=status)
    if status == Status.EXPIRED:
        Product.objects.update(status=Status.SUCCESSFUL)
    answer = as_alice.get(address(order))
    assert answer.status_code == 200
    assert words in answer.text and "viewer.js" not in answer.text
    assert f'href="/orders/{order.pk}/"' in answer.text


def test_the_quicklook_and_words_stand_in_for_the_map_without_scripts(as_alice, claimed, made_by):
    from hub.orders import production

    production.deliver(claimed, made_by(claimed, whole=True))
    page = as_alice.get(address(claimed.order)).text
    picture = claimed.files.get(name="quicklook.png")
    assert f'src="/orders/{claimed.order_id}/files/{picture.pk}/"' in page
    assert "The map needs JavaScript" in page


# --- The way there --------------------------------------------------------------------------------


def test_the_order_page_leads_to_it_once_something_is_delivered(as_alice, order, claimed, made_by):
    from hub.orders import production

    assert "/view/" not in as_alice.get(f"/orders/{order.pk}/").text
    production.deliver(claimed, made_by(claimed))
    page = as_alice.get(f"/orders/{order.pk}/").text
    assert f'href="{address(order)}"' in page
    assert f'href="{address(order)}?product={claimed.pk}"' in page
    Order.objects.update(status=Status.EXPIRED)
    assert "/view/" not in as_alice.get(f"/orders/{order.pk}/").text


def test_the_shared_page_leads_to_the_shared_viewer(delivered, alice):
    shared = sharing.share(delivered.order, days=7, by=alice)
    page = Client().get(shared.path).text
    assert f'href="{shared.path}view/"' in page
    assert f'href="{shared.path}view/?product={delivered.pk}"' in page
