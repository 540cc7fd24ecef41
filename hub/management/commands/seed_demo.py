"""``manage.py seed_demo``: a user to sign in with, and one order in the list."""

from __future__ import annotations

import math
import secrets
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from hub.archive import archive
from hub.errors import HubError
from hub.orders import ordering
from hub.orders.models import Order
from hub.orders.states import Status
from hub.orders.storage import order_folder
from processing.errors import NoScenes, ProcessingError
from processing.periods import CompositingPeriod
from processing.spec import MosaicSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

    from processing.sources.base import Extent

USERNAME = "demo"
SAMPLE = "Sample"
# Half of 15 km, in degrees of latitude.
HALF_SIDE_DEGREES = 7.5 / 111.2
POLL_SECONDS = 0.3


class Command(BaseCommand):
    help = "Make the user demo and a sample order, unless they are there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", action="store_true", help="until the sample order is finished")
        parser.add_argument("--timeout", type=float, default=900, help="seconds to wait at most (900)")

    def handle(self, *args: Any, **options: Any) -> None:
        user, password = demo_user()
        self.stdout.write(f"Demo user: {USERNAME} / {password}")
        try:
            order = sample_order(user)
        except (HubError, ProcessingError) as error:
            raise CommandError(f"The sample order was refused: {error}") from error
        if options["wait"]:
            self.stdout.write(f"Sample order files: {_wait(order, options['timeout'])}")


def demo_user() -> tuple[AbstractUser, str]:
    """The user ``demo`` with a confirmed address, and the password that opens it."""
    user, _ = get_user_model().objects.get_or_create(username=USERNAME, defaults={"email": f"{USERNAME}@example.org"})
    password = _kept_password()
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user, password


def _kept_password() -> str:
    """The password of an earlier start, or a new random one; only this machine's user can read it."""
    path = Path(settings.VAR) / "demo-password"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or not path.read_text():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12))
    return path.read_text().strip()


def sample_order(user: AbstractUser) -> Order:
    """The newest order of ``user`` that is delivered or on its way, else a new one."""
    alive = Order.objects.filter(owner=user).exclude(status__in=[Status.FAILED, Status.DISMISSED, Status.EXPIRED])
    return alive.filter(name=SAMPLE).first() or _submit(user)


def _submit(user: AbstractUser) -> Order:
    """Order the newest month that the archive has scenes for, in the middle of the archive."""
    extent = archive().extent()
    refusal: NoScenes | None = None
    for month in _months(extent):
        try:
            return ordering.submit(user, _spec(extent, month))
        except NoScenes as error:
            refusal = error
    raise refusal or CommandError("The archive has no date to order from.")


def _months(extent: Extent) -> list[CompositingPeriod]:
    """The archive's months, the latest twelve, newest first."""
    if extent.first_day is None or extent.last_day is None:
        return []
    months = [CompositingPeriod.containing("month", extent.last_day)]
    while len(months) < 12 and months[-1].first_day > extent.first_day:
        months.append(CompositingPeriod.containing("month", months[-1].first_day - timedelta(days=1)))
    return months


def _spec(extent: Extent, month: CompositingPeriod) -> MosaicSpec:
    west, south, east, north = extent.bounds
    x, y = (west + east) / 2, (south + north) / 2
    dy = min(HALF_SIDE_DEGREES, (north - south) / 2)
    dx = min(HALF_SIDE_DEGREES / math.cos(math.radians(y)), (east - west) / 2)
    ring = [[x - dx, y - dy], [x + dx, y - dy], [x + dx, y + dy], [x - dx, y + dy], [x - dx, y - dy]]
    return MosaicSpec.parse(
        {
            "name": SAMPLE,
            "area": {"type": "Polygon", "coordinates": [ring]},
            "period": {"kind": "month", "start": month.first_day.isoformat()},
            "resolution": 10,
            "crs": "utm",
            "bands": ["B02", "B03", "B04", "B08"],
            "layers": ["valid_obs", "source_index", "scene_classification"],
        }
    )


def _wait(order: Order, timeout: float) -> Path:
    """Where the files are, once the order is finished."""
    deadline = time.monotonic() + timeout
    while order.is_active:
        if time.monotonic() > deadline:
            raise CommandError(f"Order {order.pk} is still {order.status} after {timeout:.0f} s: is a worker running?")
        time.sleep(POLL_SECONDS)
        order.refresh_from_db()
    if order.status not in {Status.SUCCESSFUL, Status.PARTIAL}:
        raise CommandError(f"The sample order is {order.status}: {order.error}")
    return order_folder(order.pk).resolve()
