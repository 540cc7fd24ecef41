"""A delivered product on its order's page: files by what they are for, quicklook, quality control."""

from __future__ import annotations

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from hub.orders import downloads, production
from hub.orders.models import Product, ProductFile
from hub.orders.states import Status
from hub.orders.templatetags.product_display import file_groups
from processing.errors import QualityRejected

pytestmark = pytest.mark.django_db

PASSED = {"deliverable": True, "checks_made": 63, "checks_failed": 0, "failed": []}


@pytest.fixture
def whole(claimed: Product, made_by: Any) -> Product:
    """Alice's product with files of every role and a clean bill of quality control."""
    return deliver(claimed, made_by, quality=PASSED)


def deliver(claimed: Product, made_by: Any, *, quality: dict[str, Any] | None) -> Product:
    statistics = {"valid_share": 0.9} | ({"quality": quality} if quality else {})
    production.deliver(claimed, made_by(claimed, whole=True, statistics=statistics))
    claimed.refresh_from_db()
    return claimed


def file(product: Product, name: str) -> ProductFile:
    return product.files.get(name=name)


def address(file: ProductFile) -> str:
    return f"/orders/{file.product.order_id}/files/{file.pk}/"


def page_of(client: Client, product: Product) -> str:
    return client.get(f"/orders/{product.order_id}/").text


# --- Files ----------------------------------------------------------------------------------------


def test_files_stand_in_groups_and_none_is_missing(whole):
    groups = {group.title: [file.name for file in group.files] for group in file_groups(whole)}
    assert groups == {
        "All files in one": ["S2GM_base-Hills.zip"],
        "Reflectances": ["B04.jp2"],
        "Other layers": ["valid_obs.jp2"],
        "Metadata and quality control": ["inspire.xml", "metadata.json", "qc.html"],
        "For looking at": ["true_colour.vrt", "quicklook.png"],
        "Companions": ["B04.jp2.aux.xml"],
    }


def test_one_file_with_all_layers_is_a_group_of_its_own(whole):
    whole.files.filter(layer="valid_obs").delete()
    whole.files.filter(layer="B04").update(layer="", name="M60_20240601_Hills.nc")
    assert [group.title for group in file_groups(whole)][:2] == ["All files in one", "All layers"]


def test_a_file_of_a_kind_unknown_here_is_shown_all_the_same(whole):
    whole.files.filter(name="qc.html").update(role="sound")
    assert "qc.html" in [file.name for group in file_groups(whole) for file in group.files]


def test_only_what_most_people_want_is_unfolded(as_alice, whole):
    page = page_of(as_alice, whole)
    groups = re.findall(r'<details class="file-group"( open)?>\s*<summary><span>([^<]+)', page)
    unfolded = [title for is_open, title in groups if is_open]
    assert len(groups) == 6
    assert unfolded == ["All files in one", "Reflectances", "Other layers"]
    for each in whole.files.all():
        assert address(each) in page and each.sha256 in page


# --- Quicklook ------------------------------------------------------------------------------------


def test_the_quicklook_is_shown_by_way_of_the_download(as_alice, whole):
    picture = file(whole, "quicklook.png")
    assert f'<img class="quicklook" src="{address(picture)}" alt="Quicklook of Hills"' in page_of(as_alice, whole)
    sent = as_alice.get(address(picture), follow=True)
    assert sent.headers["Content-Type"] == "image/png"
    assert async_to_sync(body)(sent) == b"quicklook.png"


async def body(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


@pytest.mark.parametrize("name", ["quicklook.png", "qc.html", "inspire.xml", "true_colour.vrt", "B04.jp2.aux.xml"])
@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_a_stranger_reaches_no_file_neither_by_its_page_nor_by_its_link(client, request, whole, stranger, name):
    wanted = file(whole, name)
    client.force_login(request.getfixturevalue(stranger))
    assert client.get(address(wanted)).status_code == 404
    assert client.get(downloads.link(wanted)).status_code == 404


def test_a_report_is_saved_and_never_run_as_a_page_of_the_site(as_alice, whole):
    sent = as_alice.get(address(file(whole, "qc.html")), follow=True)
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert "html" not in sent.headers["Content-Type"]
    assert sent.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("edges", "coarse"), [((12, 15), True), ((1024, 12), False), ((None, None), False)])
def test_the_pixels_of_a_small_quicklook_are_kept_apart(as_alice, whole, edges, coarse):
    whole.statistics |= dict(zip(("width", "height"), edges, strict=True))
    whole.save()
    assert ('class="quicklook coarse"' in page_of(as_alice, whole)) == coarse


def test_without_a_quicklook_no_picture_is_shown(as_alice, delivered):
    assert "<img class=" not in page_of(as_alice, delivered)


# --- Quality control ------------------------------------------------------------------------------


def test_a_product_that_passed_says_so_and_leads_to_the_report(as_alice, whole):
    """A1-090."""
    page = page_of(as_alice, whole)
    assert "All 63 checks passed." in page
    assert f'<a href="{address(file(whole, "qc.html"))}">Download the report</a>' in page


def test_failed_checks_are_listed_but_not_said_twice(as_alice, claimed, made_by):
    """A1-090."""
    failed = ["One granule could not be read.", "Data cover 40 % where 60 % were foreseen.", "<b>B04</b> is dark."]
    product = deliver(claimed, made_by, quality=PASSED | {"checks_failed": 3, "failed": failed})
    page = page_of(as_alice, product)
    assert "3 of 63 checks" in page
    assert page.count("One granule could not be read.") == 1, "it stands among the warnings"
    assert "Data cover 40 % where 60 % were foreseen." in page
    assert "&lt;b&gt;B04" in page and "<b>B04" not in page


def test_of_very_many_failed_checks_the_first_are_listed(as_alice, claimed, made_by):
    failed = [f"Scene {number:03} is odd." for number in range(200)]
    product = deliver(claimed, made_by, quality=PASSED | {"checks_failed": 200, "failed": failed})
    page = page_of(as_alice, product)
    assert "Scene 009 is odd." in page and "Scene 010 is odd." not in page
    assert "And 190 more in the report." in page


@pytest.mark.parametrize("quality", [None, {}, {"deliverable": True}, {"checks_made": 0, "failed": []}])
def test_a_product_from_before_quality_control_says_nothing_of_it(as_alice, claimed, made_by, quality):
    assert "Quality control</h4>" not in page_of(as_alice, deliver(claimed, made_by, quality=quality))


def test_a_product_that_failed_quality_control_is_not_delivered_and_says_why(as_alice, claimed, mailoutbox):
    """A1-091."""
    sentence = "The product failed its quality control and is not delivered: B04 holds other numbers than were made."
    production.fail(claimed, QualityRejected(sentence))
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_code, claimed.attempt) == (Status.FAILED, "quality_rejected", 1)
    page = page_of(as_alice, claimed)
    assert sentence in page and "could not be trusted" in page and "report the problem" in page
    assert "Download" not in page
    assert not claimed.files.exists()
