"""`/ws/`: who may open a socket, and how.

A browser sends an Origin, which has to be one of our hosts, and its session cookie. A client without an Origin is no
browser: it gets no session, only a ticket signs it in.
"""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path, re_path

from huleedu.realtime.consumers import EventConsumer, Refusal


class ByOrigin:
    """Sends a socket with an Origin through the check and the session, one without straight to the consumer."""

    def __init__(self, consumer: Any) -> None:
        self.without_origin = consumer
        self.with_origin = AllowedHostsOriginValidator(AuthMiddlewareStack(consumer))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        has_origin = any(name == b"origin" for name, _value in scope["headers"])
        return await (self.with_origin if has_origin else self.without_origin)(scope, receive, send)


websocket = URLRouter(
    [
        path("ws/", ByOrigin(EventConsumer.as_asgi())),
        re_path(r"^.*$", Refusal.as_asgi()),
    ]
)
