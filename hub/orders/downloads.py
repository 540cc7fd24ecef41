"""Delivered files over HTTP: signed links that expire, ranges, and constant memory whatever the size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_safe

from hub.api.problems import problem_response
from hub.errors import FileGone, HubError, LinkExpired, NotFound, ShareEnded, UnsatisfiableRange
from hub.orders.models import ProductFile, ShareLink
from hub.orders.ranges import ByteRange, Unsatisfiable, requested_range
from hub.orders.storage import path_of
from processing import registry

SALT = "hub.orders.downloads"
SHARED = "share"
"""Begins the token of a link that is good for as long as a shared link is."""
CHUNK_BYTES = 2**18
# Without a line here a file is sent as bytes to be saved: so is the quality report, which is HTML.
SIDECARS = {
    ".json": "application/json",
    ".png": "image/png",
    ".qml": "application/xml",
    ".vrt": "application/xml",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


def link(file: ProductFile) -> str:
    """A URL path from which whoever holds it can fetch ``file`` until it expires.

    Give it to the owner only. The token is readable, not secret: two row numbers and a time.
    """
    return _address(file, [file.pk, file.product.order.owner_id])


def link_for_visitors(file: ProductFile, share: ShareLink) -> str:
    """As ``link``, for those whom ``share`` lets in: it ends when the share ends, if not before."""
    return _address(file, [SHARED, file.pk, share.pk])


def _address(file: ProductFile, content: list[int | str]) -> str:
    return reverse("orders:download", args=[signing.dumps(content, salt=SALT), file.name])


@require_safe
async def serve(request: HttpRequest, token: str, filename: str) -> HttpResponseBase:
    """The file that ``token`` opens: whole, in part, or by nginx; every refusal is problem+json."""
    try:
        file = await _opened(request, token, filename)
        path = path_of(file)
        if not await asyncio.to_thread(path.is_file):
            raise FileGone
    except HubError as error:
        return problem_response(error)
    if settings.X_ACCEL_LOCATION:
        response: HttpResponseBase = HttpResponse()
        # nginx answers ranges itself, and takes its own length and validators from the file.
        response["X-Accel-Redirect"] = settings.X_ACCEL_LOCATION.rstrip("/") + "/" + quote(file.path)
    else:
        response = _streamed(request, file, path)
    return _described(response, file)


async def _opened(request: HttpRequest, token: str, filename: str) -> ProductFile:
    try:
        match signing.loads(token, salt=SALT, max_age=settings.DOWNLOAD_LINK_SECONDS):
            case [int(file_pk), int(owner_pk)]:
                file = await _of_owner(request, file_pk, owner_pk)
            case [str(kind), int(file_pk), int(share_pk)] if kind == SHARED:
                file = await _of_share(file_pk, share_pk)
            case _:
                raise NotFound
    except signing.SignatureExpired:
        raise LinkExpired from None
    except signing.BadSignature:
        raise NotFound from None
    if file.name != filename:
        raise NotFound
    return file


async def _of_owner(request: HttpRequest, file_pk: int, owner_pk: int) -> ProductFile:
    """The file, for the owner of its order and whoever they gave the link to."""
    user = await request.auser()
    # The link works without a session, for curl and QGIS; but somebody else's session is refused.
    if user.is_authenticated and user.pk != owner_pk:
        raise NotFound
    file = await _file(file_pk)
    order = file.product.order
    if order.owner.pk != owner_pk or not order.owner.is_active or order.removed_at is not None:
        raise NotFound
    return file


async def _of_share(file_pk: int, share_pk: int) -> ProductFile:
    """The file, for visitors of a shared order, whoever they are; the share is asked at every request."""
    share = await ShareLink.objects.usable().filter(pk=share_pk).afirst()
    if share is None:
        raise ShareEnded
    file = await _file(file_pk)
    if file.product.order_id != share.order_id:
        raise NotFound
    return file


async def _file(file_pk: int) -> ProductFile:
    file = await ProductFile.objects.select_related("product__order__owner").filter(pk=file_pk).afirst()
    if file is None:
        raise FileGone
    return file


def _streamed(request: HttpRequest, file: ProductFile, path: Path) -> HttpResponseBase:
    etag = f'"{file.sha256}"'
    if request.headers.get("If-None-Match") in {etag, "*"}:
        return _validated(HttpResponse(status=304), file)
    size = file.size_bytes
    try:
        wanted = requested_range(request.headers, size=size, etag=etag)
    except Unsatisfiable:
        response = problem_response(UnsatisfiableRange())
        response["Content-Range"] = f"bytes */{size}"
        return _validated(response, file)
    part = wanted or ByteRange(0, size - 1)
    if request.method == "HEAD":
        response = HttpResponse(status=206 if wanted else 200)
    else:
        response = StreamingHttpResponse(_chunks(path, part), status=206 if wanted else 200)
    response["Content-Length"] = str(part.length)
    if wanted:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return _validated(response, file)


def _validated(response: HttpResponseBase, file: ProductFile) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{file.sha256}"'
    delivered_at = file.product.finished_at or datetime.now(tz=UTC)
    response["Last-Modified"] = http_date(delivered_at.timestamp())
    return response


def _described(response: HttpResponseBase, file: ProductFile) -> HttpResponseBase:
    """Headers that make a browser save the file under its name and never run it as a page."""
    if response.status_code < 300:
        response["Content-Type"] = _media_type(file.name)
        response["Content-Disposition"] = content_disposition_header(True, file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-transform"
    return response


def _media_type(name: str) -> str:
    rasters = {f".{known.extension.lstrip('.')}": known.media_type for known in registry.formats().values()}
    return (rasters | SIDECARS).get(Path(name).suffix, "application/octet-stream")


async def _chunks(path: Path, part: ByteRange) -> AsyncIterator[bytes]:
    """The bytes of ``part``, one chunk in memory at a time, read beside the event loop."""
    content = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(content.seek, part.first)
        left = part.length
        while left > 0:
            chunk = await asyncio.to_thread(content.read, min(CHUNK_BYTES, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
    finally:
        content.close()
