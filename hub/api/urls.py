"""Addresses below ``/api/v1/``."""

from __future__ import annotations

from typing import NoReturn

from django.urls import include, path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from hub.api import schema  # noqa: F401  registers itself with drf-spectacular
from hub.api.catalogue import CatalogueView
from hub.api.forecast import ForecastView
from hub.api.orders import OrderViewSet, ProductViewSet
from hub.api.pixels import WhyView
from hub.api.series import SeriesExportView, SeriesViewSet
from hub.errors import NotFound

app_name = "api"


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Answers every other address below ``/api/``, so that programs never get an HTML page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: str, **kwargs: str) -> NoReturn:
        raise NotFound


router = SimpleRouter(use_regex_path=False)
router.register("orders", OrderViewSet, basename="orders")
router.register("products", ProductViewSet, basename="products")
router.register("series", SeriesViewSet, basename="series")

urlpatterns = [
    path("", include(router.urls)),
    path("series/<str:key>/export.<str:kind>", SeriesExportView.as_view(), name="series-export"),
    path("catalogue/", CatalogueView.as_view(), name="catalogue"),
    path("products/<int:pk>/why/", WhyView.as_view(), name="product-why"),
    path("insar/", include("hub.api.insar.urls")),
    path("forecast/", ForecastView.as_view(), name="forecast"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", permission_classes=[AllowAny]),
        name="docs",
    ),
    re_path(r"^.*$", NothingHere.as_view()),
]
