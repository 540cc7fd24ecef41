"""The map page of ground motion as the server gives it: what stands in it for whom, and maps from elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse

from hub.insar.models import AuditEntry, Direction, Grant, Layer, Level, Release, Right
from portal.security import content_security_policy, origin_of

pytestmark = pytest.mark.django_db

GEOLOGY = {"title": "Geology <i>", "url": "https://{s}.tiles.example.org/{z}/{x}/{y}.png", "attribution": "Survey"}


@pytest.fixture
def release(db: None) -> Release:
    release = Release.objects.create(
        key="egms-l2b", title="EGMS </script> L2b", collection="EGMS", level=Level.L2B, first_year=2018, last_year=2022
    )
    Layer.objects.create(release=release, direction=Direction.ASCENDING, indexed=True, points=123_456)
    return release


def page(user: AbstractUser | None = None) -> tuple[Any, dict[str, Any]]:
    """The answer and what the scripts of the page are told."""
    client = Client()
    if user:
        client.force_login(user)
    answer = client.get(reverse("insar:map"))
    (told,) = re.findall(r'<script id="insar-config" type="application/json">(.*?)</script>', answer.content.decode())
    return answer, json.loads(told)


def test_nobody_is_told_of_a_release_without_a_grant(release: Release, charlie: AbstractUser, alice: AbstractUser):
    Grant.objects.create(release=release, right=Right.FULL, user=alice)
    # The log keeps what other tests left in it.
    before = AuditEntry.objects.count()
    for user in (None, charlie):
        answer, told = page(user)
        assert told["releases"] == []
        assert b"egms-l2b" not in answer.content and b"L2b 2018" not in answer.content
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("right", [Right.EXISTS, Right.OVERVIEW, Right.FULL])
def test_who_has_a_right_is_told_which(release: Release, alice: AbstractUser, right: Right):
    Grant.objects.create(release=release, right=right, user=alice)
    before = AuditEntry.objects.count()
    answer, told = page(alice)
    (described,) = told["releases"]
    assert (described["key"], described["right"]) == ("egms-l2b", right)
    assert described["title"] == "EGMS </script> L2b"
    assert b"EGMS </script> L2b" not in answer.content
    assert [entry.action for entry in AuditEntry.objects.order_by("id")[before:]] == ["release"]


def test_the_page_is_kept_by_nobody_and_only_read(release: Release, alice: AbstractUser):
    Grant.objects.create(release=release, right=Right.FULL, user=alice)
    answer, _ = page(alice)
    assert "no-store" in answer["Cache-Control"]
    assert Client().post(reverse("insar:map")).status_code == 405


def test_addresses_for_the_scripts_lead_to_the_pages(release: Release, alice: AbstractUser):
    _, told = page(alice)
    assert told["ask"].replace("/key/", "/egms-l2b/") == reverse("insar:ask", args=["egms-l2b"])
    assert told["page"].replace("/key/", "/egms-l2b/") == reverse("insar:release", args=["egms-l2b"])
    assert told["api"] == "/api/v1/insar/"


def test_maps_from_elsewhere_are_offered_and_allowed(settings: Any):
    broken = [{"title": "No address"}, {"url": "https://a.example.org/{z}"}, {"title": "Odd", "url": "javascript:1"}]
    settings.INSAR_OVERLAYS = [*broken, GEOLOGY]
    answer, told = page()
    (overlay,) = told["overlays"]
    assert overlay == GEOLOGY | {"key": "3-geology-i"}
    assert b"Geology &lt;i&gt;" in answer.content
    policy = answer["Content-Security-Policy"]
    for directive in ("img-src", "connect-src"):
        (allowed,) = [words for words in policy.split("; ") if words.startswith(directive)]
        assert "https://*.tiles.example.org" in allowed.split()
        assert "javascript" not in allowed


def test_without_maps_from_elsewhere_nothing_foreign_is_allowed(settings: Any):
    settings.INSAR_OVERLAYS, settings.MAP_TILES_URL = [], ""
    assert "http" not in content_security_policy(None)
    settings.INSAR_OVERLAYS = [GEOLOGY, GEOLOGY]
    settings.MAP_TILES_URL = GEOLOGY["url"]
    assert content_security_policy(None).count("https://*.tiles.example.org") == 2  # pictures, and what is fetched


@pytest.mark.parametrize(
    "address", ["", "/tiles/{z}", "data:image/png;base64,", "ftp://example.org/", "//example.org/"]
)
def test_what_is_no_address_of_the_web_has_no_origin(address: str):
    assert origin_of(address) == ""
