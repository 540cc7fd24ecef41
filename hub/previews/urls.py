"""Addresses of previews."""

from django.urls import path

from hub.previews import views

app_name = "previews"
urlpatterns = [
    path("hub/preview/", views.ask, name="ask"),
    path("hub/preview/shown/", views.show, name="show"),
    path("hub/preview/<str:key>.png", views.picture, name="picture"),
]
