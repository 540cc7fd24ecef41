"""Addresses of the Mosaic Hub page, the user area and the downloads."""

from django.urls import path

from hub.orders import downloads
from hub.orders.views import form, user_area

app_name = "orders"
urlpatterns = [
    path("hub/", form.hub, name="hub"),
    path("hub/estimate/", form.estimate, name="estimate"),
    path("orders/", user_area.order_list, name="list"),
    path("orders/<int:pk>/", user_area.detail, name="detail"),
    path("orders/<int:pk>/row/", user_area.row, name="row"),
    path("orders/<int:pk>/panel/", user_area.panel, name="panel"),
    path("orders/<int:pk>/dismiss/", user_area.dismiss, name="dismiss"),
    path("orders/<int:pk>/repeat/", user_area.repeat, name="repeat"),
    path("orders/<int:pk>/files/<int:file_pk>/", user_area.file, name="file"),
    path("download/<str:token>/<str:filename>", downloads.serve, name="download"),
]
