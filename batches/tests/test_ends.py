"""Whatever was handed in, the batch reaches an end that its teacher can leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from batches import actions
from batches.invariants import broken_invariants
from batches.models import Batch, Essay
from batches.state import count_batch
from batches.tasks import ingest_next, match_essays, run_phases
from batches.tests.making import make_batch, make_essays, make_stored, make_students, upload
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.outbox.relay import relay_waiting


def read_all(batch: Batch) -> Batch:
    """As the workers do, in a sandbox."""
    while ingest_next():
        pass
    match_essays(batch.pk)
    batch.refresh_from_db()
    return batch


def press(client: Client, batch: Batch, step: str, **values: Any) -> str:
    """Press a step's button on its page; gives the batch's state."""
    answer = client.post(reverse(f"batches:{step}", args=[batch.public_id]), values)
    assert answer.status_code == 302, answer.content.decode()[:500]
    batch.refresh_from_db()
    return batch.status


def finish(client: Client, batch: Batch) -> list[str]:
    """Start, let the workers run, look at the page, put it away."""
    seen = [press(client, batch, "start", anyway="1")]
    run_phases(batch.pk, batch.generation)
    batch.refresh_from_db()
    seen.append(batch.status)
    assert client.get(reverse("batches:detail", args=[batch.public_id])).status_code == 200
    seen.append(press(client, batch, "archive"))
    relay_waiting()
    assert list(broken_invariants()) == []
    return seen


def nothing_matches(batch: Batch) -> None:
    assert batch.school_class is not None
    make_students(batch.school_class, ["Ada Berg", "Bo Ek"])
    actions.add_files(batch, uploads=[upload(f"dokument-{n}.txt") for n in range(3)], actor=batch.owner)


def nothing_to_read(batch: Batch) -> None:
    uploads = [upload("one.docx", b"no document"), upload("two.pdf", b"%PDF-1.7 torn"), upload("three.exe", b"MZ\x00")]
    actions.add_files(batch, uploads=uploads, actor=batch.owner)


def one_file(batch: Batch) -> None:
    actions.add_files(batch, uploads=[upload("only.txt")], actor=batch.owner)


@pytest.mark.parametrize(
    ("hand_in", "with_class", "essays", "ends"),
    [
        (nothing_matches, True, 3, ["processing", "completed", "archived"]),
        (nothing_to_read, True, 0, ["processing", "completed", "archived"]),
        (one_file, True, 1, ["processing", "completed", "archived"]),
        (one_file, False, 1, ["processing", "completed", "archived"]),
    ],
    ids=["no match", "only unreadable", "one file", "no class list"],
)
def test_it_is_finished_and_put_away(
    teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client],
    hand_in: Callable[[Batch], None], with_class: bool, essays: int, ends: list[str],
) -> None:  # fmt: skip
    batch = make_batch(teacher, owned_class if with_class else None)
    hand_in(batch)
    batch = read_all(batch)
    counts = count_batch(batch)
    assert (counts.reading, counts.essays, counts.confirmed) == (0, essays, 0)
    assert finish(client_for(teacher), batch) == ends


@pytest.mark.parametrize("way", ["cancel", "lock"])
def test_only_unreadable_files_can_also_be_left_unassessed(
    teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client], way: str
) -> None:
    batch = make_batch(teacher, owned_class)
    nothing_to_read(batch)
    batch = read_all(batch)
    client = client_for(teacher)
    page = client.get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    assert reverse("batches:cancel", args=[batch.public_id]) in page
    if way == "lock":
        press(client, batch, "lock")
    assert press(client, batch, "cancel") == "cancelled"
    assert press(client, batch, "archive") == "archived"


def test_an_empty_batch_is_deleted(teacher: User, client_for: Callable[[User], Client]) -> None:
    batch = make_batch(teacher)
    assert client_for(teacher).post(reverse("batches:delete", args=[batch.public_id])).status_code == 302
    assert not Batch.objects.exists()


def test_two_hundred_files_are_finished(
    teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client]
) -> None:
    """Stored in earnest and taken as read: two hundred child processes take longer than a test should."""
    batch = make_batch(teacher, owned_class)
    make_stored(batch, 200)
    assert count_batch(batch).essays == 200
    assert finish(client_for(teacher), batch) == ["processing", "completed", "archived"]
    assert Essay.objects.filter(batch=batch, results__nlp__words__gt=0).count() == 200


def steps_of(batch: Batch) -> dict[str, int]:
    """How many statements each step of a life takes."""
    taken = {}
    calls: dict[str, Callable[[], Any]] = {
        "lock": lambda: actions.lock_batch(batch, actor=batch.owner),
        "start": lambda: actions.start_batch(batch, actor=batch.owner),
        "run": lambda: run_phases(batch.pk, 1),
        "reopen": lambda: actions.reopen_batch(batch, actor=batch.owner),
        "cancel": lambda: actions.cancel_batch(batch, actor=batch.owner),
        "archive": lambda: actions.archive_batch(batch, actor=batch.owner),
    }
    for name, call in calls.items():
        with CaptureQueriesContext(connection) as captured:
            call()
        taken[name] = len(captured)
    return taken


def test_no_step_asks_more_the_more_texts_there_are(teacher: User, owned_class: SchoolClass) -> None:
    few, many = make_batch(teacher, owned_class), make_batch(teacher, owned_class)
    make_essays(few, 2)
    make_essays(many, 200)
    steps_of(make_batch(teacher, owned_class))
    assert steps_of(few) == steps_of(many)
