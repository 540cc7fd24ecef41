"""Orders and products as JSON. Everything is done by ``hub.orders``; this module only translates."""

from __future__ import annotations

from dataclasses import asdict

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.documents import EstimateDocument, NewName, OrderDocument, ProductDocument
from hub.api.problem_schema import problems
from hub.errors import MalformedBody
from hub.orders import ordering
from hub.orders.models import Order, Product
from hub.orders.states import Status
from processing.spec import MosaicSpec

MAX_KEY_LENGTH = Order._meta.get_field("idempotency_key").max_length
TRUTHS = {"true": True, "1": True, "false": False, "0": False}

DRY_RUN = OpenApiParameter(
    "dry_run", OpenApiTypes.BOOL, description="Only say what the order would come to; nothing is changed."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]*$"},
    OpenApiParameter.HEADER,
    description="Any text of your own. Sent again with the same order it is answered with the first one.",
)


class OrderFilter(django_filters.FilterSet):
    """Which of one's own orders to list."""

    status = django_filters.MultipleChoiceFilter(choices=Status, help_text="May be given several times")
    name = django_filters.CharFilter(lookup_expr="icontains", max_length=64, help_text="Part of the name")

    class Meta:
        model = Order
        fields = ["status", "name"]


@extend_schema_view(
    list=extend_schema(summary="Your orders, newest first", responses={200: OrderDocument, **problems(400, 401)}),
    retrieve=extend_schema(summary="One order", responses={200: OrderDocument, **problems(401, 404)}),
)
class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """A person's own orders; everybody else's are answered as if they were not there."""

    queryset = Order.objects.none()  # for the schema's types; get_queryset says whose
    serializer_class = OrderDocument
    filter_backends = [DjangoFilterBackend]
    filterset_class = OrderFilter
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Order]:
        return Order.objects.visible_to(self.request.user).prefetch_related("products")

    @extend_schema(
        summary="Order a mosaic",
        parameters=[DRY_RUN, IDEMPOTENCY_KEY],
        request=MosaicSpec,
        responses={
            201: OrderDocument,
            200: OpenApiResponse(EstimateDocument, description="With dry_run"),
            **problems(400, 401, 413, 415, 422, 429, 503),
        },
    )
    def create(self, request: Request) -> Response:
        dry_run = _flag(request, "dry_run")
        key = _idempotency_key(request)
        spec = MosaicSpec.parse(request.data)
        taken = ordering.submit(request.user, spec, dry_run=dry_run, idempotency_key=key)
        if isinstance(taken, ordering.Estimate):
            return Response(EstimateDocument(asdict(taken)).data)
        document = self.get_serializer(taken).data
        return Response(document, status=201, headers={"Location": document["links"]["self"]})

    @extend_schema(summary="Dismiss an order", responses={204: None, **problems(401, 404, 409)})
    def destroy(self, request: Request, pk: int) -> Response:
        ordering.dismiss(self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(summary="Dismiss an order", request=None, responses={200: OrderDocument, **problems(401, 404, 409)})
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: int) -> Response:
        """Stop what is not finished. Products delivered already are kept until they expire."""
        order = ordering.dismiss(self.get_object(), by=request.user)
        return Response(self.get_serializer(order).data)

    @extend_schema(
        summary="Rename an order",
        request=NewName,
        responses={200: OrderDocument, **problems(400, 401, 404, 413, 415, 422)},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the name that pages, lists and mails show. Folders and files keep the name in the order's `spec`."""
        order = ordering.rename(self.get_object(), new_name(request), by=request.user)
        return Response(self.get_serializer(order).data)

    @extend_schema(
        summary="Try the failed products of an order again",
        request=None,
        responses={200: OrderDocument, **problems(401, 404, 409, 429)},
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Only what failed is made again, with all its attempts; what was delivered stays as it is."""
        order = ordering.retry_failed(self.get_object(), by=request.user)
        return Response(self.get_serializer(order).data)

    @extend_schema(summary="Delete a finished order", request=None, responses={204: None, **problems(401, 404, 409)})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: int) -> Response:
        """The order is gone for good, its files are removed soon, and its shared links end.

        Not the method DELETE, which dismisses, as OGC API Processes has it: a program that stops an order must not
        lose what was delivered.
        """
        ordering.remove(self.get_object(), by=request.user)
        return Response(status=204)

    @extend_schema(
        summary="The products of an order",
        responses={200: ProductDocument(many=True), **problems(401, 404)},
        filters=False,
    )
    @action(detail=True, pagination_class=None, filterset_class=None)
    def products(self, request: Request, pk: int) -> Response:
        """Every product with its status and its files; an order has one per tile, or one alone."""
        order = get_object_or_404(self.get_queryset(), pk=pk)
        products = order.products.select_related("order").prefetch_related("files")
        return Response(ProductDocument(products, many=True, context=self.get_serializer_context()).data)


@extend_schema_view(
    retrieve=extend_schema(
        summary="One product, with links to its files", responses={200: ProductDocument, **problems(401, 404)}
    )
)
class ProductViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """A product of one's own orders."""

    queryset = Product.objects.none()
    serializer_class = ProductDocument
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Product]:
        return Product.objects.visible_to(self.request.user).select_related("order").prefetch_related("files")


def _flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false").lower()
    if value not in TRUTHS:
        raise MalformedBody(f"The parameter {name} must be true or false.", remedy=f"Send ?{name}=true.")
    return TRUTHS[value]


def new_name(request: Request) -> str:
    """The name in the body, which may hold nothing else; raises MalformedBody."""
    sent = request.data
    if not isinstance(sent, dict) or set(sent) != {"name"} or not isinstance(sent["name"], str):
        raise MalformedBody("Only the name can be changed.", remedy='Send {"name": "Its new name"}.')
    return sent["name"]


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_KEY_LENGTH or not all("!" <= letter <= "~" for letter in key):
        raise MalformedBody(
            f"The Idempotency-Key must be up to {MAX_KEY_LENGTH} printable ASCII characters without blanks.",
            remedy="Use a UUID.",
        )
    return key
