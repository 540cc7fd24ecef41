"""HTTP and websocket entry point."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Django must be set up before anything that imports models.
http = get_asgi_application()

from hub.flow import PatientSend  # noqa: E402
from hub.realtime import websocket_urlpatterns as of_orders  # noqa: E402
from hub.series.live import websocket_urlpatterns as of_series  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": PatientSend(http),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([*of_orders, *of_series]))),
    }
)
