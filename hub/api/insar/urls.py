"""Addresses below ``/api/v1/insar/``. Numbers in them are read by the views: what is none is answered as not there."""

from __future__ import annotations

from django.urls import path

from hub.api.insar import described  # noqa: F401  describes the views for the OpenAPI page
from hub.api.insar.aggregates import AggregateView
from hub.api.insar.cells import CellsView
from hub.api.insar.exports import ExportView
from hub.api.insar.listing import PointsView
from hub.api.insar.points import PointSeriesView, PointView
from hub.api.insar.profiles import ProfileView
from hub.api.insar.releases import ReleasesView, ReleaseView
from hub.api.insar.tiles import TileView
from hub.api.insar.velocities import VelocitiesView

LAYER = "releases/<str:key>/<str:direction>/"

urlpatterns = [
    path("releases/", ReleasesView.as_view(), name="insar-releases"),
    path("releases/<str:key>/", ReleaseView.as_view(), name="insar-release"),
    path(LAYER + "tiles/<str:zoom>/<str:column>/<str:row>.mvt", TileView.as_view(), name="insar-tile"),
    path(LAYER + "points/<str:point_id>/", PointView.as_view(), name="insar-point"),
    path(LAYER + "points/<str:point_id>/series/", PointSeriesView.as_view(), name="insar-point-series"),
    path(LAYER + "velocities/", VelocitiesView.as_view(), name="insar-velocities"),
    # Questions and exports.
    path(LAYER + "points/", PointsView.as_view(), name="insar-points"),
    path(LAYER + "cells/", CellsView.as_view(), name="insar-cells"),
    path(LAYER + "aggregate/", AggregateView.as_view(), name="insar-aggregate"),
    path(LAYER + "profile/", ProfileView.as_view(), name="insar-profile"),
    path(LAYER + "export.<str:kind>", ExportView.as_view(), name="insar-export"),
]
