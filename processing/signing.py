"""Signatures for Planetary Computer's storage: free, short-lived, and needed for every file."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from urllib.request import urlopen

from processing.errors import SourceUnreachable
from processing.granule import BandFile, Granule

TOKEN_URL = "https://planetarycomputer.microsoft.com/api/sas/v1/token/sentinel-2-l2a"  # noqa: S105 not a secret
API_HOST = "planetarycomputer.microsoft.com"
_STORAGE = ".blob.core.windows.net"
# Tokens last about an hour. One that is nearly over would end in the middle of a product.
_ENOUGH = timedelta(minutes=20)


class Signer:
    """Puts a signature onto hrefs in Azure's storage; one token serves all files until it runs out."""

    def __init__(self, token_url: str = TOKEN_URL, *, timeout_seconds: float = 30) -> None:
        self._token_url = token_url
        self._timeout_seconds = timeout_seconds
        self._token = ""
        self._expires_at = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def signed(self, granule: Granule) -> Granule:
        """The granule with hrefs that can be opened for about an hour. Raises SourceUnreachable."""
        files: Mapping[str, BandFile] = {band: self._signed_file(file) for band, file in granule.files.items()}
        metadata_href = granule.metadata_href and self._signed_href(granule.metadata_href)
        return replace(granule, files=files, metadata_href=metadata_href)

    def _signed_file(self, file: BandFile) -> BandFile:
        copies = {size_m: self._signed_href(href) for size_m, href in file.copies.items()}
        return replace(file, href=self._signed_href(file.href), copies=copies)

    def _signed_href(self, href: str) -> str:
        parts = urlsplit(href)
        # A signature that is there already is the archive's own business.
        if parts.scheme != "https" or not (parts.hostname or "").endswith(_STORAGE) or parts.query:
            return href
        return parts._replace(query=self._current_token()).geturl()

    def _current_token(self) -> str:
        with self._lock:
            if self._expires_at - datetime.now(UTC) < _ENOUGH:
                self._token, self._expires_at = self._ask()
            return self._token

    def _ask(self) -> tuple[str, datetime]:
        try:
            with urlopen(self._token_url, timeout=self._timeout_seconds) as answer:  # noqa: S310 fixed https URL
                granted = json.loads(answer.read(100_000))
            expires_at = datetime.fromisoformat(granted["msft:expiry"]).astimezone(UTC)
            return str(granted["token"]), expires_at
        except (OSError, ValueError, KeyError, TypeError):
            # urllib's own messages may quote an answer with a token in it.
            host = urlsplit(self._token_url).hostname
            raise SourceUnreachable(
                f"{host} gives no signature for its files; the archive may be down, try again later."
            ) from None
