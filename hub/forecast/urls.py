"""Addresses of forecasts."""

from django.urls import path

from hub.forecast import views

app_name = "forecast"
urlpatterns = [
    path("hub/forecast/", views.show, name="show"),
    path("hub/forecast/<str:key>.png", views.layer, name="layer"),
]
