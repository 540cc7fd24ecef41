"""alice owns, bob shares her group, charlie sees nothing, olga works at the service desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from hub.orders.models import Order
from portal.accounts.models import User
from portal.support import spam
from processing.sample import make_archive
from processing.spec import MosaicSpec

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items.json of a generated archive of 3 x 3 km and four dates of June 2024."""
    return make_archive(tmp_path_factory.mktemp("portal-archive") / "small", size_km=3, dates=4)


@pytest.fixture(autouse=True)
def surroundings(settings: Any, small_archive: Path) -> None:
    """The small archive, quick passwords, and rate limits that no other test has counted in."""
    settings.MOSAIC_SOURCE = str(small_archive)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


def person(name: str, **extra: Any) -> User:
    """A user with a confirmed address."""
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, **extra)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="alice and bob")


@pytest.fixture
def alice(group: Group) -> User:
    user = person("alice")
    user.groups.add(group)
    return user


@pytest.fixture
def bob(group: Group) -> User:
    user = person("bob")
    user.groups.add(group)
    return user


@pytest.fixture
def charlie(db: None) -> User:
    return person("charlie")


@pytest.fixture
def olga(db: None) -> User:
    return person("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """``signed_in(user)``: a browser of that person."""

    def client(user: User) -> Client:
        made = Client()
        made.force_login(user)
        return made

    return client


@pytest.fixture
def order(alice: User) -> Order:
    """An order of alice. How it is made is none of the portal's business."""
    square = Polygon.from_bbox((14.9, 46.0, 15.0, 46.1))
    spec = MosaicSpec.parse(
        {
            "name": "Ljubljana marsh",
            "area": json.loads(square.geojson),
            "period": {"kind": "month", "start": "2024-06-01"},
            "resolution": 60,
            "bands": ["B04"],
        }
    )
    return Order.objects.create(
        owner=alice,
        name=spec.name,
        spec=spec.to_json(),
        digest=spec.digest(),
        area=MultiPolygon(square),
        area_km2=spec.area_km2,
    )


@pytest.fixture
def letter(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """``letter(**changes)``: what a person types into the contact form, a minute after opening it."""

    def make(**changes: str) -> dict[str, str]:
        with monkeypatch.context() as earlier:
            now = spam.signing.time.time()
            earlier.setattr(spam.signing.time, "time", lambda: now - timedelta(minutes=1).total_seconds())
            opened = spam.stamp()
        typed = {"email": "dora@example.net", "subject": "A question", "message": "Where is my mosaic?"}
        return {**typed, "opened": opened, "website": "", **changes}

    return make
