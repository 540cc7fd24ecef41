"""Delivered files over HTTP: who may fetch them, for how long, and in which parts."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractUser
from django.core import signing
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from hub.orders import downloads, production, storage
from hub.orders.models import Order, Product, ProductFile
from hub.orders.ranges import ByteRange, Unsatisfiable, requested_range
from tests.hub.processes import Process, site

ETAG = '"e"'


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=0-99", (0, 99)),
        ("bytes=90-", (90, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-1", (99, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes= 3 - 4", (3, 4)),
    ],
)
def test_a_range_is_read_as_the_standard_says(header: str, part: tuple[int, int]) -> None:
    assert requested_range({"Range": header}, size=100, etag=ETAG) == ByteRange(*part)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=-0x1"],
)
def test_what_is_no_single_range_is_answered_with_the_whole(header: str) -> None:
    assert requested_range({"Range": header}, size=100, etag=ETAG) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_behind_the_end_is_unsatisfiable(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        requested_range({"Range": header}, size=size, etag=ETAG)


@pytest.mark.parametrize("condition", ['"other"', 'W/"e"', "Sat, 21 Nov 2026 00:00:00 GMT", ""])
def test_a_part_of_another_version_is_never_given(condition: str) -> None:
    assert requested_range({"Range": "bytes=5-", "If-Range": condition}, size=100, etag=ETAG) is None
    assert requested_range({"Range": "bytes=5-", "If-Range": ETAG}, size=100, etag=ETAG) == ByteRange(5, 99)


CONTENT = bytes(range(256)) * 4000  # about 1 MB, more than one chunk


@pytest.fixture
def file(claimed: Product, made_by: Any) -> ProductFile:
    production.deliver(claimed, made_by(claimed, CONTENT))
    return ProductFile.objects.select_related("product__order").get(name="B04.tiff")


@pytest.fixture
def url(file: ProductFile) -> str:
    return downloads.link(file)


@pytest.fixture(autouse=True)
async def no_connection_left_behind() -> AsyncIterator[None]:
    """A view's thread keeps its database connection, which would keep the test database from being dropped."""
    yield
    await sync_to_async(connections.close_all)()


async def body(response: Any) -> bytes:
    return b"".join([chunk async for chunk in response.streaming_content])


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refused download; never a page."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["code"] == code
    return document


@pytest.mark.django_db(transaction=True)
async def test_a_link_gives_the_file_with_its_name_type_and_checksum(url: str, file: ProductFile) -> None:
    response = await AsyncClient().get(url)
    assert response.status_code == 200
    assert await body(response) == CONTENT
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Content-Type"].startswith("image/tiff")
    assert response["Content-Disposition"] == 'attachment; filename="B04.tiff"'
    assert response["ETag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db(transaction=True)
async def test_a_range_gives_its_part(url: str) -> None:
    response = await AsyncClient().get(url, headers={"Range": "bytes=300000-600001"})
    assert response.status_code == 206
    assert await body(response) == CONTENT[300000:600002]
    assert response["Content-Range"] == f"bytes 300000-600001/{len(CONTENT)}"
    assert response["Content-Length"] == "300002"


@pytest.mark.django_db(transaction=True)
async def test_a_range_behind_the_end_is_refused_with_the_size(url: str) -> None:
    response = await AsyncClient().get(url, headers={"Range": f"bytes={len(CONTENT)}-"})
    problem(response, 416, "unsatisfiable_range")
    assert response["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.django_db(transaction=True)
async def test_head_tells_the_length_and_sends_nothing(url: str) -> None:
    response = await AsyncClient().head(url)
    assert (response.status_code, response["Content-Length"], response.content) == (200, str(len(CONTENT)), b"")


@pytest.mark.django_db(transaction=True)
async def test_a_file_that_the_client_has_is_not_sent_again(url: str, file: ProductFile) -> None:
    response = await AsyncClient().get(url, headers={"If-None-Match": f'"{file.sha256}"'})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("age_seconds", "expired"), [(58, False), (62, True)])
async def test_an_expired_link_says_so(
    file: ProductFile, settings: Any, monkeypatch: pytest.MonkeyPatch, age_seconds: int, expired: bool
) -> None:
    settings.DOWNLOAD_LINK_SECONDS = 60
    then = time.time() - age_seconds
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: then)
        url = downloads.link(file)
    response = await AsyncClient().get(url)
    if expired:
        assert "remedy" in problem(response, 410, "link_expired")
    else:
        assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_a_forged_link_is_not_found(url: str, file: ProductFile) -> None:
    token = url.split("/")[2]
    forged = signing.dumps([file.pk, file.product.order.owner_id], salt="another purpose")
    for bad in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "a:b:c", forged, "%00", "é" * 50):
        problem(await AsyncClient().get(f"/download/{bad}/B04.tiff"), 404, "not_found")
    problem(await AsyncClient().get(f"/download/{token}/another.html"), 404, "not_found")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", ["text", 5, [1], [1, 2, 3], ["a", "b"], {"a": 1}, None])
