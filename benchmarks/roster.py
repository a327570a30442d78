"""How long a class list takes: preview and apply of 2,000 rows, with their statements. `make bench-roster`.

Needs the servers that the test suite starts: runs as one test, so that nothing is left behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from classes import actions
from classes.models import RosterImport
from huleedu.accounts.models import User

ROWS = (100, 2_000)


def _measured(what: str, call: Callable[[], Any]) -> Any:
    captured: list[str] = []

    def count(execute: Any, sql: str, *args: Any) -> Any:
        captured.append(sql[:20])
        return execute(sql, *args)

    with connection.execute_wrapper(count):
        began, began_cpu = time.perf_counter(), time.process_time()
        result = call()
        seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(f"{what:<28} {seconds:6.2f} s, {cpu:5.2f} s of them on this core, {len(captured):3} statements")  # noqa: T201
    return result


@pytest.mark.django_db
@pytest.mark.parametrize("n", ROWS)
def test_bench(n: int) -> None:
    """Print seconds and statements of each step."""
    teacher = User.objects.create_user("bench@skola.example", "a-long-enough-password")
    school_class = actions.create_class(teacher, designation=f"C{n}", actor=teacher)
    rows = "".join(f"Förnamn{i};Efternamn{i};{i}.{n}@elev.example;SA24D\n" for i in range(n))
    data = ("Förnamn;Efternamn;E-post;Klass\n" + rows).encode("cp1252")

    def read() -> RosterImport:
        return actions.preview_roster(school_class, data=data, actor=teacher)

    draft = _measured(f"{n} rows: read and keep", read)
    _measured(f"{n} rows: preview", lambda: actions.build_preview(draft))
    _measured(f"{n} rows: apply", lambda: actions.apply_import(draft, actor=teacher))
    again = _measured(f"{n} rows: read again", read)
    _measured(f"{n} rows: preview again", lambda: actions.build_preview(again))
    _measured(f"{n} rows: undo", lambda: actions.undo_import(draft, actor=teacher))
