"""What can be ordered, for programs: the same choices that the order form offers."""

from __future__ import annotations

from typing import Any, get_args

from django.conf import settings
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api.problem_schema import problems
from hub.archive import archive_extent
from processing import registry
from processing.errors import ProcessingError
from processing.layers import GROUPS, LAYERS
from processing.periods import KINDS
from processing.sentinel2 import BANDS
from processing.spec import MosaicSpec


class ChoiceDocument(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()


class BandDocument(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    wavelength_nm = serializers.FloatField()
    native_resolution_m = serializers.IntegerField()


class FlagDocument(serializers.Serializer):
    value = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField()
    colour = serializers.CharField(help_text="#rrggbb")


class RasterDocument(serializers.Serializer):
    """One file, or one variable, that a layer brings."""

    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How its file's name begins, and what its NetCDF variable is called")
    title = serializers.CharField()
    dtype = serializers.CharField()
    nodata = serializers.IntegerField()
    scale = serializers.FloatField(help_text="Value = stored number x scale")
    unit = serializers.CharField()
    valid_range = serializers.ListField(child=serializers.IntegerField(), help_text="Smallest and largest number")
    flags = FlagDocument(many=True, help_text="What the numbers mean; empty for quantities")


class LayerDocument(ChoiceDocument):
    group = serializers.CharField(help_text="A key of layer_groups")
    rasters = RasterDocument(many=True)


class OptionDocument(ChoiceDocument):
    default = serializers.IntegerField()
    smallest = serializers.IntegerField()
    largest = serializers.IntegerField()


class MethodDocument(ChoiceDocument):
    mask = serializers.CharField(help_text="The mask it uses unless the order names another")
    options = OptionDocument(many=True, help_text="What an order's method_options can hold")


class FormatDocument(ChoiceDocument):
    extension = serializers.CharField()
    media_type = serializers.CharField()


CATALOGUE = inline_serializer(
    "Catalogue",
    {
        "periods": serializers.ListField(child=serializers.CharField()),
        "resolutions": serializers.ListField(child=serializers.IntegerField()),
        "crs": serializers.ListField(child=serializers.CharField()),
        "bands": BandDocument(many=True),
        "layers": LayerDocument(many=True),
        "layer_groups": serializers.DictField(child=serializers.CharField(), help_text="Titles by key"),
        "methods": MethodDocument(many=True),
        "masks": ChoiceDocument(many=True),
        "formats": FormatDocument(many=True),
        "limits": serializers.DictField(child=serializers.IntegerField()),
        "archive": inline_serializer(
            "Archive",
            {
                "bounds": serializers.ListField(child=serializers.FloatField(), help_text="West, south, east, north"),
                "first_day": serializers.DateField(allow_null=True),
                "last_day": serializers.DateField(allow_null=True),
            },
            allow_null=True,
            help_text="null while the archive does not answer",
        ),
    },
)


class CatalogueView(APIView):
    """What can be ordered. Readable by everyone."""

    permission_classes = [AllowAny]

    @extend_schema(summary="What can be ordered", responses={200: CATALOGUE, **problems()})
    def get(self, request: Request) -> Response:
        return Response(catalogue())


def catalogue() -> dict[str, Any]:
    """Everything that can be chosen, from the engine's own tables and plug-ins."""
    return {
        "periods": list(KINDS),
        "resolutions": list(_literals("resolution")),
        "crs": list(_literals("crs")),
        "bands": BandDocument(BANDS.values(), many=True).data,
        "layers": LayerDocument(LAYERS.values(), many=True).data,
        "layer_groups": GROUPS,
        "methods": MethodDocument(registry.methods().values(), many=True).data,
        "masks": ChoiceDocument(registry.masks().values(), many=True).data,
        "formats": FormatDocument(registry.formats().values(), many=True).data,
        "limits": {
            "area_km2": settings.ORDER_LIMIT_AREA_KM2,
            "credits": settings.ORDER_LIMIT_CREDITS,
            "held_above_area_km2": settings.ORDER_HOLD_AREA_KM2,
            "active_orders": settings.ORDER_LIMIT_ACTIVE_PER_USER,
            "kept_days": settings.ORDER_KEPT_DAYS,
        },
        "archive": _extent(),
    }


def _literals(field: str) -> tuple[Any, ...]:
    return get_args(MosaicSpec.model_fields[field].annotation)


def _extent() -> dict[str, Any] | None:
    try:
        extent = archive_extent()
    except ProcessingError:
        return None
    return {"bounds": list(extent.bounds), "first_day": extent.first_day, "last_day": extent.last_day}
