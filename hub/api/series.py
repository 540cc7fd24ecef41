"""Time series as JSON and files. Everything is done by ``hub.series``; this module only translates."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api.documents import LINKS, Document, NewName
from hub.api.orders import new_name
from hub.api.problem_schema import FieldError, problems
from hub.errors import MalformedBody, NotFound
from hub.series import asking, exporting, showing
from hub.series.models import KEY, Series
from hub.series.states import State
from processing.pixels.series_spec import SeriesSpec

KEY_PARAMETER = OpenApiParameter(
    "key", {"type": "string", "pattern": f"^{KEY.pattern}$"}, OpenApiParameter.PATH, description="Key of the series"
)
AFTER = OpenApiParameter(
    "after",
    {"type": "integer", "minimum": -1, "maximum": 10**6},
    description="Only steps with greater numbers than this",
)
KIND = OpenApiParameter(
    "kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(exporting.KINDS), description="Kind of file"
)
STEP = {
    "type": "object",
    "required": ["number"],
    "properties": {"number": {"type": "integer", "minimum": 0}},
    "additionalProperties": {},
    "description": "A period with its pixels' values, one observation, or one period's statistics; see the manual.",
}


class SeriesFilter(django_filters.FilterSet):
    """Which of one's own series to list."""

    state = django_filters.MultipleChoiceFilter(choices=State, help_text="May be given several times")
    name = django_filters.CharFilter(lookup_expr="icontains", max_length=64, help_text="Part of the name")

    class Meta:
        model = Series
        fields = ["state", "name"]


@extend_schema_serializer(component_name="Series")
class SeriesDocument(Document):
    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=State)
    steps_done = serializers.IntegerField()
    steps_expected = serializers.IntegerField(allow_null=True, help_text="null while nobody knows")
    problems = serializers.SerializerMethodField(help_text="Why it has failed")
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    kept_until = serializers.DateTimeField()
    spec = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": FieldError.model_json_schema()})
    def get_problems(self, series: Series) -> list[dict[str, str]]:
        return showing.problems(series)

    @extend_schema_field(SeriesSpec)
    def get_spec(self, series: Series) -> dict[str, Any]:
        return series.spec

    @extend_schema_field(LINKS)
    def get_links(self, series: Series) -> dict[str, str]:
        exports = {kind: reverse("api:series-export", args=[series.key, kind]) for kind in exporting.KINDS}
        own = {
            "self": reverse("api:series-detail", args=[series.key]),
            "stop": reverse("api:series-stop", args=[series.key]),
            "page": series.get_absolute_url(),
        }
        return {name: self.absolute(path) for name, path in (own | exports).items()}


@extend_schema_serializer(component_name="SeriesWithSteps")
class SeriesWithSteps(SeriesDocument):
    steps = serializers.SerializerMethodField()
    more = serializers.SerializerMethodField(help_text="Whether there are steps beyond these; send ?after=")

    @extend_schema_field({"type": "array", "maxItems": showing.MOST_STEPS, "items": STEP})
    def get_steps(self, series: Series) -> list[dict[str, Any]]:
        return self.context["steps"]

    def get_more(self, series: Series) -> bool:
        return self.context["more"]


class OwnSeries:
    """Finds the series of an address among those of the person who asks."""

    request: Request

    def get_queryset(self) -> QuerySet[Series]:
        return Series.objects.of(self.request.user)

    def get_object(self) -> Series:
        series = self.get_queryset().keyed(self.kwargs["key"]).first()
        if series is None:
            raise NotFound
        return series


@extend_schema_view(
    list=extend_schema(summary="Your time series, newest first", responses={200: SeriesDocument, **problems(400, 401)}),
)
class SeriesViewSet(OwnSeries, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A person's own time series; everybody else's are answered as if they were not there."""

    queryset = Series.objects.none()  # for the schema's types; get_queryset says whose
    serializer_class = SeriesDocument
    filter_backends = [DjangoFilterBackend]
    filterset_class = SeriesFilter
    lookup_field = "key"

    @extend_schema(
        summary="Ask for a time series",
        request=SeriesSpec,
        responses={201: SeriesDocument, **problems(400, 401, 409, 413, 415, 422, 429)},
    )
    def create(self, request: Request) -> Response:
        """A worker makes it step by step. Asked again while it is under way it is the same one."""
        series = asking.ask(request.user, SeriesSpec.parse(request.data))
        document = self.get_serializer(series).data
        return Response(document, status=201, headers={"Location": document["links"]["self"]})

    @extend_schema(
        summary="One time series with its steps",
        parameters=[KEY_PARAMETER, AFTER],
        responses={200: SeriesWithSteps, **problems(400, 401, 404)},
    )
    def retrieve(self, request: Request, key: str) -> Response:
        series = self.get_object()
        steps, more = showing.steps_after(series, _after(request))
        context = self.get_serializer_context() | {"steps": steps, "more": more}
        return Response(SeriesWithSteps(series, context=context).data)

    @extend_schema(
        summary="Rename a time series",
        parameters=[KEY_PARAMETER],
        request=NewName,
        responses={200: SeriesDocument, **problems(400, 401, 404, 413, 415, 422)},
    )
    def partial_update(self, request: Request, key: str) -> Response:
        series = asking.rename(self.get_object(), new_name(request), by=request.user)
        return Response(self.get_serializer(series).data)

    @extend_schema(
        summary="Delete a time series", parameters=[KEY_PARAMETER], responses={204: None, **problems(401, 404)}
    )
    def destroy(self, request: Request, key: str) -> Response:
        """It is gone with all its steps; its making stops, if it is under way."""
        asking.remove(self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(
        summary="Stop a time series",
        parameters=[KEY_PARAMETER],
        request=None,
        responses={200: SeriesDocument, **problems(401, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, key: str) -> Response:
        """The steps that are there stay."""
        series = asking.stop(self.get_object(), by=request.user)
        return Response(self.get_serializer(series).data)


class SeriesExportView(OwnSeries, APIView):
    """A time series as a file."""

    @extend_schema(
        operation_id="series_export",
        summary="A time series as CSV, JSON or NetCDF",
        parameters=[KEY_PARAMETER, KIND],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiResponse({"type": "object", "additionalProperties": {}}),
            (200, "application/netcdf"): OpenApiTypes.BINARY,
            **problems(401, 404, 409),
        },
    )
    def get(self, request: Request, key: str, kind: str) -> Any:
        """CSV and JSON hold the steps that are there so far; NetCDF is made once the series is finished."""
        return exporting.export(self.get_object(), kind)


def _after(request: Request) -> int:
    sent = request.query_params.get("after", "-1")
    try:
        number = int(sent) if len(sent) <= 9 else None
    except ValueError:
        number = None
    if number is None:
        raise MalformedBody("The parameter after must be a step's number.", remedy="Send ?after=41, say.")
    return number
