"""A broker that is away costs time and fails nothing: the work is a row in PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from batches.tasks import ingest_essay
from huleedu.accounts.models import User
from huleedu.common.nudging import nudge_on_commit
from huleedu.realtime import delivery


def away(*_args: Any, **_options: Any) -> None:
    raise ConnectionError("no broker")


@pytest.mark.django_db(transaction=True)
def test_a_change_is_kept_whatever_was_to_be_queued_after_it(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_essay, "delay", away)
    monkeypatch.setattr(delivery, "_send", away)
    with transaction.atomic():
        teacher.display_name = "Maria"
        teacher.save()
        ingest_essay.delay_on_commit(1)
        delivery.close_user(teacher.pk)
        delivery.recheck_user(teacher.pk)
        nudge_on_commit("a-key", away)
    teacher.refresh_from_db()
    assert teacher.display_name == "Maria"