async def test_a_signed_token_that_holds_something_else_is_not_found(content: Any) -> None:
    token = signing.dumps(content, salt=downloads.SALT)
    problem(await AsyncClient().get(f"/download/{token}/B04.tiff"), 404, "not_found")


@pytest.mark.django_db(transaction=True)
async def test_charlie_who_is_signed_in_cannot_use_alices_link(
    url: str, alice: AbstractUser, charlie: AbstractUser
) -> None:
    client = AsyncClient()
    await client.aforce_login(charlie)
    problem(await client.get(url), 404, "not_found")
    await client.aforce_login(alice)
    assert (await client.get(url)).status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_the_links_of_a_person_who_was_shut_out_stop_working(url: str, alice: AbstractUser) -> None:
    alice.is_active = False
    await alice.asave()
    problem(await AsyncClient().get(url), 404, "not_found")


@pytest.mark.django_db(transaction=True)
async def test_a_file_that_is_gone_is_gone(url: str, file: ProductFile) -> None:
    await Order.objects.aupdate(expires_at=timezone.now())
    await sync_to_async(production.expire)()
    problem(await AsyncClient().get(url), 410, "file_gone")
    await ProductFile.objects.all().adelete()
    problem(await AsyncClient().get(url), 410, "file_gone")


@pytest.mark.django_db(transaction=True)
async def test_nginx_is_told_the_path_and_sends_the_file_itself(url: str, file: ProductFile, settings: Any) -> None:
    settings.X_ACCEL_LOCATION = "/protected/"
    await ProductFile.objects.aupdate(path=file.path.replace("Hills", "Hügel 1"))
    path = storage.path_of(file)
    path.parent.rename(path.parent.with_name("Hügel 1"))
    response = await AsyncClient().get(url)
    order = file.product.order_id
    assert response["X-Accel-Redirect"] == f"/protected/orders/{order}/S2GM_base/H%C3%BCgel%201/B04.tiff"
    assert response.content == b""
    assert response["Content-Disposition"] == 'attachment; filename="B04.tiff"'


# --- Over a real server -----------------------------------------------------------------------------

SPARSE_BYTES = 600 * 2**20


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[tuple[str, Process]]:
    with site(tmp_path, SECRET_KEY=os.environ["SECRET_KEY"]) as (address, process):
        yield address, process


def make_sparse(file: ProductFile, size: int) -> None:
    """Give ``file`` a content of ``size`` bytes that takes no room on disk."""
    with storage.path_of(file).open("wb") as content:
        content.truncate(size)
    ProductFile.objects.filter(pk=file.pk).update(size_bytes=size)


@pytest.mark.django_db(transaction=True)
def test_curl_and_wget_resume_a_broken_download(server: Any, url: str, tmp_path: Path) -> None:
    for command in (["curl", "-sS", "-f", "-C", "-", "-o"], ["wget", "-q", "-c", "-O"]):
        target = tmp_path / command[0]
        target.write_bytes(CONTENT[:700_001])
        subprocess.run([*command, target, server[0] + url], check=True)
        assert target.read_bytes() == CONTENT


@pytest.mark.django_db(transaction=True)
def test_a_hostile_file_name_stays_inside_its_header(server: Any, file: ProductFile) -> None:
    for name in ('a"; filename=evil.html; <b>.tiff', "Ispra é 木.tiff", "%2e%2e;\\t'.html"):
        ProductFile.objects.filter(pk=file.pk).update(name=name)
        file.name = name
        with urlopen(server[0] + downloads.link(file)) as response:
            assert response.read() == CONTENT
            assert response.headers.get_content_disposition() == "attachment"
            assert response.headers.get_filename() == name
            assert response.headers.get_content_type() in {"image/tiff", "application/octet-stream"}


@pytest.mark.django_db(transaction=True)
def test_memory_stays_constant_while_a_large_file_is_sent(server: Any, file: ProductFile, url: str) -> None:
    make_sparse(file, SPARSE_BYTES)
    address, process = server
    before = process.memory_mb()
    result = subprocess.run(
        ["curl", "-sS", "-f", "-o", "/dev/null", "-w", "%{size_download}", address + url],
        check=True,
        capture_output=True,
    )
    assert result.stdout == str(SPARSE_BYTES).encode()
    assert process.memory_mb() - before < 60


@pytest.mark.django_db(transaction=True)
def test_memory_stays_constant_when_the_client_does_not_read(server: Any, file: ProductFile, url: str) -> None:
    make_sparse(file, SPARSE_BYTES)
    address, process = server
    before = process.memory_mb()
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port)) as lazy:
        lazy.sendall(f"GET {url} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert lazy.recv(12) == b"HTTP/1.1 200"
        grown = []
        for _ in range(20):
            time.sleep(0.2)
            grown.append(process.memory_mb() - before)
    assert max(grown) < 60
