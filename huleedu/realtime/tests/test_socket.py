"""The socket as a browser and as a client with a ticket see it: the real ASGI application, Valkey and sessions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from classes import actions
from classes.events import ClassChanged
from classes.models import SchoolClass
from huleedu.accounts.actions import end_sign_in, issue_tokens, revoke_tokens, rotate_tokens
from huleedu.accounts.models import TokenFamily, User
from huleedu.asgi import application
from huleedu.outbox.publish import publish
from huleedu.outbox.relay import relay_waiting
from huleedu.realtime.delivery import close_user
from huleedu.realtime.tests.sockets import ORIGIN, close_code, follow, hello, socket

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def tell(person: User, key: uuid.UUID | None = None) -> None:
    with transaction.atomic():
        publish(ClassChanged(class_id=key or uuid.uuid4()), audience=[person.pk])
    relay_waiting()


async def test_a_signed_in_browser_hears_its_own_events_only(teacher: User, stranger: User) -> None:
    async with socket(teacher) as own, socket(stranger) as other:
        assert (await hello(own))["seq"] == 0
        await hello(other)
        await tell(teacher)
        frame = await own.receive_json_from(timeout=5)
        assert (frame["type"], frame["seq"]) == ("class.changed", 1)
        assert set(frame["data"]) == {"class_id"}
        assert await other.receive_nothing(timeout=0.3)


async def test_nobody_is_closed_with_the_code_for_signed_out(db: None) -> None:
    async with socket() as made:
        await made.connect(timeout=5)
        assert await close_code(made) == 4401


@pytest.mark.parametrize("origin", [b"https://evil.example", b"http://localhost.evil.example", b"null"])
async def test_a_foreign_origin_gets_no_socket(teacher: User, origin: bytes) -> None:
    async with socket(teacher, origin=(b"origin", origin)) as made:
        connected, _code = await made.connect(timeout=5)
        assert not connected


async def test_a_cookie_without_an_origin_signs_nobody_in(teacher: User) -> None:
    async with socket(teacher, origin=None) as made:
        await made.connect(timeout=5)
        assert await close_code(made) == 4401


async def test_a_ticket_signs_in_once(teacher: User, api: Callable[[User], Any]) -> None:
    answer = await sync_to_async(api(teacher).post)("/api/v1/ws-ticket/")
    ticket = answer.json()["ticket"]
    offered = ["huleedu.v1", f"ticket.{ticket}"]
    async with socket(origin=None, subprotocols=offered) as made:
        connected, protocol = await made.connect(timeout=5)
        assert (connected, protocol) == (True, "huleedu.v1")
        assert (await made.receive_json_from(timeout=5))["type"] == "hello"
    async with socket(origin=None, subprotocols=offered) as again:
        await again.connect(timeout=5)
        assert await close_code(again) == 4401


async def test_with_a_subscription_only_that_is_heard(teacher: User, owned_class: SchoolClass) -> None:
    async with socket(teacher) as made:
        await hello(made)
        resource = f"class:{owned_class.public_id}"
        await follow(made, resource)
        await tell(teacher)
        await tell(teacher, owned_class.public_id)
        assert (await made.receive_json_from(timeout=5))["resource"] == resource
        await made.send_json_to({"action": "unsubscribe", "resource": resource})
        assert (await made.receive_json_from(timeout=5))["type"] == "unsubscribed"
        await tell(teacher)
        assert (await made.receive_json_from(timeout=5))["seq"] == 3


@pytest.mark.parametrize("resource", ["class:{own}", "class:nonsense", "batch:{own}", "user:1", "", "class:"])
async def test_a_stranger_can_follow_nothing(stranger: User, owned_class: SchoolClass, resource: str) -> None:
    async with socket(stranger) as made:
        await hello(made)
        await made.send_json_to({"action": "subscribe", "resource": resource.format(own=owned_class.public_id)})
        answer = await made.receive_json_from(timeout=5)
        assert (answer["type"], answer["code"]) == ("error", "not_found")


async def test_resume_replays_what_was_missed_or_says_resync(teacher: User) -> None:
    for _number in range(3):
        await tell(teacher)
    async with socket(teacher) as made:
        assert (await hello(made))["seq"] == 3
        await made.send_json_to({"action": "resume", "after": 1})
        assert [(await made.receive_json_from(timeout=5))["seq"] for _number in range(2)] == [2, 3]
        await made.send_json_to({"action": "resume", "after": 77})
        assert await made.receive_json_from(timeout=5) == {"type": "resync", "seq": 3}


async def test_a_pong_carries_the_last_number(teacher: User) -> None:
    await tell(teacher)
    async with socket(teacher) as made:
        await hello(made)
        await made.send_json_to({"action": "ping"})
        assert await made.receive_json_from(timeout=5) == {"type": "pong", "seq": 1}


@pytest.mark.parametrize(
    "frame",
    [" ", "{", "[]", "null", '"ping"', "{}", '{"action": 1}', '{"action": "delete"}', '{"action": "__init__"}',
     '{"action": ["ping"]}', '{"action": "resume"}', '{"action": "resume", "after": true}',
     '{"action": "resume", "after": -1}', "[" * 3000],
)  # fmt: skip
async def test_what_is_no_frame_is_answered_and_the_socket_lives(teacher: User, frame: str) -> None:
    async with socket(teacher) as made:
        await hello(made)
        await made.send_to(text_data=frame)
        assert (await made.receive_json_from(timeout=5))["code"] == "bad_frame"
        await made.send_json_to({"action": "ping"})
        assert (await made.receive_json_from(timeout=5))["type"] == "pong"


async def test_a_frame_that_is_too_big_closes(teacher: User) -> None:
    async with socket(teacher) as made:
        await hello(made)
        await made.send_to(text_data=json.dumps({"action": "ping", "pad": "x" * 5000}))
        assert await close_code(made) == 1009


async def test_a_flood_is_warned_and_then_closed(teacher: User) -> None:
    async with socket(teacher) as made:
        await hello(made)
        for _number in range(121):
            await made.send_json_to({"action": "ping"})
        codes = []
        while True:
            message = await made.receive_output(timeout=5)
            if message["type"] == "websocket.close":
                break
            codes.append(json.loads(message["text"]).get("code"))
        assert (message["code"], "flood" in codes) == (1008, True)


async def test_signing_out_closes_this_session_only(teacher: User) -> None:
    client = Client()
    await sync_to_async(client.force_login)(teacher)
    key = client.cookies["sessionid"].value
    async with socket(teacher) as other:
        await hello(other)
        headers = [(b"host", b"localhost"), ORIGIN, (b"cookie", f"sessionid={key}".encode())]
        mine = WebsocketCommunicator(application, "/ws/", headers=headers)
        await hello(mine)
        await sync_to_async(client.post)("/sign-out/")
        assert await close_code(mine) == 4401
        assert await other.receive_nothing(timeout=0.3)


@pytest.mark.parametrize("how", ["signed out there", "token revoked", "token used twice"])
async def test_a_program_that_is_signed_out_loses_its_socket_only(teacher: User, how: str) -> None:
    tokens = await sync_to_async(issue_tokens)(teacher, actor=teacher)
    family = await TokenFamily.objects.aget()
    call = sync_to_async(APIClient(headers={"Authorization": f"Bearer {tokens.access}"}).post)
    ticket = (await call("/api/v1/ws-ticket/")).json()["ticket"]
    async with socket(teacher) as other, socket(origin=None, subprotocols=[f"ticket.{ticket}"]) as own:
        await hello(other)
        await hello(own)
        await own.send_json_to({"action": "ping"})
        assert (await own.receive_json_from(timeout=5))["type"] == "pong"
        if how == "signed out there":
            await sync_to_async(end_sign_in)(teacher, sign_in=family.pk, actor=teacher)
        elif how == "token revoked":
            await sync_to_async(revoke_tokens)(tokens.refresh)
        else:
            for _time in range(2):
                await sync_to_async(rotate_tokens)(tokens.refresh)
        assert await close_code(own) == 4401
        assert await other.receive_nothing(timeout=0.3)


async def test_everywhere_closes_all(teacher: User) -> None:
    async with socket(teacher) as one, socket(teacher) as two:
        await hello(one)
        await hello(two)
        await sync_to_async(close_user)(teacher.pk)
        assert [await close_code(one), await close_code(two)] == [4401, 4401]


async def test_a_changed_password_ends_a_socket_at_its_next_ping(teacher: User) -> None:
    async with socket(teacher) as made:
        await hello(made)
        person = await User.objects.aget(pk=teacher.pk)
        person.set_password("another-long-password")
        await person.asave()
        await made.send_json_to({"action": "ping"})
        assert await close_code(made) == 4401


async def test_what_is_no_longer_shared_closes_the_socket_that_follows_it(
    teacher: User, colleague: User, owned_class: SchoolClass
) -> None:
    async with socket(colleague) as made:
        await hello(made)
        await follow(made, f"class:{owned_class.public_id}")
        share = await owned_class.shares.aget(user=colleague)
        await sync_to_async(actions.remove_share)(owned_class, share=share, actor=teacher)
        assert await close_code(made) == 1008


async def test_another_path_is_refused(teacher: User) -> None:
    async with socket(teacher, path="/ws/other/") as made:
        connected, _code = await made.connect(timeout=5)
        assert not connected
