"""A STAC API such as Earth Search, Planetary Computer or the Copernicus Data Space.

``URL#collection`` names another collection than sentinel-2-l2a, for example
``https://earth-search.aws.element84.com/v1#sentinel-2-c1-l2a``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from processing.errors import CorruptInput, ProcessingError, SourceUnreachable
from processing.granule import Granule, granule_from_item, is_level_2a
from processing.signing import API_HOST, Signer
from processing.sources.base import Extent, host_of, selected

if TYPE_CHECKING:
    from pystac_client import Client

NAME = "stac"
_DEFAULT_COLLECTION = "sentinel-2-l2a"
# An item is some 25 kB; Earth Search fails on answers over about 6 MB.
_PAGE_SIZE = 100
# Far more than any area and year has: only an archive that never stops sending pages gets there.
_MOST_ITEMS = 100_000
_MOST_VERTICES = 500
_BUSY = (429, 502, 503, 504)
# A datatake is at most about 50 minutes long, and archives file a granule by any time within it.
_HOURS_AFTER = 1


@dataclass(frozen=True)
class Patience:
    """How long to wait for an archive, and how often to ask again when it is busy."""

    connect_seconds: float = 10
    read_seconds: float = 60
    retries: int = 4
    backoff_seconds: float = 1
    longest_pause_seconds: int = 30


def accepts(where: str) -> bool:
    """Whether ``where`` is an http or https URL."""
    return where.lower().startswith(("http://", "https://"))


def connect(where: str) -> StacSource:
    """The source that ``where`` names. Raises SourceUnreachable."""
    return StacSource(where)


class StacSource:
    """Granules found by item search; nothing is kept but the connection."""

    name = NAME

    def __init__(self, where: str, *, patience: Patience | None = None, signer: Signer | None = None) -> None:
        """Open the API. ``signer`` is by default Planetary Computer's for its own items, and none else."""
        self._url, _, fragment = where.partition("#")
        self._collection = fragment or _DEFAULT_COLLECTION
        self._host = host_of(self._url) or "a URL without a host"
        self._signer = signer or (Signer() if self._host == API_HOST else None)
        self._patience = patience or Patience()
        self.rejected: tuple[str, ...] = ()
        self.title = f"{self._collection} at {self._host}"
        with self._plain_errors():
            self._client = _open_client(self._url, self._patience)

    def search(self, area: BaseGeometry, first_day: date, last_day: date) -> list[Granule]:
        """See ``Source.search``."""
        rejected: list[str] = []
        with self._plain_errors():
            granules = list(self._granules(area, first_day, last_day, rejected))
        self.rejected = tuple(rejected)
        found = selected(granules, area, first_day, last_day)
        return [self._signer.signed(granule) for granule in found] if self._signer else found

    def extent(self) -> Extent:
        """What the collection says it covers."""
        with self._plain_errors():
            collection = self._client.get_collection(self._collection)
            if collection is None:
                raise CorruptInput(f"{self._host} has no collection {self._collection}; name one after #.")
            west, south, *_, east, north = _flat(collection.extent.spatial.bboxes[0])
            first, last = collection.extent.temporal.intervals[0]
        return Extent((west, south, east, north), first and first.date(), last and last.date())

    def _granules(self, area: BaseGeometry, first_day: date, last_day: date, rejected: list[str]) -> Iterator[Granule]:
        # No "query" or "filter": Earth Search refuses them beside "intersects".
        end = f"{last_day + timedelta(days=1)}T{_HOURS_AFTER:02}:00:00Z"
        search = self._client.search(
            collections=[self._collection],
            intersects=mapping(simple_cover(area)),
            datetime=f"{first_day}T00:00:00Z/{end}",
            limit=_PAGE_SIZE,
        )
        for number, item in enumerate(search.items_as_dicts()):
            if number >= _MOST_ITEMS:
                raise CorruptInput(f"{self._host} does not stop sending items; the search was given up.")
            if is_level_2a(item):
                try:
                    yield granule_from_item(item, base=self._base_of(item))
                except CorruptInput as problem:
                    rejected.append(str(problem))

    def _base_of(self, item: dict[str, Any]) -> str:
        """What the item's relative hrefs start from: the place of the item itself."""
        links = item.get("links") or []
        own = next((link["href"] for link in links if link.get("rel") == "self"), "")
        return urljoin(own, ".") if accepts(own) else self._url

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Turn whatever pystac-client, requests and odd answers raise into one plain sentence.

        The original errors quote URLs and answers, in which secrets may stand: they are not chained.
        """
        try:
            yield
        except ProcessingError:
            raise
        except Exception as error:
            raise SourceUnreachable(f"The archive at {self._host} {_complaint(error)}.") from None


def simple_cover(area: BaseGeometry) -> BaseGeometry:
    """``area``, or a shape of at most 500 vertices that covers it: archives refuse long geometries."""
    covers = (
        lambda: area,
        lambda: shapely.union_all([part.convex_hull for part in getattr(area, "geoms", [area])]),
        lambda: area.convex_hull,
        lambda: area.envelope,
    )
    for cover in covers:
        simple = cover()
        if shapely.get_num_coordinates(simple) <= _MOST_VERTICES:
            break
    return simple


def _open_client(url: str, patience: Patience) -> Client:
    # pystac-client takes a while to import and is needed by no other source.
    from pystac_client import Client
    from pystac_client.stac_api_io import StacApiIO
    from urllib3 import Retry

    retry = Retry(
        total=patience.retries,
        # Only a busy archive is asked often: the others answer the first time or not at all.
        connect=min(1, patience.retries),
        read=min(1, patience.retries),
        other=0,
        backoff_factor=patience.backoff_seconds,
        retry_after_max=patience.longest_pause_seconds,
        status_forcelist=_BUSY,
        allowed_methods=None,  # a search is a POST that changes nothing
    )
    timeout = (patience.connect_seconds, patience.read_seconds)
    return Client.open(url, stac_io=StacApiIO(max_retries=retry, timeout=timeout), timeout=timeout)


def _complaint(error: Exception) -> str:
    """What the archive did, to go on from "The archive at so-and-so ..."."""
    from pystac_client.exceptions import APIError
    from requests import exceptions
    from urllib3.exceptions import ReadTimeoutError

    cause = error.__context__ if isinstance(error, APIError) else error
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return f"refuses access (HTTP {status}); only archives that can be searched without an account serve"
    if status is not None:
        return f"answers with an error (HTTP {status}); check its URL or try again later"
    if isinstance(cause, exceptions.SSLError):
        return "has a certificate that cannot be trusted; check its URL and the system's certificates"
    if isinstance(cause, exceptions.RetryError):
        return "stays too busy to answer; try again later"
    if isinstance(cause, exceptions.Timeout) or isinstance(_last_reason(cause), ReadTimeoutError):
        return "does not answer in time; try again later"
    if isinstance(cause, exceptions.RequestException):
        return "cannot be reached; check its URL and the network"
    return "does not answer like a STAC API with item search; check its URL"


def _last_reason(error: BaseException | None) -> object:
    """What went wrong in the last attempt, where requests reports a number of them."""
    given_up = error.args[0] if error is not None and error.args else None
    return getattr(given_up, "reason", None)


def _flat(bbox: list[float]) -> tuple[float, ...]:
    """A box of two or three dimensions as west, south, east, north."""
    half = len(bbox) // 2
    return (*bbox[:2], *bbox[half : half + 2])
