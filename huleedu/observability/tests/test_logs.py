"""One JSON object a line, with a request id and nothing personal."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from classes.models import SchoolClass, Student
from huleedu.accounts.models import User


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """`lines()`: what was written to standard error since the test began."""
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    if before is not None:
        handler.setStream(before)


def test_a_request_is_one_line_with_its_id_and_without_the_query(
    lines: Callable[[], list[dict[str, Any]]], client_for: Callable[[User], Client], teacher: User
) -> None:
    client_for(teacher).get("/batches/?title=Emil+Berg")
    (line,) = [line for line in lines() if line.get("request", "").endswith("/batches/")]
    assert (line["event"], line["code"], line["user_id"]) == ("request_finished", 200, str(teacher.public_id))
    assert uuid.UUID(line["request_id"])
    assert "Emil" not in json.dumps(line)


def test_the_token_of_a_reset_is_not_written(lines: Callable[[], list[dict[str, Any]]], db: None) -> None:
    Client().get(f"/sign-in/reset/{uuid.uuid4()}/c1abc2-0123456789abcdef0123456789abcdef/")
    assert "0123456789abcdef" not in json.dumps(lines())


def test_an_error_names_its_class_and_place_and_quotes_nothing(
    lines: Callable[[], list[dict[str, Any]]], owned_class: SchoolClass
) -> None:
    student = {"created_by": owned_class.owner, "given_name": "Emil", "email": "emil.berg@elev.example"}
    Student.objects.create(**student)
    try:
        with transaction.atomic():
            Student.objects.create(**student)
    except IntegrityError:
        logging.getLogger("batches").exception("could_not_keep")
    (line,) = [line for line in lines() if line["event"] == "could_not_keep"]
    assert line["error"].startswith("IntegrityError")
    assert any("test_logs.py" in frame for frame in line["frames"])
    assert "emil" not in json.dumps(line).casefold()
