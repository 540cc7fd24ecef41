"""Addresses of pixels: each once for the order's owner, once for whoever holds a shared link."""

from __future__ import annotations

from django.urls import path

from hub.pixels import views

app_name = "pixels"


def _both(route: str, view: object, name: str) -> list:
    return [
        path(f"orders/<int:pk>/{route}", view, name=name),
        path(f"shared/<str:token>/{route}", view, name=f"shared_{name}"),
    ]


urlpatterns = [
    *_both("why/", views.find, "find"),
    *_both("products/<int:product_pk>/why/", views.ask, "ask"),
    *_both("products/<int:product_pk>/why/<str:key>/", views.shown, "shown"),
    *_both("products/<int:product_pk>/why/<str:key>/<int:number>.png", views.thumbnail, "thumbnail"),
]
