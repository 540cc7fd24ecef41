"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# Operators sign in where everybody does: there the rate limits hold.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("", include("portal.pages.urls")),
    path("hub/area/", include("hub.areas.urls")),
    path("", include("hub.forecast.urls")),
    path("ground-motion/", include("hub.insar.urls")),
    path("", include("hub.orders.urls")),
    path("", include("hub.pixels.urls")),
    path("", include("hub.previews.urls")),
    path("", include("hub.series.urls")),
    path("", include("hub.viewer.urls")),
    path("api/v1/", include("hub.api.urls")),
    path("account/", include("portal.accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("support/", include("portal.support.urls")),
    path("admin/", admin.site.urls),
]
