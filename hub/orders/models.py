"""The rows behind an order. They are the only truth about it: messages carry ids, pages re-read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from hub.orders.states import ACTIVE, MAY_FOLLOW, Status
from processing.spec import MosaicSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class MovableQuerySet(models.QuerySet):
    """Rows with a status that only one caller can change at a time."""

    def move(self, to: Status, **changes: Any) -> int:
        """Move those rows whose status allows it to ``to``; return how many moved.

        One ``UPDATE ... WHERE status IN (...)``: of two callers only one gets a count of 1.
        """
        return self.filter(status__in=MAY_FOLLOW[to]).update(status=to, **changes)


class OrderQuerySet(MovableQuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> OrderQuerySet:
        """The orders that ``user`` may see: their own, but those that they deleted."""
        return self.filter(owner_id=user.pk, removed_at=None) if user.is_authenticated else self.none()

    def removed_by(self, user: AbstractBaseUser | AnonymousUser) -> OrderQuerySet:
        """The orders that ``user`` deleted and whose rows are still there."""
        return self.filter(owner_id=user.pk, removed_at__isnull=False) if user.is_authenticated else self.none()

    def active(self) -> OrderQuerySet:
        return self.filter(status__in=ACTIVE)

    def for_rows(self) -> OrderQuerySet:
        """With what a row of the table shows, in three queries however many orders."""
        archives = models.Prefetch("products__files", ProductFile.objects.filter(role=Role.ARCHIVE))
        light = models.Prefetch("products", Product.objects.defer("footprint", "statistics"))
        return self.defer("area").prefetch_related(light, archives)


class Order(models.Model):
    """What a user asked for."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
    name = models.CharField(max_length=64)
    spec = models.JSONField(help_text="The MosaicSpec as JSON")
    digest = models.CharField(max_length=64, db_index=True, help_text="Digest of the MosaicSpec")
    area = models.MultiPolygonField(srid=4326)
    area_km2 = models.FloatField()
    credits = models.FloatField(null=True, blank=True, help_text="What it cost, by the published formula")
    expected_megabytes = models.FloatField(null=True, blank=True, help_text="Size of its files as estimated at submit")
    expected_seconds = models.FloatField(null=True, blank=True, help_text="Time in a worker as estimated at submit")
    status = models.CharField(max_length=12, choices=Status, default=Status.ACCEPTED, db_index=True)
    error = models.TextField(blank=True, help_text="Why it failed, in one sentence for the owner")
    idempotency_key = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Idempotency-Key of the API call that made it"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When its files are removed")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="When its owner deleted it; nobody sees it then")

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["owner", "status", "-created_at"]),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="order_expiry"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_order_per_idempotency_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("orders:detail", args=[self.pk])

    @property
    def mosaic_spec(self) -> MosaicSpec:
        return MosaicSpec.parse(self.spec)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def percent(self) -> float:
        """Progress over all products, 0 to 100; one query unless ``products`` is prefetched."""
        percents = [product.percent for product in self.products.all()]
        return round(sum(percents) / len(percents), 1) if percents else 0.0


class ProductQuerySet(MovableQuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ProductQuerySet:
        """The products of those orders that ``user`` may see."""
        return self.filter(order__in=Order.objects.visible_to(user))

    def of_attempt(self, product: Product) -> ProductQuerySet:
        """The row of ``product`` while its attempt is the one under way, else nothing."""
        return self.filter(pk=product.pk, attempt=product.attempt, status=Status.RUNNING)

    def due(self) -> ProductQuerySet:
        """Products that a worker may take now."""
        return self.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now()), status=Status.ACCEPTED)


class Product(models.Model):
    """One deliverable tile of an order, with its files."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="products")
    name = models.CharField(max_length=80, help_text="Its folder: the order's name, or the tile")
    tile = models.CharField(max_length=5, blank=True, help_text="MGRS tile, e.g. 33TWL")
    footprint = models.PolygonField(srid=4326)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACCEPTED, db_index=True)
    stage = models.CharField(max_length=40, blank=True, help_text="What the worker is doing")
    percent = models.FloatField(default=0)
    attempt = models.PositiveIntegerField(
        default=0, help_text="Number of the latest attempt; a worker of an older one cannot deliver"
    )
    failures = models.PositiveSmallIntegerField(default=0, help_text="Attempts that came to nothing")
    retry_at = models.DateTimeField(null=True, blank=True, help_text="Not to be tried again before")
    worker = models.CharField(max_length=120, blank=True)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life of its worker")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True, help_text="Why it failed, in one sentence for the owner")
    warnings = models.JSONField(default=list, blank=True)
    statistics = models.JSONField(default=dict, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name"]
        constraints = [models.UniqueConstraint(fields=["order", "name"], name="one_product_per_name")]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.name}"


class Role(models.TextChoices):
    """What a file of a product is for."""

    DATA = "data"
    METADATA = "metadata"
    STYLE = "style"
    THUMBNAIL = "thumbnail"
    ARCHIVE = "archive", "Archive (the zip of all)"


class ProductFileQuerySet(models.QuerySet):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ProductFileQuerySet:
        """The files of those orders that ``user`` may see."""
        return self.filter(product__order__in=Order.objects.visible_to(user))


class ProductFile(models.Model):
    """One file of a delivered product, below ``MEDIA_ROOT``. Its row outlives the file."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255, help_text="File name within the product's folder")
    path = models.CharField(max_length=500, help_text="Path relative to MEDIA_ROOT")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    role = models.CharField(max_length=12, choices=Role)
    layer = models.CharField(max_length=40, blank=True)

    objects = ProductFileQuerySet.as_manager()

    class Meta:
        ordering = ["role", "name"]
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="one_file_per_name")]

    def __str__(self) -> str:
        return self.path


class OrderEvent(models.Model):
    """A change of status of an order or of one of its products: time, who, from, to, note."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.from_status or '-'} -> {self.to_status}"


class ShareLinkQuerySet(models.QuerySet):
    def usable(self) -> ShareLinkQuerySet:
        """Links that open their order now."""
        return self.filter(
            revoked_at=None, expires_at__gt=timezone.now(), order__removed_at=None, order__owner__is_active=True
        )


class ShareLink(models.Model):
    """Lets whoever has its address see one order and fetch its files, until a day or until it is revoked."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="share_links")
    token_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the address's token, which is not kept"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.order_id} until {self.expires_at:%Y-%m-%d}"


class Preset(models.Model):
    """Choices of the order form that a person keeps under a name: everything but the area, the period and the name."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=64)
    choices = models.JSONField(help_text="The form's fields and values")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="one_preset_per_name")]

    def __str__(self) -> str:
        return self.name
