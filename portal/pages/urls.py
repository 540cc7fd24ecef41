"""Addresses of the pages that say something and do nothing."""

from django.urls import path

from portal.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("manual/", views.manual, name="manual"),
    path("about/", views.about, name="about"),
    path("news/", views.news, name="news"),
]
