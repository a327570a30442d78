"""What tests of support's desk share: a school day with something in every list, and walking through its pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.test import Client
from django.utils import timezone

from batches import actions
from batches.models import Batch
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent

STUDENT = "Siri Hemlig"
TITLE = "Secret diaries"
FILE = "siri_hemlig_utkast.docx"
TEXT = "My name is Siri and"
CLASS = "Hemlig klass 24"


def make_day(teacher: User, school_class: SchoolClass) -> Batch:
    """A batch with a decided, an undecided and a failed text, an import, a dead letter and a locked batch."""
    SchoolClass.objects.filter(pk=school_class.pk).update(designation=CLASS)
    school_class.refresh_from_db()
    (student,) = make_students(school_class, [STUDENT])
    batch = make_batch(teacher, school_class, title=TITLE)
    first, _second, third = make_essays(batch, 3, students=[student], certainty="certain")
    EssayFile.objects.filter(pk=first.file_id).update(name=FILE, path=f"{STUDENT}/inlämning", text=TEXT)
    EssayFile.objects.filter(pk=third.file_id).update(status="failed", problem="corrupt")
    actions.decide_student(first, student=student, version=None, actor=teacher)
    listed = f"Förnamn\tEfternamn\nÅsa\t{STUDENT.split()[1]}\n"
    draft = class_actions.preview_roster(school_class, data=listed, file_name="hemlig.csv", actor=teacher)
    class_actions.apply_import(draft, actor=teacher)
    locked = make_batch(teacher, school_class, title=f"{TITLE} 2")
    make_essays(locked, 1)
    actions.start_batch(locked, actor=teacher)
    actions.update_batch(batch, changes={"title": f"{TITLE}, again"}, version=None, actor=teacher)
    return batch


def kill(event: OutboxEvent) -> OutboxEvent:
    """Make a dead letter of an event."""
    event.dead_at, event.attempts, event.last_error, event.relayed_at = timezone.now(), 10, "DataError", None
    event.save()
    return event


def make_stuck(batch: Batch) -> EssayFile:
    """A file of the batch that a worker took and never let go, and a lease no worker gets."""
    file = EssayFile.objects.filter(batch_file__batch=batch, status="read").order_by("-pk")[0]
    now = timezone.now()
    EssayFile.objects.filter(pk=file.pk).update(
        status="reading", attempts=1, lease_token=file.storage_key, lease_until=now + timedelta(days=365),
        updated_at=now - timedelta(hours=2),
    )  # fmt: skip
    return file


def lists() -> dict[str, Any]:
    """The address of each list with its model."""
    return {f"/support/{m._meta.app_label}/{m._meta.model_name}/": m for m in admin.site._registry}


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every page of the desk that there is something on: start, lists, rows, errands. Address and HTML."""
    yield "/support/", client.get("/support/").content.decode()
    for address, model in lists().items():
        yield address, client.get(address).content.decode()
        desk: Any = admin.site._registry[model]
        keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True)[:60])
        for key in keys[:12] + keys[-12:]:
            row = f"{address}{key}/change/"
            yield row, client.get(row).content.decode()
        for kind in desk.errands:
            asked = client.post(address, {"action": kind.did, "_selected_action": keys})
            yield f"{address} {kind.did}", asked.content.decode()
