"""Orders, products and files as the API shows them. Read only: an order is made from a MosaicSpec."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from pydantic import BaseModel, ConfigDict, Field
from rest_framework import serializers

from hub.orders.downloads import link
from hub.orders.models import Order, Product, ProductFile, Role
from hub.orders.states import Status
from processing.spec import LONGEST_NAME, MosaicSpec

LINKS = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}


class Document(serializers.Serializer):
    """A read-only view of a row."""

    def absolute(self, path: str) -> str:
        """``path`` as a whole URL of the site that was asked."""
        return self.context["request"].build_absolute_uri(path)


@extend_schema_serializer(component_name="Order")
class OrderDocument(Document):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Status)
    percent = serializers.FloatField()
    error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    area_km2 = serializers.FloatField()
    credits = serializers.FloatField(
        allow_null=True,
        help_text="What it cost, by the formula in the manual; null for orders from before there was one",
    )
    expected_megabytes = serializers.FloatField(allow_null=True, help_text="Size of its files as estimated at first")
    expected_seconds = serializers.FloatField(allow_null=True, help_text="Time in a worker as estimated at first")
    spec = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(MosaicSpec)
    def get_spec(self, order: Order) -> dict[str, Any]:
        return order.spec

    @extend_schema_field(LINKS)
    def get_links(self, order: Order) -> dict[str, str]:
        return {
            "self": self.absolute(reverse("api:orders-detail", args=[order.pk])),
            "products": self.absolute(reverse("api:orders-products", args=[order.pk])),
            "dismiss": self.absolute(reverse("api:orders-dismiss", args=[order.pk])),
            "retry": self.absolute(reverse("api:orders-retry", args=[order.pk])),
            "remove": self.absolute(reverse("api:orders-remove", args=[order.pk])),
            "page": self.absolute(order.get_absolute_url()),
        }


class NewName(BaseModel):
    """What an order shall be called."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST_NAME)


@extend_schema_serializer(component_name="File")
class FileDocument(Document):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.values)
    layer = serializers.CharField(allow_blank=True)
    url = serializers.SerializerMethodField(help_text="Works without a token until url_expires_at")
    url_expires_at = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, file: ProductFile) -> str:
        return self.absolute(link(file))

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_url_expires_at(self, file: ProductFile) -> str:
        expires_at = timezone.now() + timedelta(seconds=settings.DOWNLOAD_LINK_SECONDS)
        return serializers.DateTimeField().to_representation(expires_at)


@extend_schema_serializer(component_name="Product")
class ProductDocument(Document):
    id = serializers.IntegerField(source="pk")
    order = serializers.IntegerField(source="order_id")
    name = serializers.CharField()
    tile = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=Status)
    stage = serializers.CharField(allow_blank=True)
    percent = serializers.FloatField()
    attempt = serializers.IntegerField()
    error_code = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)
    warnings = serializers.ListField(child=serializers.CharField())
    statistics = serializers.DictField()
    footprint = serializers.SerializerMethodField(help_text="GeoJSON Polygon in EPSG:4326")
    files = serializers.SerializerMethodField(help_text="Empty until the product is delivered")
    links = serializers.SerializerMethodField()

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_footprint(self, product: Product) -> dict[str, Any]:
        return json.loads(product.footprint.geojson)

    @extend_schema_field(FileDocument(many=True))
    def get_files(self, product: Product) -> list[dict[str, Any]]:
        files = product.files.all() if product.status == Status.SUCCESSFUL else []
        for file in files:
            file.product = product  # the link asks for the product's order, which is loaded already
        return FileDocument(files, many=True, context=self.context).data

    @extend_schema_field(LINKS)
    def get_links(self, product: Product) -> dict[str, str]:
        return {
            "self": self.absolute(reverse("api:products-detail", args=[product.pk])),
            "order": self.absolute(reverse("api:orders-detail", args=[product.order_id])),
        }


@extend_schema_serializer(component_name="Estimate")
class EstimateDocument(serializers.Serializer):
    """What an order would come to."""

    area_km2 = serializers.FloatField()
    products = serializers.IntegerField()
    pixels = serializers.IntegerField()
    scenes = serializers.IntegerField(help_text="Different granules that take part")
    megabytes = serializers.FloatField(help_text="Of all files but the zip, which holds the same once more")
    megabytes_low = serializers.FloatField()
    megabytes_high = serializers.FloatField()
    seconds = serializers.FloatField(help_text="In one worker; waiting is not counted")
    seconds_low = serializers.FloatField()
    seconds_high = serializers.FloatField()
    credits = serializers.FloatField(
        help_text="Megapixels x (overpasses x (1 + bands) + rasters) / 100, over the products, in tenths"
    )
    held = serializers.BooleanField(help_text="Whether it would wait for an operator's approval")
