"""Pressed twice, or sent again when no answer came: every button of a batch's pages has its effect once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch, BatchFile, Decision, Essay, Excuse, PhaseRun
from batches.tests.making import make_batch, make_essays, make_students, upload
from batches.tests.pages import LONG, essay, read_all, url
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent

pytestmark = pytest.mark.django_db(transaction=True)

ClientFor = Callable[..., Client]
AGAIN = {302, 404, 409}
"""The second answer: the same once more, or that it has been done."""


@dataclass
class World:
    """One batch, with what its buttons are about."""

    batch: Batch
    school_class: SchoolClass
    student: Student
    file: EssayFile | None = None
    text: Essay | None = None


def empty(world: World) -> None:
    """As it is made."""


def with_texts(world: World) -> None:
    world.text, *_others = make_essays(world.batch, 2)
    Essay.objects.filter(batch=world.batch).update(matched_at="2026-11-01T12:00:00Z")


def with_problem(world: World) -> None:
    (world.file,) = actions.add_files(
        world.batch, uploads=[upload("bad.docx", b"PK\x03\x04 and nothing")], actor=world.batch.owner
    )
    read_all(world.batch)


def locked(world: World) -> None:
    with_texts(world)
    actions.lock_batch(world.batch, actor=world.batch.owner)


def cancelled(world: World) -> None:
    with_texts(world)
    actions.cancel_batch(world.batch, actor=world.batch.owner)


def archived(world: World) -> None:
    cancelled(world)
    actions.archive_batch(world.batch, actor=world.batch.owner)


def excused(world: World) -> None:
    actions.excuse_student(world.batch, student=world.student, actor=world.batch.owner)


Fields = Callable[[World], dict[str, Any]]

PRESSES: dict[str, tuple[Callable[[World], None], Fields]] = {
    "upload": (empty, lambda _w: {"files": [essay("one.docx"), essay("two.docx")]}),
    "rename": (empty, lambda _w: {"title": "Another", "version": 1}),
    "title": (empty, lambda _w: {"title": "Another"}),
    "class": (empty, lambda w: {"school_class": str(w.school_class.public_id), "version": 1}),
    "excuse": (empty, lambda _w: {}),
    "expect": (excused, lambda _w: {}),
    "delete": (empty, lambda _w: {}),
    "lock": (with_texts, lambda _w: {}),
    "start": (with_texts, lambda _w: {"anyway": "1"}),
    "cancel": (with_texts, lambda _w: {}),
    "unlock": (locked, lambda _w: {"reason": "One more came."}),
    "reopen": (cancelled, lambda _w: {"reason": "One more came."}),
    "archive": (cancelled, lambda _w: {}),
    "file-remove": (with_problem, lambda _w: {}),
    "file-retry": (with_problem, lambda _w: {}),
    "file-paste": (with_problem, lambda _w: {"text": "\n\n".join(LONG)}),
    "file-replace": (with_problem, lambda _w: {"files": [SimpleUploadedFile("better.txt", " ".join(LONG).encode())]}),
}


def address(name: str, world: World) -> str:
    more: dict[str, Any] = {}
    if world.file is not None:
        more["file_id"] = world.file.public_id
    if name in ("excuse", "expect"):
        more["student_id"] = world.student.public_id
    return url(name, world.batch, **more) + ("?version=1" if name == "title" else "")


def rows() -> dict[str, int]:
    """How many there are of what a press could make twice; each told and written down once."""
    counted = (Batch, BatchFile, EssayFile, Essay, Decision, Excuse, PhaseRun, OutboxEvent, LogEntry)
    return {model.__name__: model._default_manager.count() for model in counted}


def made(since: dict[str, int]) -> dict[str, int]:
    return {name: number - since[name] for name, number in rows().items()}


@pytest.fixture
def world(teacher: User, owned_class: SchoolClass) -> Callable[[str], World]:
    students = make_students(owned_class, ["Ada Berg", "Bo Ek"])

    def make(name: str) -> World:
        world = World(make_batch(teacher, owned_class), owned_class, students[0])
        PRESSES[name][0](world)
        return world

    return make


@pytest.mark.parametrize("name", PRESSES)
def test_a_button_of_a_batch(
    name: str, world: Callable[[str], World], teacher: User, client_for: ClientFor, race: Callable[..., list[Any]]
) -> None:
    """One after the other, then at the same moment: as much comes of two as of one."""
    fields = PRESSES[name][1]
    client = client_for(teacher)
    first = world(name)
    before = rows()
    assert client.post(address(name, first), fields(first)).status_code == 302
    effect = made(before)
    assert client.post(address(name, first), fields(first)).status_code in AGAIN
    assert made(before) == effect
    other = world(name)
    before = rows()

    def press(own: Client, sent: dict[str, Any]) -> int:
        return int(own.post(address(name, other), sent).status_code)

    clients = [(client_for(teacher), fields(other)) for _ in range(2)]
    before = rows()
    answers = race(*(partial(press, own, sent) for own, sent in clients))
    assert 302 in answers
    assert set(answers) <= AGAIN
    assert made(before) == effect


def test_a_new_batch(
    teacher: User, owned_class: SchoolClass, client_for: ClientFor, race: Callable[..., list[Any]]
) -> None:
    """The form carries the id of what it makes; filled in anew after going back, it makes another batch."""
    page, client = reverse("batches:new"), client_for(teacher)

    def post(own: Client, sent: dict[str, Any]) -> str:
        return str(own.post(page, sent).headers["Location"])

    for number in range(2):
        key = client.get(page).context["form"]["key"].value()
        fields = {"title": f"Letters {number}", "school_class": str(owned_class.public_id), "key": str(key)}
        clients = [client_for(teacher) for _ in range(2)]
        answers = race(*(partial(post, own, fields) for own in clients))
        assert set(answers) == {f"/batches/{key}/", post(client, fields)}
        assert OutboxEvent.objects.filter(payload__batch_id=str(key)).count() == 1
        assert Batch.objects.count() == number * 2 + 1
        other = post(client, {**fields, "title": f"Speeches {number}"})
        assert other not in answers
        assert Batch.objects.count() == number * 2 + 2


def test_the_key_of_somebody_elses_batch(
    teacher: User, stranger: User, owned_class: SchoolClass, client_for: ClientFor
) -> None:
    batch = make_batch(teacher, title="Letters")
    fields = {"title": "Letters", "key": str(batch.public_id)}
    assert client_for(stranger).post(reverse("batches:new"), fields).url != url("detail", batch)
    assert Batch.objects.filter(owner=stranger).count() == 1
