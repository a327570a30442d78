"""Who looks at what: two sockets on a real Valkey, expiry by a clock, and nothing where Valkey is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from redis import Redis

from classes import actions
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.realtime import consumers, presence
from huleedu.realtime.presence import LASTS, Look
from huleedu.realtime.tests.sockets import close_code, follow, hello, socket

pytestmark = pytest.mark.django_db(transaction=True)

looks = sync_to_async(presence.looks, thread_sensitive=False)


@pytest.fixture
def resource(owned_class: SchoolClass) -> str:
    return f"class:{owned_class.public_id}"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`clock(seconds)` lets so much time pass."""
    passed = [1_800_000_000.0]
    monkeypatch.setattr(presence, "time", lambda: passed[0])

    def go(seconds: float) -> None:
        passed[0] += seconds

    return go


@pytest.fixture
def no_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presence finds nothing where it looks for Valkey."""
    away = Redis.from_url("unix:///nonexistent/valkey.sock", decode_responses=True)
    monkeypatch.setattr(presence, "_valkey", lambda: away)


async def look(made: WebsocketCommunicator, resource: str, at: str | None = None) -> None:
    await made.send_json_to({"action": "look", "resource": resource, "at": at})


async def is_told(made: WebsocketCommunicator, resource: str) -> bool:
    frame: dict[str, Any] = await made.receive_json_from(timeout=5)
    return frame == {"type": "presence", "resource": resource}


async def begin(made: WebsocketCommunicator, resource: str, at: str | None = None) -> None:
    """Follow, look, and be told once."""
    await hello(made)
    await follow(made, resource)
    await look(made, resource, at)
    assert await is_told(made, resource)


async def ping(made: WebsocketCommunicator) -> None:
    await made.send_json_to({"action": "ping"})
    assert (await made.receive_json_from(timeout=5))["type"] == "pong"


async def test_others_are_told_of_coming_moving_and_going_and_see_ids_only(
    teacher: User, colleague: User, resource: str
) -> None:
    first, second = str(uuid4()), str(uuid4())
    async with socket(teacher) as one:
        await begin(one, resource)
        async with socket(colleague) as two:
            await begin(two, resource, first)
            assert await is_told(one, resource)
            assert await looks(resource) == {Look(teacher.pk, ""), Look(colleague.pk, first)}
            await look(two, resource, second)
            assert await is_told(one, resource)
            assert Look(colleague.pk, second) in await looks(resource)
            await look(two, resource, second)
            assert await one.receive_nothing(timeout=0.3), "nothing has changed"
            assert await two.receive_nothing(timeout=0.1), "nobody is told of themselves"
        assert await is_told(one, resource)
        assert await looks(resource) == {Look(teacher.pk, "")}
    assert await looks(resource) == frozenset()


async def test_whoever_only_follows_is_told_too(teacher: User, colleague: User, resource: str) -> None:
    async with socket(teacher) as one, socket(colleague) as two:
        await hello(one)
        await follow(one, resource)
        await begin(two, resource)
        assert await is_told(one, resource)
        await two.send_json_to({"action": "unsubscribe", "resource": resource})
        assert await is_told(one, resource)
        assert await looks(resource) == frozenset()


async def test_a_person_with_two_tabs_stays_until_the_last_closes(teacher: User, resource: str) -> None:
    async with socket(teacher) as one:
        await begin(one, resource)
        async with socket(teacher) as two:
            await begin(two, resource)
        assert {seen.user_pk for seen in await looks(resource)} == {teacher.pk}


async def test_a_killed_server_ends_it_within_the_expiry_and_the_next_ping_tells(
    teacher: User, colleague: User, resource: str, clock: Callable[[float], None]
) -> None:
    async with socket(teacher) as one:
        await begin(one, resource)
        # As a server leaves it that is killed: no farewell.
        await sync_to_async(presence.look)(resource, Look(colleague.pk, ""), socket="killed")
        clock(LASTS / 2)
        await ping(one)
        assert await is_told(one, resource)
        assert len(await looks(resource)) == 2
        clock(LASTS / 2 + 1)
        assert await looks(resource) == {Look(teacher.pk, "")}, "the ping kept the one who is there"
        await ping(one)
        assert await is_told(one, resource)
        await ping(one)
        assert await one.receive_nothing(timeout=0.2)


async def test_without_a_sign_of_life_everybody_is_forgotten_and_a_new_socket_comes_back(
    teacher: User, resource: str, clock: Callable[[float], None]
) -> None:
    async with socket(teacher) as one:
        await begin(one, resource)
        clock(LASTS + 1)
        assert await looks(resource) == frozenset()
    async with socket(teacher) as again:
        await begin(again, resource)
        assert await looks(resource) == {Look(teacher.pk, "")}


async def test_only_what_is_followed_and_may_be_seen_can_be_looked_at(
    teacher: User, stranger: User, resource: str
) -> None:
    async with socket(teacher) as own, socket(stranger) as other:
        await hello(own)
        await hello(other)
        for made in (own, other):
            await look(made, resource)
            assert (await made.receive_json_from(timeout=5))["code"] == "not_found"
        await other.send_json_to({"action": "subscribe", "resource": resource})
        assert (await other.receive_json_from(timeout=5))["code"] == "not_found"
        await look(other, resource)
        assert (await other.receive_json_from(timeout=5))["code"] == "not_found"
    assert await looks(resource) == frozenset()


async def test_a_lost_permission_ends_the_look(
    teacher: User, colleague: User, resource: str, owned_class: SchoolClass
) -> None:
    async with socket(teacher) as one, socket(colleague) as two:
        await begin(one, resource)
        await begin(two, resource)
        assert await is_told(one, resource)
        share = await owned_class.shares.aget(user=colleague)
        await sync_to_async(actions.remove_share)(owned_class, share=share, actor=teacher)
        assert await close_code(two) == 1008
        await two.disconnect()
        assert Look(colleague.pk, "") not in await looks(resource)


@pytest.mark.parametrize("at", [1, "", "x", "0" * 32, [], {}, True, "../" * 12])
async def test_what_is_no_place_is_no_frame(teacher: User, resource: str, at: Any) -> None:
    async with socket(teacher) as made:
        await hello(made)
        await follow(made, resource)
        await made.send_json_to({"action": "look", "resource": resource, "at": at})
        assert (await made.receive_json_from(timeout=5))["code"] == "bad_frame"


async def test_looks_count_as_frames_of_a_flood(teacher: User, resource: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "FLOOD", 5)
    async with socket(teacher) as made:
        await hello(made)
        await follow(made, resource)
        for _number in range(10):
            await look(made, resource, str(uuid4()))
        assert await close_code(made) == 1008


async def test_a_valkey_that_is_away_fails_nothing(teacher: User, resource: str, no_valkey: None) -> None:
    async with socket(teacher) as made:
        await begin(made, resource)
        await ping(made)
    assert await looks(resource) == frozenset()


async def test_a_channel_layer_that_is_away_costs_presence_only(
    teacher: User, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_group: str, _what: Any) -> None:
        raise ConnectionError

    async with socket(teacher) as made:
        await hello(made)
        from channels.layers import get_channel_layer

        for name in ("group_add", "group_send"):
            monkeypatch.setattr(get_channel_layer(), name, away)
        await follow(made, resource)
        await look(made, resource)
        assert await is_told(made, resource)
        await ping(made)
