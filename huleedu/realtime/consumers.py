"""The WebSocket: one per page, for one person, carrying ids and states. Knows no domain (see `registry`)."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user_model

from huleedu.observability import metrics
from huleedu.realtime import presence, registry
from huleedu.realtime.delivery import group_of, group_of_followers, session_tag

logger = structlog.get_logger(__name__)

PROTOCOL = "huleedu.v1"
SIGNED_OUT, POLICY, TOO_BIG = 4401, 1008, 1009
"""Close codes: the first is ours, the others are of RFC 6455."""
MAX_FRAME = 4096
"""Characters of a client's frame."""
MAX_SUBSCRIPTIONS = 100
FLOOD, FLOOD_SECONDS = 60, 10.0
"""Frames a client may send within so many seconds; twice as many closes the socket."""


class Refusal(AsyncWebsocketConsumer):
    """Any other path."""

    async def connect(self) -> None:
        """Refuse the handshake."""
        await self.close()


class EventConsumer(AsyncWebsocketConsumer):
    """Tells a person what happened; lets a page follow some things only and catch up after a break."""

    user: Any = None
    session: str | None = None
    """The sign-in that it belongs to (`session_tag`)."""
    looking: tuple[str, str] | None = None
    """The resource that the person looks at, and the part of it."""
    others: frozenset[presence.Look] | None = None
    """Who else looked at it when the page was last told; None before it was."""

    async def connect(self) -> None:
        """Sign in by session or ticket and say where the history stands."""
        self.following: set[str] = set()
        self.frames_in_window, self.window_began = 0, time.monotonic()
        offered = self.scope.get("subprotocols", [])
        self.user = await self._who(offered)
        await self.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        if self.user is None:
            await self.close(SIGNED_OUT)
            return
        metrics.SOCKETS.inc()
        # Joined before the number is read: a frame may come twice, which its number shows, but none is missed.
        await self.channel_layer.group_add(group_of(self.user.pk), self.channel_name)
        await self._say({"type": "hello", "seq": await self._last_seq()})

    async def disconnect(self, code: int) -> None:
        """Look at nothing any more, and leave the groups."""
        if self.user is None:
            return
        metrics.SOCKETS.dec()
        await self._look_away()
        for resource in self.following:
            await self._in_group(self.channel_layer.group_discard, group_of_followers(resource))
        await self.channel_layer.group_discard(group_of(self.user.pk), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame of the client. What is no frame is answered, not a reason to close; a flood is."""
        if self.user is None:
            return
        if len(text_data or "") > MAX_FRAME or bytes_data:
            await self.close(TOO_BIG)
            return
        if not await self._within_limit():
            return
        try:
            frame = json.loads(text_data or "")
            action = getattr(self, f"on_{frame['action']}", None)
        except (ValueError, TypeError, KeyError, RecursionError):
            action = None
        if action is None or not isinstance(frame["action"], str) or frame["action"] not in self.ACTIONS:
            await self._say({"type": "error", "code": "bad_frame"})
            return
        await action(frame)

    # --- what a client may say ---------------------------------------------------------------------------------------

    ACTIONS = frozenset({"subscribe", "unsubscribe", "look", "resume", "ping"})

    async def on_subscribe(self, frame: dict[str, Any]) -> None:
        """Follow `batch:<uuid>` where the person may see it. With one subscription, others' frames no longer come."""
        resource = str(frame.get("resource", ""))
        allowed = len(self.following) < MAX_SUBSCRIPTIONS
        if not allowed or not await database_sync_to_async(registry.may_follow)(self.user, resource):
            await self._say({"type": "error", "code": "not_found", "resource": resource[:80]})
            return
        if resource not in self.following:
            self.following.add(resource)
            await self._in_group(self.channel_layer.group_add, group_of_followers(resource))
        await self._say({"type": "subscribed", "resource": resource})

    async def on_unsubscribe(self, frame: dict[str, Any]) -> None:
        """Stop following; without any subscription all the person's frames come again."""
        resource = str(frame.get("resource", ""))[:80]
        if resource in self.following:
            self.following.discard(resource)
            await self._in_group(self.channel_layer.group_discard, group_of_followers(resource))
            if self.looking and self.looking[0] == resource:
                await self._look_away()
        await self._say({"type": "unsubscribed", "resource": resource})

    async def on_look(self, frame: dict[str, Any]) -> None:
        """Say that the person looks at `resource`, which the socket follows, and there `at` a part of it or at none.

        The page is told with the first look, and whenever somebody else comes, moves on or goes. Nothing is locked.
        """
        resource, at = str(frame.get("resource", "")), frame.get("at")
        if not _is_part(at):
            await self._say({"type": "error", "code": "bad_frame"})
            return
        may_follow = database_sync_to_async(registry.may_follow)
        if resource not in self.following or not await may_follow(self.user, resource):
            await self._say({"type": "error", "code": "not_found", "resource": resource[:80]})
            return
        if self.looking and self.looking[0] != resource:
            await self._look_away()
        before, self.looking = self.looking, (resource, at or "")
        await self._renew_look()
        if self.looking != before:
            await self._tell_followers(resource)

    async def on_resume(self, frame: dict[str, Any]) -> None:
        """Replay what came after a number, or say that the page has to be read anew."""
        after = frame.get("after")
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**62:
            await self._say({"type": "error", "code": "bad_frame"})
            return
        frames = await database_sync_to_async(registry.frames_after)(self.user.pk, after)
        if frames is None:
            await self._say({"type": "resync", "seq": await self._last_seq()})
            return
        await self.event_frames({"frames": frames})

    async def on_ping(self, _frame: dict[str, Any]) -> None:
        """Answer with the last number, so that a client finds out what it missed; close where the sign-in has ended."""
        if not await database_sync_to_async(self._still_signed_in)():
            await self.close(SIGNED_OUT)
            return
        await self._say({"type": "pong", "seq": await self._last_seq()})
        await self._renew_look()

    # --- what the product says ---------------------------------------------------------------------------------------

    async def event_frames(self, message: dict[str, Any]) -> None:
        """New frames from the relay."""
        for frame in message["frames"]:
            if not self.following or frame["resource"] in self.following:
                await self._say(frame)

    async def presence_changed(self, message: dict[str, Any]) -> None:
        """Somebody came, moved on or went: a page that shows them asks who is there now."""
        if message["by"] == self.channel_name:
            return
        if self.looking and self.looking[0] == message["resource"]:
            await self._renew_look()
        else:
            await self._say({"type": "presence", "resource": message["resource"]})

    async def socket_signed_out(self, message: dict[str, Any]) -> None:
        """The person signed out everywhere, or in the session this socket belongs to."""
        if message["session"] is None or message["session"] == self.session:
            await self.close(SIGNED_OUT)

    async def socket_recheck(self, _message: dict[str, Any]) -> None:
        """Something is no longer shared with the person: a socket that follows it closes."""
        for resource in self.following:
            if not await database_sync_to_async(registry.may_follow)(self.user, resource):
                await self.close(POLICY)
                return

    # --- looking -----------------------------------------------------------------------------------------------------

    async def _renew_look(self) -> None:
        """Go on looking; tell the page where others have changed, also those who went without a word."""
        if self.looking is None:
            return
        resource, at = self.looking
        mine = presence.Look(self.user.pk, at)
        look = sync_to_async(presence.look, thread_sensitive=False)  # no database: no turn in its thread to wait for
        others = await look(resource, mine, socket=self.channel_name)
        if others != self.others:
            self.others = others
            await self._say({"type": "presence", "resource": resource})

    async def _look_away(self) -> None:
        if self.looking is None:
            return
        (resource, _at), self.looking, self.others = self.looking, None, None
        await sync_to_async(presence.leave, thread_sensitive=False)(resource, socket=self.channel_name)
        await self._tell_followers(resource)

    async def _tell_followers(self, resource: str) -> None:
        message = {"type": "presence.changed", "resource": resource, "by": self.channel_name}
        await self._in_group(self.channel_layer.group_send, group_of_followers(resource), message)

    async def _in_group(self, call: Any, group: str, message: dict[str, Any] | None = None) -> None:
        """Presence is an extra: a channel layer that is away costs it, and nothing else."""
        try:
            await call(group, message or self.channel_name)
        except Exception:
            logger.warning("presence_not_told", exc_info=True)

    # --- pieces ------------------------------------------------------------------------------------------------------

    async def _say(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame))

    async def _last_seq(self) -> int:
        return int(await database_sync_to_async(registry.last_seq)(self.user.pk))

    async def _who(self, offered: list[str]) -> Any:
        """The signed-in person, None for nobody. A ticket is used up by looking."""
        user = self.scope.get("user")
        if user is not None and user.is_authenticated and user.is_active:
            self.session = session_tag(self.scope["session"].session_key)
            # The scope holds a lazy object; the person themself is needed outside this coroutine too.
            return await database_sync_to_async(get_user_model().objects.get)(pk=user.pk)
        ticket = next((name.removeprefix("ticket.") for name in offered if name.startswith("ticket.")), None)
        found = await database_sync_to_async(registry.redeem_ticket)(ticket) if ticket else None
        user, self.session = found or (None, None)
        return user

    def _still_signed_in(self) -> bool:
        user = get_user_model().objects.filter(pk=self.user.pk, is_active=True).first()
        if user is None or user.get_session_auth_hash() != self.user.get_session_auth_hash():
            return False
        session = self.scope.get("session")
        by_ticket = session is None or session_tag(session.session_key) != self.session
        return by_ticket or bool(session.exists(session.session_key))

    async def _within_limit(self) -> bool:
        now = time.monotonic()
        if now - self.window_began > FLOOD_SECONDS:
            self.frames_in_window, self.window_began = 0, now
        self.frames_in_window += 1
        if self.frames_in_window > 2 * FLOOD:
            await self.close(POLICY)
            return False
        if self.frames_in_window > FLOOD:
            await self._say({"type": "error", "code": "flood"})
            return False
        return True


def _is_part(at: Any) -> bool:
    """Whether a client may say that a person looks there: at nothing in particular, or at something with an id."""
    try:
        return at is None or (isinstance(at, str) and str(UUID(at)) == at)
    except ValueError:
        return False
