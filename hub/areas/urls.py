"""Addresses of what the order form asks about areas."""

from django.urls import path

from hub.areas import views

app_name = "areas"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("regions/<slug:code>/", views.region, name="region"),
    path("facts/", views.facts, name="facts"),
]
