"""Response headers that tell browsers what the pages may do: nothing beyond what they need."""

from __future__ import annotations

from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

UNUSED_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


def content_security_policy(host: str | None) -> str:
    """The policy of a page served under ``host``; without host no websocket is allowed.

    Scripts and styles come from the site's own files only: none inline, none evaluated.
    """
    sockets = f" ws://{host} wss://{host}" if host else ""
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data:{_map_origins()}",
        # Some browsers do not take 'self' to mean websockets too.
        # MapLibre fetches the tiles of outside maps; Leaflet shows them as pictures.
        "connect-src": f"'self'{sockets}{_map_origins()}",
        # The threads of MapLibre, in a file of their own.
        "worker-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _map_origins() -> str:
    """`` https://host`` of the outside base map and of each outside overlay, each once; empty without any."""
    addresses = [settings.MAP_TILES_URL, *(overlay.get("url", "") for overlay in settings.INSAR_OVERLAYS)]
    return "".join(dict.fromkeys(f" {found}" for address in addresses if (found := origin_of(address))))


def origin_of(address: str) -> str:
    """``https://host`` of a map's address, with ``{s}`` as a wildcard; empty where it is none of the web."""
    url = urlsplit(address.replace("{s}", "*"))
    return f"{url.scheme}://{url.netloc}" if url.scheme in {"http", "https"} and url.netloc else ""


class ContentSecurityPolicyMiddleware:
    """Puts the policies on every response that has none of its own.

    Stands first in MIDDLEWARE, so that refusals by the others carry them as well.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest):
        if iscoroutinefunction(self):
            return self._answer_async(request)
        return self._protect(request, self.get_response(request))

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return self._protect(request, await self.get_response(request))

    @staticmethod
    def _protect(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        try:
            host = request.get_host()
        except DisallowedHost:
            host = None
        response.headers.setdefault("Content-Security-Policy", content_security_policy(host))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
