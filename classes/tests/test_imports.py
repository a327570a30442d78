"""A class list on its way in: the draft, the preview, applying and undoing."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classes import actions
from classes.actions import imports
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from classes.tasks import purge_roster_imports
from classes.tests.test_actions import refused
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent

HEAD = "Förnamn;Efternamn;E-post\n"
LIST = HEAD + "Emil;Öberg;emil@elev.example\nSaga;Ahl;saga@elev.example\n;;nameless@elev.example\nBo;Ek;\n"


def snapshot(school_class: SchoolClass) -> list[tuple[Any, ...]]:
    """Everything an import could change."""
    fields = ("pk", "given_name", "family_name", "preferred_name", "email", "external_ids")
    students = list(Student.objects.order_by("pk").values_list(*fields))
    return [*students, *Enrolment.objects.order_by("pk").values_list("school_class_id", "student_id", "left_at")]


def imported(school_class: SchoolClass, teacher: User, text: str) -> RosterImport:
    return actions.apply_import(actions.preview_roster(school_class, data=text, actor=teacher), actor=teacher)


def actions_of(draft: RosterImport) -> dict[int, str]:
    return {row.line: row.action for row in actions.read_preview(draft).rows}


def test_preview_writes_nothing_but_its_draft(owned_class: SchoolClass, teacher: User) -> None:
    before = snapshot(owned_class)
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    shown = actions.build_preview(draft)
    assert snapshot(owned_class) == before
    assert not OutboxEvent.objects.exists()
    assert RosterImport.objects.get() == draft
    assert {key: shown[key] for key in ("status", "new", "changed", "unchanged", "missing", "delimiter")} == {
        "status": "preview", "new": 3, "changed": 0, "unchanged": 0, "missing": 0, "delimiter": ";",
    }  # fmt: skip
    assert [(row["line"], row["action"]) for row in shown["rows"]] == [
        (2, "new"), (3, "new"), (4, "problem"), (5, "new")
    ]  # fmt: skip
    assert {(problem["line"], problem["code"]) for problem in shown["problems"]} == {
        (4, "missing_name"), (5, "missing_email")
    }  # fmt: skip
    assert [column["field"] for column in shown["columns"]] == ["given_name", "family_name", "email"]


def test_apply_is_idempotent_and_told(owned_class: SchoolClass, colleague: User, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=colleague)
    applied = actions.apply_import(draft, actor=colleague)
    after = snapshot(owned_class)
    assert applied.status == "applied"
    assert bytes(applied.content) == b""
    assert {student.name for student in Student.objects.in_class(owned_class)} == {"Emil Öberg", "Saga Ahl", "Bo Ek"}
    assert set(Student.objects.values_list("created_by_id", flat=True)) == {teacher.pk}
    types = list(OutboxEvent.objects.order_by("id").values_list("event_type", flat=True))
    assert types == ["student.created"] * 3 + ["class.roster.applied"]
    told = OutboxEvent.objects.latest("id")
    assert told.public == {"class_id": str(owned_class.public_id), "import_id": str(applied.public_id)}
    again = actions.apply_import(draft, actor=colleague)
    assert again.applied_at == applied.applied_at
    assert snapshot(owned_class) == after
    assert OutboxEvent.objects.count() == 4
    shown = actions.build_preview(again)
    assert (shown["status"], shown["new"], shown["rows"]) == ("applied", 3, [])


def test_bulk_rows_are_audited_with_the_person_and_without_names(owned_class: SchoolClass, colleague: User) -> None:
    from auditlog.models import LogEntry

    imported(owned_class, colleague, LIST)
    for row in (*Student.objects.all(), *Enrolment.objects.all()):
        entry = LogEntry.objects.get_for_object(row).get()
        assert entry.actor == colleague
        assert "elev.example" not in str(entry.changes) + entry.object_repr
        assert "Emil" not in str(entry.changes) + entry.object_repr


def test_same_list_again_changes_nothing(owned_class: SchoolClass, teacher: User) -> None:
    imported(owned_class, teacher, LIST)
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    assert actions_of(draft) == {2: "unchanged", 3: "unchanged", 4: "problem", 5: "unchanged"}
    before = snapshot(owned_class)
    actions.apply_import(draft, actor=teacher)
    assert snapshot(owned_class) == before


def test_changes_and_undo_are_exact(owned_class: SchoolClass, teacher: User) -> None:
    imported(owned_class, teacher, LIST)
    saga = Student.objects.get(given_name="Saga")
    actions.remove_student(owned_class, student=saga, actor=teacher)
    elsewhere = actions.create_class(teacher, designation="ES24B", actor=teacher)
    known = actions.add_student(elsewhere, values={"given_name": "Vi", "email": "vi@elev.example"}, actor=teacher)
    before = snapshot(owned_class)
    text = "Förnamn;Efternamn;E-post;Tilltalsnamn;Canvas ID\n"
    text += "Emil;Öberg Lind;EMIL@elev.example;Emma;4301\nSaga;Ahl;saga@elev.example;;\n"
    text += "Vi;;vi@elev.example;;\nNy;Elev;ny@elev.example;;\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    rows = {row.line: row for row in actions.read_preview(draft).rows}
    assert {row.line: row.action for row in rows.values() if row.line} == {
        2: "changed", 3: "joining", 4: "joining", 5: "new"
    }  # fmt: skip
    told = actions.build_preview(draft)
    assert [(row["action"], row["joining"]) for row in told["rows"] if row["line"]] == [
        ("changed", False), ("changed", True), ("changed", True), ("new", False)
    ]  # fmt: skip
    counts = ("new", "joining", "changed", "unchanged", "missing")
    assert [told[kind] for kind in counts] == [1, 2, 3, 0, 1]
    assert rows[2].changes == {
        "family_name": ["Öberg", "Öberg Lind"], "preferred_name": ["", "Emma"], "external_ids": ["", "canvas 4301"]
    }  # fmt: skip
    assert rows[3].changes == rows[4].changes == {}
    applied = actions.apply_import(draft, actor=teacher)
    told = actions.build_preview(applied)
    assert [told[kind] for kind in counts] == [1, 2, 3, 0, 1]
    emil = Student.objects.get(email="emil@elev.example")
    assert (emil.family_name, emil.preferred_name, emil.external_ids) == ("Öberg Lind", "Emma", {"canvas": "4301"})
    assert Enrolment.objects.get(student=saga).left_at is None
    assert Student.objects.in_class(owned_class).filter(pk=known.pk).exists()
    undone = actions.undo_import(applied, actor=teacher)
    assert undone.status == "undone"
    assert snapshot(owned_class) == before
    n = OutboxEvent.objects.count()
    assert actions.undo_import(applied, actor=teacher).undone_at == undone.undone_at
    assert OutboxEvent.objects.count() == n
    refused("illegal_transition", lambda: actions.apply_import(applied, actor=teacher))


def test_undo_leaves_what_somebody_changed_since(owned_class: SchoolClass, teacher: User) -> None:
    imported(owned_class, teacher, LIST)
    emil = Student.objects.get(given_name="Emil")
    applied = imported(owned_class, teacher, HEAD + "Emil;Lind;emil@elev.example\n")
    actions.update_student(emil, changes={"family_name": "Lindh"}, actor=teacher)
    actions.undo_import(applied, actor=teacher)
    emil.refresh_from_db()
    assert emil.family_name == "Lindh"


def test_undo_keeps_a_student_who_has_a_text(owned_class: SchoolClass, teacher: User) -> None:
    from batches.models import Batch, Essay, EssayStudentAssociation
    from files.models import EssayFile

    applied = imported(owned_class, teacher, LIST)
    emil = Student.objects.get(given_name="Emil")
    batch = Batch.objects.create(owner=teacher, title="Argument", school_class=owned_class)
    essay = Essay.objects.create(batch=batch, file=EssayFile.objects.create(owner=teacher, name="a.txt", size=1))
    EssayStudentAssociation.objects.create(essay=essay, student=emil, status="confirmed")
    actions.undo_import(applied, actor=teacher)
    assert Student.objects.get() == emil
    assert Enrolment.objects.get().left_at is not None


def test_a_draft_and_an_old_import_cannot_be_undone(owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    refused("not_undoable", lambda: actions.undo_import(draft, actor=teacher))
    applied = actions.apply_import(draft, actor=teacher)
    old = timezone.now() - timedelta(days=31)
    RosterImport.objects.update(applied_at=old)
    stale = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    RosterImport.objects.filter(pk=stale.pk).update(created_at=timezone.now() - timedelta(hours=25))
    fresh = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    assert purge_roster_imports() == {"drafts": 1, "emptied": 1, "merges": 0, "leavings": 0}
    assert set(RosterImport.objects.values_list("pk", flat=True)) == {applied.pk, fresh.pk}
    refused("not_undoable", lambda: actions.undo_import(applied, actor=teacher))
    refused("not_found", lambda: actions.apply_import(stale, actor=teacher))


def test_those_not_in_the_list_leave_only_when_ticked(owned_class: SchoolClass, teacher: User) -> None:
    imported(owned_class, teacher, LIST)
    before = snapshot(owned_class)
    draft = actions.preview_roster(owned_class, data=HEAD + "Emil;Öberg;emil@elev.example\n", actor=teacher)
    missing = [row for row in actions.read_preview(draft).rows if row.action == "missing"]
    assert [row.values["given_name"] for row in missing] == ["Saga", "Bo"]
    assert not any(row.include for row in missing)
    saga = missing[0].key
    draft = actions.revise_import(draft, changes={"rows": {saga: {"include": True}}}, actor=teacher)
    applied = actions.apply_import(draft, actor=teacher)
    assert {student.given_name for student in Student.objects.in_class(owned_class)} == {"Emil", "Bo"}
    actions.undo_import(applied, actor=teacher)
    assert snapshot(owned_class) == before


def test_rows_are_corrected_and_left_out(owned_class: SchoolClass, teacher: User) -> None:
    text = LIST + "Lo;Ek;EMIL@elev.example\n" + f"{'x' * 151};Ek;\nMy;Ek;my@\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    assert actions_of(draft) == {2: "new", 3: "new", 4: "problem", 5: "new", 6: "problem", 7: "problem", 8: "new"}
    rows = {
        "3": {"include": False},
        "4": {"values": {"given_name": "Suriya"}},
        "6": {"values": {"email": "lo@elev.example"}},
        "7": {"values": {"given_name": "Xi"}},
        "8": {"values": {"email": "my@elev.example"}},
    }
    draft = actions.revise_import(draft, changes={"rows": rows}, actor=teacher)
    assert set(actions_of(draft).values()) == {"new"}
    assert {row.line: row.problems for row in actions.read_preview(draft).rows}[8] == []
    actions.apply_import(draft, actor=teacher)
    made = {student.name: student.email for student in Student.objects.in_class(owned_class)}
    assert made == {
        "Emil Öberg": "emil@elev.example", "Suriya": "nameless@elev.example", "Bo Ek": None,
        "Lo Ek": "lo@elev.example", "Xi Ek": None, "My Ek": "my@elev.example",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rows": {"2": {"values": {"email": "no address"}}}}, "rows.2.email"),
        ({"rows": {"2": {"values": {"given_name": "x" * 151}}}}, "rows.2.given_name"),
        ({"rows": {"2": {"values": {"family_name": "Ek 20070101-2384"}}}}, "rows.2.family_name"),
        ({"rows": {"second": {"include": False}}}, "rows"),
        ({"columns": {"0": "shoe_size"}}, "columns.0"),
        ({"columns": {"0": "email", "1": "email"}}, "columns.1"),
        ({"columns": {"-1": "email"}}, "columns"),
        ({"columns": {"9" * 5000: "email"}}, "columns"),
        ({"columns": {"0" * 5000: "email"}}, "columns"),
    ],
)
def test_a_correction_that_cannot_be_kept_names_its_field(
    changes: dict[str, Any], field: str, owned_class: SchoolClass, teacher: User
) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    refused("validation_error", lambda: actions.revise_import(draft, changes=changes, actor=teacher), field=field)
    draft.refresh_from_db()
    assert (draft.edits, draft.columns) == ({}, {})


def test_two_edited_to_one_address_are_told(owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    rows = {"5": {"values": {"email": "Saga@elev.example"}}}
    draft = actions.revise_import(draft, changes={"rows": rows}, actor=teacher)
    assert actions_of(draft)[5] == "problem"
    actions.apply_import(draft, actor=teacher)
    assert Student.objects.filter(email__iexact="saga@elev.example").count() == 1


def test_columns_are_named_by_the_teacher(owned_class: SchoolClass, teacher: User) -> None:
    text = "Alfa;Beta\n1;2\nEmil;Öberg\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    draft = actions.revise_import(draft, changes={"columns": {"0": "given_name", "1": "family_name"}}, actor=teacher)
    names = [row.values["given_name"] for row in actions.read_preview(draft).rows]
    assert "Emil" in names


def test_file_is_read_another_way(owned_class: SchoolClass, teacher: User) -> None:
    data = (HEAD + "Östen;Öberg;osten@elev.example\n").encode("mac_roman")
    draft = actions.preview_roster(owned_class, data=data, file_name="klass.csv", actor=teacher)
    draft = actions.revise_import(draft, changes={"encoding": "cp1252"}, actor=teacher)
    assert actions.read_preview(draft).rows[0].values["given_name"] != "Östen"
    draft = actions.revise_import(draft, changes={"encoding": "mac_roman"}, actor=teacher)
    assert actions.read_preview(draft).rows[0].values["given_name"] == "Östen"
    refused(
        "validation_error",
        lambda: actions.revise_import(draft, changes={"encoding": "utf-8"}, actor=teacher),
        field="encoding",
    )


def _workbook() -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    first = book.active
    assert first is not None
    first.append(["Förnamn", "Efternamn", "E-post", "Personnummer"])
    first.append(["Emil", "Öberg", "emil@elev.example", "19121212-1212"])
    first.append(["=1+1", "Ahl", "saga@elev.example", 191212121212])
    first["A2"].comment = Comment("121212-1212", "19121212-1212")
    other = book.create_sheet("Annat")
    other.append(["121212-1212"])
    book.properties.title = "121212-1212"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        "Namn;Nr\nEmil Öberg;19121212-1212\nSaga Ahl;121212 1212\n",
        "Namn;Nr\nEmil Öberg;19121212–1212\nSaga Ahl;1212121212\n".encode(),
        "Namn;Nr\nEmil Öberg;19121212–1212\nSaga Ahl;121212-1212\n".encode("cp1252"),
        "Namn;Nr\nEmil Öberg;19121212–1212\nSaga Ahl;121212+1212\n".encode("mac_roman"),
        "Namn;Nr\nEmil Öberg;19121212-1212\nSaga Ahl;121212-1212\n".encode("utf-16"),
        _workbook(),
    ],
    ids=["text", "utf-8", "cp1252", "mac", "utf-16", "xlsx"],
)
def test_a_draft_holds_no_personal_identity_number(data: bytes | str, owned_class: SchoolClass, teacher: User) -> None:
    import zipfile

    draft = actions.preview_roster(owned_class, data=data, file_name="klass 121212-1212.csv", actor=teacher)
    draft.refresh_from_db()
    assert draft.result["personnummer_removed"] == 2
    assert draft.file_name == "klass .csv"
    content = bytes(draft.content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    kept = content.replace(b"\x00", b"")
    assert b"1212" not in kept
    shown = actions.build_preview(draft)
    assert shown["personnummer_removed"] == 2
    assert "1212" not in str(shown)
    assert [row["values"]["family_name"] for row in shown["rows"]] == ["Öberg", "Ahl"]
    assert [row["line"] for row in shown["rows"]] == [2, 3]


def test_somebody_takes_an_address_meanwhile(
    owned_class: SchoolClass, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classes.actions import applying, imports

    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)

    def late(*args: Any) -> Any:
        rows = imports.compare(*args)
        Student.objects.create(created_by=teacher, given_name="Emil", email="emil@elev.example")
        return rows

    monkeypatch.setattr(applying, "compare", late)
    refused("version_conflict", lambda: actions.apply_import(draft, actor=teacher))
    draft.refresh_from_db()
    assert draft.status == "preview"
    assert not Enrolment.objects.exists()


def test_nobody_to_import(owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=HEAD + ";;nameless@elev.example\n", actor=teacher)
    refused("validation_error", lambda: actions.apply_import(draft, actor=teacher), field="rows")


def test_statements_do_not_grow_with_the_list(owned_class: SchoolClass, teacher: User) -> None:
    from django.db import connection

    counts = []
    for n in (100, 2_000):
        school_class = actions.create_class(teacher, designation=f"C{n}", actor=teacher)
        text = HEAD + "".join(f"A;B{i};a{i}.{n}@elev.example\n" for i in range(n))
        steps = []
        draft = actions.preview_roster(school_class, data=text, actor=teacher)
        for step in (
            lambda draft=draft: actions.build_preview(draft),
            lambda draft=draft: actions.apply_import(draft, actor=teacher),
            lambda draft=draft: actions.undo_import(draft, actor=teacher),
        ):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                step()
            steps.append(len(captured))
        assert not Student.objects.in_class(school_class).exists()
        counts.append(steps)
    # Rows are written all at once, and deleted by the hundred.
    assert all(many - few <= 2 * 2_000 // 100 for few, many in zip(*counts, strict=True)), counts
    assert counts[0][0] == counts[1][0] == 2
    assert counts[1][1] - counts[0][1] <= 5 * (2_000 // 500 - 1)


def test_a_colleagues_list_finds_nobody_the_colleague_may_not_see(
    owned_class: SchoolClass, teacher: User, colleague: User
) -> None:
    elsewhere = Student.objects.create(
        created_by=teacher, given_name="Ida", family_name="Holm", email="ida@elev.example"
    )
    text = "Förnamn;Efternamn;E-post\nNobody;Here;ida@elev.example"
    (guessed,) = actions.build_preview(actions.preview_roster(owned_class, data=text, actor=colleague))["rows"]
    assert (guessed["action"], guessed["student_id"], guessed["changes"]) == ("new", None, {})
    assert "Ida" not in str(guessed)
    (known,) = actions.build_preview(actions.preview_roster(owned_class, data=text, actor=teacher))["rows"]
    assert (known["action"], known["student_id"]) == ("changed", str(elsewhere.public_id))


@pytest.mark.django_db(transaction=True)
def test_a_list_is_read_before_the_class_is_locked(
    owned_class: SchoolClass, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[bool] = []
    read = imports.read_grid

    def noting(data: bytes | str) -> Any:
        locked.append(connection.in_atomic_block)
        return read(data)

    monkeypatch.setattr(imports, "read_grid", noting)
    actions.preview_roster(owned_class, data="Förnamn;Efternamn\nAlva;Holm\n", actor=teacher)
    assert locked == [False]
