"""The page on which a finished mosaic is looked at, for its owner and for holders of a shared link."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hub.orders.models import Order, Product, ProductFile, Role
from hub.orders.period_titles import period_title
from hub.orders.states import Status
from hub.orders.views.readers import Door, for_readers
from hub.orders.views.wording import map_config
from hub.viewer.looks import band_titles, looks_of, ramp_titles, rasters_of
from processing.pixels.indices import INDICES

MOST_OTHERS = 30
"""Other orders to compare with, the newest."""

# About a metre: orders that only touch have nothing to compare.
TOUCH_DEGREES = 1e-5


@require_GET
@for_readers(page=True)
def view(request: HttpRequest, door: Door) -> HttpResponse:
    """The order's delivered products on a map; in words why there are none where that is so."""
    order = door.order
    products = _delivered(order)
    context: dict[str, Any] = {
        "order": order,
        "products": products,
        "door": door,
        "shared_token": door.token,
        "shared_link": door.link,
        "back": reverse("orders:shared", args=[door.token]) if door.token else order.get_absolute_url(),
    }
    if products:
        others = [] if door.token else _others(request.user, order, products)
        context |= {
            "looks": looks_of(order),
            "bands": band_titles(order),
            "others": others,
            "ramps": ramp_titles(),
            "copyright": _copyright(order),
            "series": _series(order),
            "config": _config(door, products, others),
        }
    return render(request, "viewer/viewer.html", context)


def _delivered(order: Order) -> list[Product]:
    """The products that can be looked at; none once the files are gone."""
    if order.status == Status.EXPIRED:
        return []
    pictures = Prefetch("files", ProductFile.objects.filter(role=Role.THUMBNAIL))
    return list(order.products.filter(status=Status.SUCCESSFUL).prefetch_related(pictures))


def _others(user: AbstractBaseUser | AnonymousUser, order: Order, products: list[Product]) -> list[Order]:
    """The user's other orders with products that overlap ``products``, newest first, with those ``products``."""
    covered: GEOSGeometry = MultiPolygon([product.footprint for product in products], srid=4326).unary_union
    overlapping = Product.objects.filter(
        status=Status.SUCCESSFUL, footprint__intersects=covered.buffer(-TOUCH_DEGREES)
    ).defer("statistics")
    found = Order.objects.visible_to(user).exclude(pk=order.pk).filter(status__in=[Status.SUCCESSFUL, Status.PARTIAL])
    found = found.filter(products__in=overlapping).distinct().defer("area")
    return list(found.prefetch_related(Prefetch("products", overlapping, to_attr="overlapping"))[:MOST_OTHERS])


def _config(door: Door, products: list[Product], others: list[Order]) -> dict[str, Any]:
    """What the page's scripts need to know."""
    order = door.order
    period = order.mosaic_spec.period
    return map_config() | {
        "file": slugify(order.name) or f"order-{order.pk}",
        "firstDay": period.first_day.isoformat(),
        "area": order.spec["area"],
        "products": [_layer(door, product) for product in products],
        "pixel": door.address("viewer:pixel"),
        "asks": _far_tile(door, products[0]) if door.token else "",
        "resolution": order.spec["resolution"],
        "titles": dict(band_titles(order)),
        "indices": {name: index.bands for name, index in INDICES.items()},
        "looks": [look.to_json() for _group, looks in looks_of(order) for look in looks if not look.missing],
        "others": [
            {
                "id": other.pk,
                "title": f"{other.name}, {period_title(other.mosaic_spec.period)}",
                "rasters": rasters_of(other),
                "products": [_layer(Door(other), product) for product in other.overlapping],
            }
            for other in others
        ],
    }


def _layer(door: Door, product: Product) -> dict[str, Any]:
    """A product as the map takes it."""
    tile = door.address("viewer:tile", product.pk, 0, 0, 0)
    return {
        "id": product.pk,
        "name": product.name,
        "bounds": list(product.footprint.extent),
        "tiles": tile.replace("/0/0/0.png", "/{z}/{x}/{y}.png"),
        "statistics": door.address("viewer:statistics", product.pk),
        "legend": door.address("viewer:legend", product.pk),
    }


def _far_tile(door: Door, product: Product) -> str:
    """A map tile that holds nothing: asking for it says whether the reader may still see the order, at little cost."""
    return f"{door.address('viewer:tile', product.pk, 20, 0, 0)}?show={rasters_of(door.order)[0]}"


def _series(order: Order) -> str:
    """Address of a time series over the order's year, for the page to add a place to."""
    year = order.mosaic_spec.period.first_day.year
    asked = {
        "kind": order.spec["period"]["kind"],
        "resolution": order.spec["resolution"],
        "start": date(year, 1, 1),
        "end": min(date(year, 12, 31), timezone.now().date()),
    }
    return f"{reverse('series:tool')}?{urlencode(asked)}"


def _copyright(order: Order) -> str:
    """What the Copernicus licence asks for."""
    year = order.mosaic_spec.period.first_day.year
    return _("Contains modified Copernicus Sentinel data %(year)s") % {"year": year}
