"""From requests to views of products: which product, which look, whether it has changed, and every refusal."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _

from hub.api.problems import problem_response
from hub.errors import FileGone, HubError, NotFound
from hub.orders.models import Product, ProductFile, Role
from hub.orders.states import Status
from hub.orders.storage import path_of
from hub.orders.views.readers import Door
from processing.viewing.errors import LookRefused, ProductUnreadable
from processing.viewing.look import Look
from processing.viewing.view import ProductView

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]

EDITION = 1
"""To be raised when the same files and the same address are to give another answer: browsers keep what they have."""


class LookImpossible(HubError):
    """What was asked to be shown cannot be."""

    code = "invalid_look"

    SENTENCES: ClassVar[dict[tuple[str, str], Any]] = {
        ("show", "missing"): _("Nothing is named that is to be shown."),
        ("show", "too_many"): _("At most three rasters can be shown at once."),
        ("show", "unknown"): _("There is no raster and no index of that name."),
        ("show", "alone"): _("Classes, scenes and indices can only be shown alone."),
        ("show", "not_in_product"): _("The product does not hold all that is to be shown."),
        ("range", "not_a_number"): _("The range is not a pair of numbers."),
        ("range", "count"): _("There must be one range for all channels, or one for each."),
        ("range", "empty"): _("The low end of the range must be below its high end."),
        ("colours", "unknown"): _("There is no colour ramp of that name."),
        ("gamma", "not_a_number"): _("Gamma is not a number."),
        ("gamma", "out_of_range"): _("Gamma must be from 0.1 to 10."),
    }

    def __init__(self, refused: LookRefused) -> None:
        super().__init__(self.SENTENCES[refused.field, refused.reason], remedy=_("Choose something else to be shown."))


class PlaceImpossible(HubError):
    """A coordinate or a rectangle that is none."""

    code = "invalid_place"
    sentence = _("The place is not given in degrees of longitude and latitude.")


class Unreadable(HubError):
    """The product's files are there, and damaged."""

    code = "file_unreadable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    mender = "operator"
    sentence = _("This product’s files cannot be read.")
    remedy = _("Write to the service desk if it stays so.")


@dataclass(frozen=True)
class Viewed:
    """A delivered product and what its files are."""

    product: Product
    folder: Path
    digest: str
    """Of what was delivered."""

    def view(self) -> ProductView:
        """Raises FileNotFoundError, ProductUnreadable."""
        return ProductView.open(self.folder)

    def etag(self, *asked: Any) -> str:
        """Changes with the files and with what is ``asked`` of them."""
        told = "|".join(map(repr, (EDITION, self.product.pk, self.product.attempt, self.digest, *asked)))
        return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def answering_problems(view: View) -> View:
    """Have every refusal of ``view`` answered as problem+json."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except LookRefused as refused:
            return problem_response(LookImpossible(refused))
        except HubError as refused:
            return problem_response(refused)
        except Http404:
            return problem_response(NotFound())
        except FileNotFoundError:
            return problem_response(FileGone())
        except ProductUnreadable:
            logger.exception("A product cannot be looked into")
            return problem_response(Unreadable())

    return answered


def unchanged(request: HttpRequest, etag: str) -> HttpResponseBase | None:
    """The answer to a browser that has this already; None where it has not."""
    response = get_conditional_response(request, etag=etag)
    if response is not None:
        response["ETag"] = etag
    return response


def viewed(door: Door, product_pk: int) -> Viewed:
    """One of the order's delivered products. Raises Http404, NotFound before it is made, FileGone afterwards."""
    product = door.product(product_pk)
    return _viewed(product, product.files.filter(role=Role.DATA))


def all_viewed(door: Door) -> list[Viewed]:
    """All delivered products of the order, by name. Raises FileGone where there were some."""
    files = ProductFile.objects.filter(product__order=door.order, role=Role.DATA).select_related("product")
    by_product: dict[Product, list[ProductFile]] = {}
    for file in files.order_by("product__name", "name"):
        by_product.setdefault(file.product, []).append(file)
    found = [_viewed(product, of_it) for product, of_it in by_product.items() if product.status == Status.SUCCESSFUL]
    if by_product and not found:
        raise FileGone
    return found


def _viewed(product: Product, files: Sequence[ProductFile] | Any) -> Viewed:
    files = list(files)
    if product.status == Status.EXPIRED:
        raise FileGone
    if product.status != Status.SUCCESSFUL or not files:
        raise NotFound
    digest = hashlib.sha256("".join(sorted(file.sha256 for file in files)).encode()).hexdigest()
    return Viewed(product, path_of(files[0]).parent, digest)


def look_of(request: HttpRequest) -> Look:
    """What the query asks to be shown. Raises LookRefused."""
    query = request.GET
    return Look.parse(
        show=query.get("show", ""),
        ranges=query.get("range", ""),
        colours=query.get("colours", ""),
        gamma=query.get("gamma", ""),
    )


def degrees(text: str | None, most: float) -> float:
    """A coordinate from a query. Raises PlaceImpossible."""
    try:
        number = float(text or "") if len(text or "") <= 32 else math.nan
    except ValueError:
        number = math.nan
    if not abs(number) <= most:
        raise PlaceImpossible
    return number


def bounds_of(request: HttpRequest) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the query, if it has them. Raises PlaceImpossible."""
    text = request.GET.get("bounds", "")
    if not text:
        return None
    parts = text.split(",", 4)
    if len(parts) != 4:
        raise PlaceImpossible
    # A map that shows the world more than once.
    west, east = (degrees(part, 540) for part in parts[::2])
    south, north = (degrees(part, 90) for part in parts[1::2])
    if not (west < east and south < north):
        raise PlaceImpossible
    return west, south, east, north
