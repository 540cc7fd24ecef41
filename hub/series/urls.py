"""Addresses of series."""

from __future__ import annotations

from django.urls import path

from hub.series import pages, views

app_name = "series"
urlpatterns = [
    path("series/", pages.tool, name="tool"),
    path("series/code/", pages.code, name="code"),
    path("series/place/", pages.place, name="place"),
    path("series/<str:key>/", pages.shown, name="shown"),
    path("series/<str:key>/steps/", views.steps, name="steps"),
    path("series/<str:key>/stop/", views.stop, name="stop"),
    path("series/<str:key>/rename/", views.rename, name="rename"),
    path("series/<str:key>/remove/", views.remove, name="remove"),
    path("series/<str:key>/export.<str:kind>", views.export, name="export"),
]
