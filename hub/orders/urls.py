"""Addresses of the Mosaic Hub page, the user area and the downloads."""

from django.urls import path

from hub.orders import downloads, views

app_name = "orders"
urlpatterns = [
    path("hub/", views.hub, name="hub"),
    path("hub/estimate/", views.estimate, name="estimate"),
    path("orders/", views.order_list, name="list"),
    path("orders/<int:pk>/", views.detail, name="detail"),
    path("orders/<int:pk>/row/", views.row, name="row"),
    path("orders/<int:pk>/panel/", views.panel, name="panel"),
    path("orders/<int:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("orders/<int:pk>/repeat/", views.repeat, name="repeat"),
    path("orders/<int:pk>/files/<int:file_pk>/", views.file, name="file"),
    path("download/<str:token>/<str:filename>", downloads.serve, name="download"),
]
