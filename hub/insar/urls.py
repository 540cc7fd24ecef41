"""Addresses of ground motion. Fixed words stand before a release's key, and no release may be called by one of them."""

from __future__ import annotations

from django.urls import path

from hub.insar.pages import asking as pages_asking
from hub.insar.pages import audit as pages_audit
from hub.insar.pages import desk as pages_desk
from hub.insar.pages import map as pages_map
from hub.insar.pages import releases as pages_releases

app_name = "insar"
urlpatterns = [
    path("", pages_releases.releases, name="releases"),
    path("map/", pages_map.map_page, name="map"),
    path("requests/", pages_asking.requests, name="requests"),
    path("requests/<int:pk>/withdraw/", pages_asking.withdraw, name="withdraw"),
    path("undertakings/<int:pk>/", pages_asking.undertaking, name="undertaking"),
    path("desk/", pages_desk.desk, name="desk"),
    path("desk/requests/<int:pk>/", pages_desk.decide, name="decide"),
    path("desk/grants/<int:pk>/revoke/", pages_desk.revoke, name="revoke"),
    path("desk/audit/", pages_audit.audit, name="audit"),
    path("desk/audit.csv", pages_audit.audit_csv, name="audit_csv"),
    path("<str:key>/", pages_releases.release, name="release"),
    path("<str:key>/ask/", pages_asking.ask, name="ask"),
]
