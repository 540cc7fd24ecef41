"""alice owns, bob shares her group, charlie sees nothing; and an archive small enough to order from in a test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from celery import current_app
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.test import Client
from rest_framework.test import APIClient

from hub.insar.models import Release
from hub.orders import ordering, production
from hub.orders.models import Order, Product
from processing.mosaic import MadeFile, MadeProduct
from processing.sample import make_archive
from processing.sources import open_source
from processing.spec import MosaicSpec
from tests.hub import motion

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items.json of a generated archive of 3 x 3 km and four dates of June 2024, on two tiles."""
    return make_archive(tmp_path_factory.mktemp("archive") / "small", size_km=3, dates=4)


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path, small_archive: Path) -> None:
    """Each test orders from the small archive and has storage of its own."""
    settings.MOSAIC_SOURCE = str(small_archive)
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SCRATCH_ROOT = tmp_path / "scratch"
    settings.VAR = tmp_path / "var"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    # A password's slow hash would be most of a test's time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def person(name: str, **extra: Any) -> AbstractUser:
    return get_user_model().objects.create_user(name, f"{name}@example.org", PASSWORD, **extra)


@pytest.fixture
def alice(db: None, group: Group) -> AbstractUser:
    user = person("alice")
    user.groups.add(group)
    return user


@pytest.fixture
def bob(db: None, group: Group) -> AbstractUser:
    user = person("bob")
    user.groups.add(group)
    return user


@pytest.fixture
def charlie(db: None) -> AbstractUser:
    return person("charlie")


@pytest.fixture
def operator(db: None) -> AbstractUser:
    return person("olga", is_staff=True, is_superuser=True)


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="alice and bob")


@pytest.fixture
def empty_queue(servers: None) -> Iterator[None]:
    """The real queue, with nothing in it."""
    current_app.control.purge()
    yield
    current_app.control.purge()


@pytest.fixture
def spec_json(small_archive: Path) -> dict[str, Any]:
    """An order for the middle kilometre of the small archive."""
    west, south, east, north = open_source(str(small_archive)).extent().bounds
    middle = shapely.Point((west + east) / 2, (south + north) / 2)
    half = 0.006
    return {
        "name": "Hills",
        "area": {
            "type": "Polygon",
            "coordinates": [
                [
                    [middle.x - half, middle.y - half],
                    [middle.x + half, middle.y - half],
                    [middle.x + half, middle.y + half],
                    [middle.x - half, middle.y + half],
                    [middle.x - half, middle.y - half],
                ]
            ],
        },
        "period": {"kind": "month", "start": "2024-06-01"},
        "resolution": 60,
        "crs": "utm",
        "bands": ["B04", "B03", "B02"],
        "layers": ["valid_obs"],
        "method": "s2gm",
        "method_options": {},
        "mask": None,
        "format": "geotiff",
    }


@pytest.fixture
def spec(spec_json: dict[str, Any]) -> MosaicSpec:
    return MosaicSpec.parse(spec_json)


@pytest.fixture
def order(alice: AbstractUser, spec: MosaicSpec) -> Order:
    """An accepted order of alice with one product."""
    return ordering.submit(alice, spec)


@pytest.fixture
def product(order: Order) -> Product:
    return order.products.get()


@pytest.fixture
def claimed(product: Product) -> Product:
    """The product of alice's order in the hands of a worker."""
    taken = production.claim(product.pk, worker="test")
    assert taken is not None
    return taken


WHOLE = {
    "B04.jp2": ("data", "B04"),
    "B04.jp2.aux.xml": ("metadata", None),
    "valid_obs.jp2": ("data", "valid_obs"),
    "metadata.json": ("metadata", None),
    "qc.html": ("metadata", None),
    "quicklook.png": ("thumbnail", None),
    "true_colour.vrt": ("style", None),
    "../inspire.xml": ("metadata", None),
}
"""Files of every role, by their place in the product's folder."""


@pytest.fixture
def made_by(settings: Any) -> Callable[..., MadeProduct]:
    """Writes what the engine would have written for an attempt, quickly and with known bytes."""

    def make(
        product: Product, content: bytes = b"pixels", *, whole: bool = False, statistics: dict[str, Any] | None = None
    ) -> MadeProduct:
        from hub.orders.storage import scratch_folder

        into = scratch_folder(product)
        folder = into / "S2GM_base" / product.name
        folder.mkdir(parents=True)
        files = WHOLE if whole else {"B04.tiff": ("data", "B04"), "metadata.json": ("metadata", None)}
        return MadeProduct(
            folder=folder,
            files=tuple(_file(into, (folder / name).resolve(), content, *kind) for name, kind in files.items()),
            statistics=statistics or {"valid_share": 0.9},
            warnings=("One granule could not be read.",),
        )

    return make


def _file(into: Path, path: Path, content: bytes, role: str, layer: str | None) -> MadeFile:
    if role != "data":
        content = path.name.encode()
    path.write_bytes(content)
    name = path.relative_to(into).as_posix()
    return MadeFile(name, len(content), hashlib.sha256(content).hexdigest(), role, layer)


@pytest.fixture
def delivered(claimed: Product, made_by: Callable[..., MadeProduct]) -> Product:
    """The product of alice's order, delivered."""
    production.deliver(claimed, made_by(claimed))
    claimed.refresh_from_db()
    return claimed


@pytest.fixture
def api(alice: AbstractUser) -> Callable[..., APIClient]:
    """``api(user)``: that person's API client; ``api()``: a stranger's."""

    def client(user: AbstractUser | None = None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.force_authenticate(user)
        return made

    return client


@pytest.fixture
def choices(spec_json: dict[str, Any]) -> dict[str, Any]:
    """What the form sends for the order ``spec_json``."""
    ring = spec_json["area"]["coordinates"][0]
    return {
        "area": "POLYGON((" + ", ".join(f"{x} {y}" for x, y in ring) + "))",
        "kind": "month",
        "month": "2024-06-01",
        "day": "",
        "resolution": "60",
        "crs": "utm",
        "bands": ["B04", "B03", "B02"],
        "layers": ["valid_obs"],
        "method": "s2gm",
        "format": "geotiff",
        "name": "Hills",
    }


@pytest.fixture
def as_alice(alice: AbstractUser, client: Client) -> Client:
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture(scope="session")
def motion_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Generated files of ground motion by level, some thousand points each: tests/hub/motion.py."""
    return motion.make_files(tmp_path_factory.mktemp("motion"))


@pytest.fixture(scope="module")
def motion_releases(
    motion_files: dict[str, list[Path]], django_db_setup: None, django_db_blocker: Any
) -> Iterator[dict[str, Release]]:
    """Releases by level, "L2a", "L2b", "L3": taken in once per module. Not for tests with transaction=True."""
    with django_db_blocker.unblock(), motion.kept_releases(motion_files) as releases:
        yield releases
