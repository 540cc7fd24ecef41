"""The forecast of an order's observations as JSON. ``hub.forecast`` does everything; this module only translates."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api.problem_schema import problems
from hub.forecast.asking import LEVELS, forecast_of
from processing.overviews.forecast import SECTORS
from processing.periods import KINDS
from processing.spec import MosaicSpec

SHARE = {"type": "number", "minimum": 0, "maximum": 1}
SHARES = {
    "type": "object",
    "properties": {str(level): SHARE for level in LEVELS},
    "required": [str(level) for level in LEVELS],
}
SECTOR_SHARES = {"type": "object", "propertyNames": {"enum": list(SECTORS)}, "additionalProperties": SHARE}


class SharesField(serializers.DictField):
    """Share of the area by least number of valid observations."""


extend_schema_field(SHARES)(SharesField)


class PeriodDocument(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    start = serializers.DateField()


@extend_schema_serializer(component_name="ForecastScene")
class SceneDocument(serializers.Serializer):
    sensed_at = serializers.DateTimeField()
    tile = serializers.CharField()
    platform = serializers.CharField()
    usable = serializers.BooleanField(help_text="False for a scene that cannot be read")
    share_of_area_seen = serializers.FloatField(allow_null=True, help_text="null: not looked at yet")
    share_of_clouds = serializers.FloatField(allow_null=True, help_text="Clouds and cirrus in what was seen")
    share_of_area_valid = serializers.FloatField(allow_null=True)


@extend_schema_serializer(component_name="BetterPeriod")
class BetterPeriodDocument(serializers.Serializer):
    period = PeriodDocument()
    share_with_at_least = SharesField()


@extend_schema_serializer(component_name="Forecast")
class ForecastDocument(serializers.Serializer):
    period = PeriodDocument()
    scenes_known = serializers.IntegerField(help_text="Ask again in a few seconds while it is less than the scenes")
    scenes = SceneDocument(many=True)
    share_with_at_least = SharesField(help_text="Share of the area by least number of valid observations")
    share_without = serializers.FloatField()
    histogram = serializers.ListField(
        child=serializers.FloatField(), help_text="Share of the area with 0, 1, 2, ... valid observations"
    )
    gaps_lie = serializers.SerializerMethodField()
    medoid_from = serializers.IntegerField(allow_null=True)
    cell_m = serializers.FloatField(help_text="Size of the cells that were counted")
    better_periods = BetterPeriodDocument(many=True)

    @extend_schema_field(SECTOR_SHARES)
    def get_gaps_lie(self, forecast: dict) -> dict[str, float]:
        """Share of the gaps in each ninth of the area's rectangle."""
        return forecast["gaps_lie"]


class ForecastView(APIView):
    """How an order's area will be seen."""

    @extend_schema(
        operation_id="forecast",
        summary="Forecast the observations of a mosaic",
        request=MosaicSpec,
        responses={200: ForecastDocument, **problems(400, 401, 413, 415, 422, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        forecast = forecast_of(MosaicSpec.parse(request.data))
        return Response(ForecastDocument(forecast.to_json()).data)
