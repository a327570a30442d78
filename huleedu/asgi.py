"""ASGI entry: pages and API by Django, `/ws/` by Channels."""

from __future__ import annotations

import gc
import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.template.loader import get_template
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huleedu.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402  (needs the app registry)

from huleedu.realtime.routing import websocket  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": websocket})

# All pages and their templates are loaded before the first one is asked for. What is loaded by now stays for good:
# looking through it for garbage took a quarter of a second of a request.
resolve("/")
for template in (settings.BASE_DIR / "templates").rglob("*.html"):
    get_template(template.relative_to(settings.BASE_DIR / "templates").as_posix())
gc.collect()
gc.freeze()
