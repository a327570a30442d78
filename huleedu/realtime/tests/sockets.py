"""A socket as a browser opens it: the real ASGI application, Valkey and sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from huleedu.accounts.models import User
from huleedu.asgi import application

ORIGIN = (b"origin", b"http://localhost")


@asynccontextmanager
async def socket(
    user: User | None = None,
    *,
    origin: tuple[bytes, bytes] | None = ORIGIN,
    subprotocols: list[str] | None = None,
    path: str = "/ws/",
) -> AsyncIterator[WebsocketCommunicator]:
    headers = [(b"host", b"localhost")] + ([origin] if origin else [])
    if user is not None:
        client = Client()
        await sync_to_async(client.force_login)(user)
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    made = WebsocketCommunicator(application, path, headers=headers, subprotocols=subprotocols)
    try:
        yield made
    finally:
        await made.disconnect()


async def hello(made: WebsocketCommunicator) -> dict[str, Any]:
    connected, _protocol = await made.connect(timeout=5)
    assert connected
    frame: dict[str, Any] = await made.receive_json_from(timeout=5)
    assert frame["type"] == "hello"
    return frame


async def close_code(made: WebsocketCommunicator) -> int:
    while True:
        message = await made.receive_output(timeout=5)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def follow(made: WebsocketCommunicator, resource: str) -> None:
    await made.send_json_to({"action": "subscribe", "resource": resource})
    assert await made.receive_json_from(timeout=5) == {"type": "subscribed", "resource": resource}
