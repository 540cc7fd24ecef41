"""A user's verbs: submit, dismiss, repeat, and for operators approve and run again.

Each is one transaction with the order's row locked, and raises an error of ``hub.errors`` or
``processing.errors`` without having changed anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import transaction
from django.utils import timezone

from hub.archive import archive
from hub.errors import KeyReused, NotActive, NotAllowed, NotFound, TooManyOrders
from hub.orders import history, queue
from hub.orders.committed import once_committed
from hub.orders.models import Order, Product
from hub.orders.production import kept_until, lock, settle
from hub.orders.states import ACTIVE, Status
from hub.realtime import announce
from processing.errors import FieldProblem, InvalidOrder
from processing.mosaic import ProductPlan, estimate_megabytes, plan_products

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

    from processing.spec import MosaicSpec

OPERATE = "orders.change_order"
NOT_AN_OPERATOR = "Only an operator may {verb} an order."


@dataclass(frozen=True)
class Estimate:
    """What an order would come to. Nothing was changed to find out."""

    area_km2: float
    products: int
    pixels: int
    megabytes: float
    held: bool
    """Whether it would wait for an operator's approval."""


def submit(
    owner: AbstractUser, spec: MosaicSpec, *, dry_run: bool = False, idempotency_key: str = ""
) -> Order | Estimate:
    """Take ``spec`` as an order of ``owner``, or with ``dry_run`` only say what it would come to.

    Raises InvalidOrder (with the field), NoScenes, SourceUnreachable or TooManyOrders. With an
    ``idempotency_key`` that the owner used before, the order of that time is returned again.
    """
    if idempotency_key and not dry_run and (earlier := _earlier(owner, idempotency_key, spec)):
        return earlier
    if dry_run:
        _check_active_orders(owner)
        return estimate(spec)
    plans = _checked_plans(spec)
    with transaction.atomic():
        # Orders of one person are taken one after the other: two at once would pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=owner.pk)
        if idempotency_key and (earlier := _earlier(owner, idempotency_key, spec)):
            return earlier
        _check_active_orders(owner)
        return _insert(owner, spec, plans, idempotency_key)


def estimate(spec: MosaicSpec) -> Estimate:
    """What ``spec`` would come to for anyone; raises what ``submit`` would but TooManyOrders."""
    plans = _checked_plans(spec)
    return Estimate(
        area_km2=round(spec.area_km2, 1),
        products=len(plans),
        pixels=sum(plan.grid.width * plan.grid.height for plan in plans),
        megabytes=math.ceil(estimate_megabytes(spec, plans) * 10) / 10,
        held=_is_held(spec),
    )


def dismiss(order: Order, *, by: AbstractUser) -> Order:
    """Stop what is not finished of ``order``. Products delivered already are kept until they expire."""
    _require_owner_or_operator(order, by)
    with transaction.atomic():
        order = lock(order.pk)
        before = order.status
        now = timezone.now()
        if not Order.objects.filter(pk=order.pk).move(Status.DISMISSED, finished_at=now, expires_at=kept_until(now)):
            raise NotActive(f"The order is {order.status} already and cannot be dismissed.")
        order.products.all().move(Status.DISMISSED, finished_at=now, stage="")
        order.refresh_from_db()
        history.record(order, before=before, after=Status.DISMISSED, who=by)
        once_committed(announce, order)
    return order


def repeat(order: Order, *, by: AbstractUser) -> Order:
    """A new order of ``by`` for the same mosaic, with all the checks of a new one."""
    _require_owner_or_operator(order, by)
    return submit(by, order.mosaic_spec)


def approve(order: Order, *, by: AbstractUser) -> Order:
    """Let a held order run. Operators only."""
    _require_operator(by, "approve")
    with transaction.atomic():
        order = lock(order.pk)
        if order.status != Status.HELD:
            raise NotActive(f"The order is {order.status}; only a held order can be approved.")
        Order.objects.filter(pk=order.pk).move(Status.ACCEPTED)
        order.products.filter(status=Status.HELD).move(Status.ACCEPTED)
        return _set_going(order, by=by, note="approved")


