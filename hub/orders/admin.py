"""Orders and products for operators: everything to be seen, nothing to be edited by hand.

What an operator does goes through the same functions as everybody else's doing, so that states, events
and notices stay right.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from hub.errors import HubError
from hub.orders import ordering, production
from hub.orders.models import Order, OrderEvent, Product, ProductFile
from processing.errors import ProcessingError


class ReadOnly:
    """Rows that are made and changed by the service alone."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    extra = 0
    show_change_link = True


class ProductInline(ReadOnlyInline):
    model = Product
    fields = ["name", "status", "stage", "percent", "attempt", "failures", "worker", "seen_at", "error"]
    readonly_fields = fields


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = ["at", "product", "who", "from_status", "to_status", "note"]
    readonly_fields = fields
    show_change_link = False


class FileInline(ReadOnlyInline):
    model = ProductFile
    fields = ["name", "role", "layer", "size_bytes", "sha256"]
    readonly_fields = fields
    show_change_link = False


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    """An operator with the permission to change orders may run the actions."""

    list_display = ["id", "name", "owner", "status", "percent", "area_km2", "created_at", "finished_at", "removed_at"]
    list_filter = ["status", "created_at", ("removed_at", admin.EmptyFieldListFilter)]
    search_fields = ["=id", "name", "owner__username", "owner__email", "error", "digest"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    inlines = [ProductInline, EventInline]
    actions = ["approve", "dismiss", "run_again", "expire_now"]
    fields = [
        "name", "owner", "status", "percent", "error", "area_km2", "created_at", "finished_at", "expires_at",
        "removed_at", "digest", "spec_as_text",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).prefetch_related("products")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ordering.OPERATE)

    @admin.display(description="MosaicSpec")
    def spec_as_text(self, order: Order) -> str:
        return format_html("<pre>{}</pre>", json.dumps(order.spec, indent=2, ensure_ascii=False))

    @admin.action(description="Approve held orders", permissions=["operate"])
    def approve(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._each(request, orders, ordering.approve, "approved")

    @admin.action(description="Dismiss unfinished orders", permissions=["operate"])
    def dismiss(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._each(request, orders, ordering.dismiss, "dismissed")

    @admin.action(description="Run failed products again", permissions=["operate"])
    def run_again(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._each(request, orders, ordering.retry_failed, "set going again")

    @admin.action(description="Expire now: remove the files of finished orders", permissions=["operate"])
    def expire_now(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        count = production.expire(list(orders.values_list("pk", flat=True)))
        self.message_user(request, f"{count} of {orders.count()} orders expired.", messages.SUCCESS)

    def _each(self, request: HttpRequest, orders: QuerySet[Order], verb: Callable[..., Order], done: str) -> None:
        count = 0
        for order in orders:
            try:
                verb(order, by=request.user)
                count += 1
            except (HubError, ProcessingError) as refused:
                self.message_user(request, f"Order {order.pk}: {refused}", messages.WARNING)
        if count:
            self.message_user(request, f"{count} {'order' if count == 1 else 'orders'} {done}.", messages.SUCCESS)


@admin.register(Product)
class ProductAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "order", "name", "status", "stage", "percent", "attempt", "worker", "seen_at"]
    list_filter = ["status", "error_code"]
    search_fields = ["=id", "=order__id", "order__name", "order__owner__username", "name", "tile", "worker", "error"]
    list_select_related = ["order"]
    inlines = [FileInline]
    exclude = ["footprint"]
