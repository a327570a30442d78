"""A protected student in later lists, and who has opened the panel."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from batches import actions
from batches.tests.making import make_students
from classes import actions as class_actions
from classes.actions.identity import show_identity
from classes.models import RosterImport, SchoolClass, Student
from huleedu.accounts.models import User

EMAIL = "xerxes.zebrafink@elev.example"


@pytest.fixture
def hidden(owned_class: SchoolClass, teacher: User) -> Student:
    values = {"given_name": "Xerxes Ali", "family_name": "Zebrafink", "email": EMAIL}
    student = class_actions.add_student(owned_class, values=values, actor=teacher)
    Student.objects.filter(pk=student.pk).update(external_ids={"canvas": "4301"})
    return actions.protect_student(student, alias="Kim", actor=teacher)


def preview(school_class: SchoolClass, text: str | bytes, teacher: User) -> dict[str, Any]:
    draft = class_actions.preview_roster(school_class, data=text, actor=teacher)
    kept = bytes(RosterImport.objects.get(pk=draft.pk).content).decode()
    shown = class_actions.build_preview(draft)
    return shown | {"kept": kept.casefold()}


@pytest.mark.parametrize(
    "text",
    [
        f"Förnamn;Efternamn;E-post\nXerxes;Zebrafisk;{EMAIL.upper()}\nBo;Ek;bo@elev.example\n",
        "Namn\nXerxes Ali Zebrafink\nBo Ek\n",
        "Namn\nZebrafink, Xerxes\nEk, Bo\n",
        "Zebrafink Xerxes\nEk Bo\n",
        "Student,ID,SIS Login ID,Section\nX Z,4301,,A\nBo Ek,2,,A\n",
        f"Xerxes Zebrafink <{EMAIL}>; Bo Ek <bo@elev.example>",
        f"Bo Ek <bo@elev.example>; Bo Ek <bo@elev.example>; Xerxes Zebrafink <{EMAIL}>",
        f"Förnamn;Efternamn;E-post\nXerxes;Zebrafink;{EMAIL}\nBo;Ek;bo@elev.example\n".encode("cp1252"),
    ],
    ids=["address", "name", "comma", "surname first", "number", "one line", "after a duplicate", "file"],
)
def test_a_later_list_does_not_bring_them_back(
    text: str | bytes, hidden: Student, owned_class: SchoolClass, teacher: User
) -> None:
    shown = preview(owned_class, text, teacher)
    assert shown["new"] == 1
    assert [problem["code"] for problem in shown["problems"]].count("protected") == 1
    assert (shown["changed"], shown["missing"]) == (0, 0)
    for word in ("xerxes", "zebrafi", "4301"):
        assert word not in shown["kept"]
        assert word not in str(shown["rows"]).casefold()


def test_marks_name_nobody_and_end_with_the_protection(
    hidden: Student, owned_class: SchoolClass, teacher: User
) -> None:
    assert {mark.partition(":")[0] for mark in hidden.protected_marks} == {"email", "name", "number", "word"}
    assert "xerxes" not in str(hidden.protected_marks).casefold()
    show_identity(hidden, values={"given_name": "Kim", "family_name": "Ek"}, actor=teacher)
    hidden.refresh_from_db()
    assert hidden.protected_marks == []
    shown = preview(owned_class, f"Namn;E-post\nXerxes Zebrafink;{EMAIL}\n", teacher)
    assert shown["new"] == 1


def test_marks_outlive_a_new_secret(hidden: Student, owned_class: SchoolClass, teacher: User, settings: Any) -> None:
    text = f"Namn;E-post\nXerxes Zebrafink;{EMAIL}\n"
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert preview(owned_class, text, teacher)["new"] == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert preview(owned_class, text, teacher)["new"] == 1


def test_a_namesake_is_imported(hidden: Student, owned_class: SchoolClass, teacher: User) -> None:
    other = "Namn;E-post\nXerxes Zebrafink;x2@elev.example\n"
    assert preview(owned_class, other, teacher)["new"] == 1
    make_students(owned_class, ["Xerxes Zebrafink"])
    Student.objects.filter(given_name="Xerxes").update(email=None)
    shown = preview(owned_class, "Namn\nXerxes Zebrafink\nXerxes Zebrafink\n", teacher)
    assert (shown["unchanged"], shown["new"]) == (1, 0)
    assert [problem["code"] for problem in shown["problems"]].count("protected") == 1


def test_a_list_read_another_way_is_looked_at_again(hidden: Student, owned_class: SchoolClass, teacher: User) -> None:
    text = f"Alfa;Beta;Gamma\nXerxes;Zebrafink;{EMAIL[:5]}\nBo;Ek;x\n"
    draft = class_actions.preview_roster(owned_class, data=text, actor=teacher)
    draft = class_actions.revise_import(
        draft, changes={"columns": {"0": "given_name", "1": "family_name"}}, actor=teacher
    )
    assert "Zebrafink" not in bytes(draft.content).decode()


def test_a_colleague_finds_out_nothing_of_other_classes(
    hidden: Student, owned_class: SchoolClass, teacher: User, stranger: User
) -> None:
    second = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    class_actions.share_class(second, email=stranger.email, can_change=True, actor=teacher)
    text = f"Namn;E-post\nXerxes Zebrafink;{EMAIL}\n"
    assert preview(second, text, stranger)["problems"] == []
    assert preview(second, text, teacher)["new"] == 0


def test_each_opening_is_written_down(
    hidden: Student, owned_class: SchoolClass, teacher: User, colleague: User, api: Any, client_for: Any
) -> None:
    (other,) = make_students(owned_class, ["Bo Ek"])
    path = reverse("classes:student", args=[owned_class.public_id, hidden.public_id])
    client_for(colleague).get(path)
    api(teacher).get(f"/api/v1/students/{hidden.public_id}/")
    client_for(teacher).get(reverse("classes:student", args=[owned_class.public_id, other.public_id]))
    entries = LogEntry.objects.filter(action=LogEntry.Action.ACCESS)
    assert [(entry.object_id, entry.actor) for entry in entries.order_by("pk")] == [
        (hidden.pk, colleague), (hidden.pk, teacher)
    ]  # fmt: skip
    shown = client_for(teacher).get(path).content.decode()
    assert "Who has opened this" in shown
    assert shown.count(colleague.name) >= 1
    assert (
        "Who has opened this"
        not in client_for(teacher)
        .get(reverse("classes:student", args=[owned_class.public_id, other.public_id]))
        .content.decode()
    )
