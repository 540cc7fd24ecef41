"""Addresses of the Mosaic Hub page, the user area and the downloads."""

from django.urls import path

from hub.orders import downloads
from hub.orders.views import code, form, order_page, presets, shared, user_area

app_name = "orders"
urlpatterns = [
    path("hub/", form.hub, name="hub"),
    path("hub/estimate/", form.estimate, name="estimate"),
    path("hub/review/", form.review, name="review"),
    path("hub/code/", code.code, name="code"),
    path("hub/presets/", presets.save, name="preset_save"),
    path("hub/presets/<int:pk>/", presets.apply, name="preset_apply"),
    path("hub/presets/<int:pk>/rename/", presets.rename, name="preset_rename"),
    path("hub/presets/<int:pk>/remove/", presets.remove, name="preset_remove"),
    path("orders/", user_area.order_list, name="list"),
    path("orders/<int:pk>/", order_page.detail, name="detail"),
    path("orders/<int:pk>/row/", user_area.row, name="row"),
    path("orders/<int:pk>/panel/", order_page.panel, name="panel"),
    path("orders/<int:pk>/products/<int:product_pk>/scenes/", order_page.scenes, name="scenes"),
    path("orders/<int:pk>/dismiss/", user_area.dismiss, name="dismiss"),
    path("orders/<int:pk>/repeat/", user_area.repeat, name="repeat"),
    path("orders/<int:pk>/retry/", user_area.retry, name="retry"),
    path("orders/<int:pk>/rename/", user_area.rename, name="rename"),
    path("orders/<int:pk>/remove/", user_area.remove, name="remove"),
    path("orders/<int:pk>/share/", shared.share, name="share"),
    path("orders/<int:pk>/share/<int:link_pk>/end/", shared.unshare, name="unshare"),
    path("orders/<int:pk>/files/<int:file_pk>/", order_page.file, name="file"),
    path("shared/<str:token>/", shared.shared, name="shared"),
    path("shared/<str:token>/panel/", order_page.panel, name="shared_panel"),
    path("shared/<str:token>/products/<int:product_pk>/scenes/", order_page.scenes, name="shared_scenes"),
    path("shared/<str:token>/files/<int:file_pk>/", order_page.file, name="shared_file"),
    path("download/<str:token>/<str:filename>", downloads.serve, name="download"),
]
