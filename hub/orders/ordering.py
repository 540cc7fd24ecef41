"""A user's verbs: submit, dismiss, repeat, retry what failed, rename, remove, and for operators approve.

Each is one transaction with the order's row locked, and raises an error of ``hub.errors`` or
``processing.errors`` without having changed anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.errors import KeyReused, NotActive, NotAllowed, NotFound, TooManyOrders
from hub.orders import history, queue
from hub.orders.committed import once_committed
from hub.orders.estimates import Estimate, Survey, survey
from hub.orders.models import Order, Product
from hub.orders.production import kept_until, lock, settle
from hub.orders.states import ACTIVE, Status
from hub.realtime import announce
from processing.errors import InvalidOrder
from processing.spec import MosaicSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

OPERATE = "orders.change_order"
NOT_AN_OPERATOR = "Only an operator may {verb} an order."


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
    found = survey(spec)
    with transaction.atomic():
        # Orders of one person are taken one after the other: two at once would pass the limit together.
        get_user_model().objects.select_for_update(no_key=True).get(pk=owner.pk)
        if idempotency_key and (earlier := _earlier(owner, idempotency_key, spec)):
            return earlier
        _check_active_orders(owner)
        return _insert(owner, found, idempotency_key)


def estimate(spec: MosaicSpec, *, share: float | None = None) -> Estimate:
    """What ``spec`` would come to for anyone; raises what ``submit`` would but TooManyOrders.

    ``share``: of the area that will have data, where the caller knows it.
    """
    return survey(spec, share=share).estimate


def dismiss(order: Order, *, by: AbstractUser) -> Order:
    """Stop what is not finished of ``order``. Products delivered already are kept until they expire."""
    require_owner_or_operator(order, by)
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
    require_owner_or_operator(order, by)
    # The name as it is now: a renamed order's files kept the first one, those of the new order need not.
    return submit(by, order.mosaic_spec.model_copy(update={"name": order.name}))


def rename(order: Order, name: str, *, by: AbstractUser) -> Order:
    """Call ``order`` by ``name`` on pages, in lists and in mails. Its folders and files keep the first name.

    Raises InvalidOrder at ``name`` when an order cannot be called so.
    """
    require_owner_or_operator(order, by)
    name = name.strip()
    try:
        MosaicSpec.parse(order.spec | {"name": name})
    except InvalidOrder as refused:
        # What else an old order's spec lacks today does not matter here.
        if problems := [problem for problem in refused.problems if problem.field == "name"]:
            raise InvalidOrder(problems) from None
    with transaction.atomic():
        order = locked(order)
        Order.objects.filter(pk=order.pk).update(name=name)
        order.refresh_from_db()
        once_committed(announce, order)
    return order


def remove(order: Order, *, by: AbstractUser) -> None:
    """Delete the finished ``order``: nobody sees it from now on, and the next sweep removes its files.

    Its shared links end. Operators still find the row in the administration. Raises NotActive while it is
    unfinished.
    """
    require_owner_or_operator(order, by)
    with transaction.atomic():
        order = locked(order)
        if order.is_active:
            raise NotActive(
                _("The order is not finished, so it cannot be deleted."), remedy=_("Dismiss it first, then delete it.")
            )
        now = timezone.now()
        order.share_links.filter(revoked_at=None).update(revoked_at=now)
        Order.objects.filter(pk=order.pk).update(
            removed_at=now,
            expires_at=now if order.expires_at else None,
            # Sent again, the key asks for a new order: the old one cannot be shown any more.
            idempotency_key="",
        )
        history.record(order, before=order.status, after=Status(order.status), who=by, note="deleted")


def retry_failed(order: Order, *, by: AbstractUser) -> Order:
    """Have the failed products of ``order`` made again, with all their attempts; what was delivered stays.

    By its owner, within the limit of unfinished orders, or by an operator.
    """
    require_owner_or_operator(order, by)
    with transaction.atomic():
        # The person's row before the order's, as in submit, so that neither waits for the other.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
        order = locked(order)
        failed = order.products.filter(status=Status.FAILED)
        if order.status not in {Status.FAILED, Status.PARTIAL} or not failed.exists():
            raise NotActive(
                _("The order is %(status)s and has no failed product to try again.")
                % {"status": order.get_status_display().lower()}
            )
        if not by.has_perm(OPERATE):
            _check_active_orders(by)
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
        return _set_going(order, by=by, note="failed products again")


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


def _insert(owner: AbstractUser, found: Survey, idempotency_key: str) -> Order:
    spec, expected = found.spec, found.estimate
    status = Status.HELD if expected.held else Status.ACCEPTED
    order = Order.objects.create(
        owner=owner,
        name=spec.name,
        spec=spec.to_json(),
        digest=spec.digest(),
        area=_multipolygon(spec),
        area_km2=spec.area_km2,
        credits=expected.credits,
        expected_megabytes=expected.megabytes,
        expected_seconds=expected.seconds,
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
        for plan in found.plans
    )
    history.record(order, before="", after=status, who=owner)
    if status == Status.ACCEPTED:
        once_committed(queue.enqueue, [product.pk for product in products])
    once_committed(announce, order)
    return order


def _multipolygon(spec: MosaicSpec) -> MultiPolygon:
    area = GEOSGeometry(spec.geometry.wkt, srid=4326)
    return MultiPolygon(area, srid=4326) if isinstance(area, Polygon) else area


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


def locked(order: Order) -> Order:
    """The row of ``order`` anew, locked; raises NotFound when it was deleted meanwhile."""
    order = lock(order.pk)
    if order.removed_at is not None:
        raise NotFound
    return order


def require_owner_or_operator(order: Order, by: AbstractUser) -> None:
    """Raise NotFound when ``order`` is deleted, or neither ``by``'s nor ``by`` an operator."""
    if order.removed_at is not None or (order.owner_id != by.pk and not by.has_perm(OPERATE)):
        raise NotFound


def _require_operator(by: AbstractUser, verb: str) -> None:
    if not by.has_perm(OPERATE):
        raise NotAllowed(NOT_AN_OPERATOR.format(verb=verb))