def run_again(order: Order, *, by: AbstractUser) -> Order:
    """Have the failed products of ``order`` made again, with all their attempts. Operators only."""
    _require_operator(by, "run again")
    with transaction.atomic():
        order = lock(order.pk)
        failed = order.products.filter(status=Status.FAILED)
        if order.status not in {Status.FAILED, Status.PARTIAL} or not failed.exists():
            raise NotActive(f"The order is {order.status} and has no failed product to run again.")
        Order.objects.filter(pk=order.pk).move(Status.ACCEPTED, finished_at=None, expires_at=None, error="")
        failed.move(
            Status.ACCEPTED,
            failures=0,
            percent=0,
            stage="",
            error="",
            error_code="",
            retry_at=None,
            finished_at=None,
            enqueued_at=None,
        )
        return _set_going(order, by=by, note="run again")


def _set_going(order: Order, *, by: AbstractUser, note: str) -> Order:
    """Record that ``order`` was moved to accepted, and enqueue its products on commit."""
    before = order.status
    order.refresh_from_db()
    history.record(order, before=before, after=Status.ACCEPTED, who=by, note=note)
    settle(order)
    waiting = list(order.products.filter(status=Status.ACCEPTED).values_list("pk", flat=True))
    once_committed(queue.enqueue, waiting)
    once_committed(announce, order)
    return order


def _insert(owner: AbstractUser, spec: MosaicSpec, plans: Sequence[ProductPlan], idempotency_key: str) -> Order:
    status = Status.HELD if _is_held(spec) else Status.ACCEPTED
    order = Order.objects.create(
        owner=owner,
        name=spec.name,
        spec=spec.to_json(),
        digest=spec.digest(),
        area=_multipolygon(spec),
        area_km2=spec.area_km2,
        status=status,
        idempotency_key=idempotency_key,
    )
    products = Product.objects.bulk_create(
        Product(
            order=order,
            name=plan.name,
            tile=plan.tile or "",
            footprint=GEOSGeometry(plan.grid.footprint.wkt, srid=4326),
            status=status,
        )
        for plan in plans
    )
    history.record(order, before="", after=status, who=owner)
    if status == Status.ACCEPTED:
        once_committed(queue.enqueue, [product.pk for product in products])
    once_committed(announce, order)
    return order


def _multipolygon(spec: MosaicSpec) -> MultiPolygon:
    area = GEOSGeometry(spec.geometry.wkt, srid=4326)
    return MultiPolygon(area, srid=4326) if isinstance(area, Polygon) else area


def _checked_plans(spec: MosaicSpec) -> Sequence[ProductPlan]:
    """The products of ``spec``, if it is within the limits and the archive has scenes for it."""
    if spec.area_km2 > settings.ORDER_LIMIT_AREA_KM2:
        message = (
            f"is {spec.area_km2:,.0f} km² large and the limit is {settings.ORDER_LIMIT_AREA_KM2:,} km²; "
            "draw a smaller one"
        )
        raise InvalidOrder([FieldProblem("area", message)])
    return plan_products(spec, archive())


def _is_held(spec: MosaicSpec) -> bool:
    return spec.area_km2 > settings.ORDER_HOLD_AREA_KM2


def _check_active_orders(owner: AbstractUser) -> None:
    limit = settings.ORDER_LIMIT_ACTIVE_PER_USER
    if Order.objects.filter(owner=owner, status__in=ACTIVE).count() >= limit:
        raise TooManyOrders(f"You have {limit} unfinished orders, which is the limit.")


def _earlier(owner: AbstractUser, idempotency_key: str, spec: MosaicSpec) -> Order | None:
    """The order that ``owner`` made with this key before; KeyReused when it asked for something else."""
    earlier = Order.objects.filter(owner=owner, idempotency_key=idempotency_key).first()
    # Parsed, because an order of an earlier version lacks the keys that came later.
    if earlier and earlier.mosaic_spec.to_json() != spec.to_json():
        raise KeyReused
    return earlier


def _require_owner_or_operator(order: Order, by: AbstractUser) -> None:
    if order.owner_id != by.pk and not by.has_perm(OPERATE):
        raise NotFound


def _require_operator(by: AbstractUser, verb: str) -> None:
    if not by.has_perm(OPERATE):
        raise NotAllowed(NOT_AN_OPERATOR.format(verb=verb))
