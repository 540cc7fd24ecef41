"""Why a pixel of a product is as it is, as JSON. ``hub.pixels`` does everything; this module only translates."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.api.documents import Document
from hub.api.problem_schema import problems
from hub.errors import NotFound
from hub.orders.models import Product
from hub.pixels.asking import NotExplained, ask_at, degrees
from hub.pixels.models import Question, State
from hub.pixels.wording import Answer, trouble_of

RETRY_SECONDS = 1


def _parameter(name: str, most: int) -> OpenApiParameter:
    schema = {"type": "number", "minimum": -most, "maximum": most}
    return OpenApiParameter(name, schema, required=True, description="Degrees, WGS84")


@extend_schema_serializer(component_name="WhyThisPixel")
class WhyDocument(Document):
    state = serializers.ChoiceField(choices=State)
    row = serializers.IntegerField()
    column = serializers.IntegerField()
    lon = serializers.FloatField(help_text="Of the pixel's centre")
    lat = serializers.FloatField()
    asked_at = serializers.DateTimeField()
    page = serializers.SerializerMethodField(help_text="The answer for people")
    headline = serializers.SerializerMethodField(help_text="The answer in one sentence; empty until there is one")
    answer = serializers.DictField(
        help_text="Empty until there is one. candidates: every observation, newest first, with reflectance x 10000, "
        "verdict and reason; rule: what decided; values: what the mosaic holds by the engine, held: by its files"
    )

    def get_page(self, question: Question) -> str:
        return self.absolute(
            reverse("pixels:shown", args=[question.product.order_id, question.product_id, question.key])
        )

    def get_headline(self, question: Question) -> str:
        return Answer(question).headline if question.state == State.MADE else ""


class WhyView(APIView):
    """All observations that a pixel could have been taken from, which was, and why each other one was not."""

    @extend_schema(
        operation_id="products_why",
        summary="Why is a pixel as it is?",
        parameters=[_parameter("lon", 180), _parameter("lat", 90)],
        responses={
            200: WhyDocument,
            202: OpenApiResponse(WhyDocument, description="A worker is at it; ask again after Retry-After seconds"),
            **problems(401, 404, 409, 410, 422, 503),
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        """The answer when it is there, else 202: ask the same address again."""
        product = Product.objects.visible_to(request.user).select_related("order").filter(pk=pk).first()
        if product is None:
            raise NotFound
        lon, lat = (degrees(request.query_params.get(name, ""), name) for name in ("lon", "lat"))
        question = ask_at(product.order, lon, lat, product=product, patient=True)
        if question.state == State.FAILED:
            raise NotExplained(trouble_of(question))
        document: dict[str, Any] = WhyDocument(question, context={"request": request}).data
        if question.state == State.MADE:
            return Response(document)
        headers = {"Location": request.build_absolute_uri(), "Retry-After": f"{RETRY_SECONDS}"}
        return Response(document, status=202, headers=headers)
