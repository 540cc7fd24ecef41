"""Addresses of viewer: each twice, by the order's number for its owner and by the token of a shared link."""

from __future__ import annotations

from django.urls import path

from hub.viewer import pages, readout, tiles

app_name = "viewer"
urlpatterns = [
    path("orders/<int:pk>/view/", pages.view, name="view"),
    path("shared/<str:token>/view/", pages.view, name="shared_view"),
    path("orders/<int:pk>/products/<int:product_pk>/tiles/<str:z>/<str:x>/<str:y>.png", tiles.tile, name="tile"),
    path(
        "shared/<str:token>/products/<int:product_pk>/tiles/<str:z>/<str:x>/<str:y>.png",
        tiles.tile,
        name="shared_tile",
    ),
    path("orders/<int:pk>/pixel/", readout.pixel, name="pixel"),
    path("shared/<str:token>/pixel/", readout.pixel, name="shared_pixel"),
    path("orders/<int:pk>/products/<int:product_pk>/statistics/", readout.statistics, name="statistics"),
    path("shared/<str:token>/products/<int:product_pk>/statistics/", readout.statistics, name="shared_statistics"),
    path("orders/<int:pk>/products/<int:product_pk>/legend/", readout.legend, name="legend"),
    path("shared/<str:token>/products/<int:product_pk>/legend/", readout.legend, name="shared_legend"),
]
