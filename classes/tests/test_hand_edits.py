"""What a person changed by hand outlives class lists; and what must hold of any list: properties."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classes import actions
from classes.exports import export_class
from classes.models import RosterImport, SchoolClass, Student
from classes.tests.test_imports import HEAD, imported, snapshot
from classes.tests.test_views import ClientFor, url
from huleedu.accounts.models import User
from huleedu.common.text import clean_line
from huleedu.outbox.models import OutboxEvent

LIST = HEAD + "Emil;Öberg;emil@elev.example\nSaga;Ahl;saga@elev.example\n"
NEWER = HEAD + "Emil;Öberg;emil@elev.example\nSaga;Ahl-Ek;saga@elev.example\n"


def again(school_class: SchoolClass, teacher: User, text: str) -> dict[str, Any]:
    return actions.build_preview(actions.preview_roster(school_class, data=text, actor=teacher))


@pytest.fixture
def emil(owned_class: SchoolClass, teacher: User) -> Student:
    imported(owned_class, teacher, LIST)
    return Student.objects.get(given_name="Emil")


@pytest.mark.parametrize(
    ("edit", "listed"),
    [
        ({"given_name": "Emilia"}, {"given_name": ["Emilia", "Emil"]}),
        ({"email": "e.oberg@elev.example"}, {"email": ["e.oberg@elev.example", "emil@elev.example"]}),
        ({"email": ""}, {"email": ["", "emil@elev.example"]}),
        (
            {"email": "x@elev.example", "family_name": "Ek"},
            {"family_name": ["Ek", "Öberg"], "email": ["x@elev.example", "emil@elev.example"]},
        ),
    ],
)
def test_hand_edits_survive_the_same_list(
    edit: dict[str, str], listed: dict[str, Any], emil: Student, owned_class: SchoolClass, teacher: User
) -> None:
    actions.update_student(emil, changes=edit, actor=teacher)
    before = snapshot(owned_class)
    shown = again(owned_class, teacher, LIST)
    assert (shown["new"], shown["changed"], shown["unchanged"], shown["missing"]) == (0, 0, 2, 0)
    assert shown["rows"][0]["kept"] == listed
    imported(owned_class, teacher, LIST)
    assert snapshot(owned_class) == before


def test_ticking_takes_what_the_list_says_and_undo_gives_the_edit_back(
    emil: Student, owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    actions.update_student(emil, changes={"given_name": "Emilia", "preferred_name": "Emmi"}, actor=teacher)
    before = snapshot(owned_class)
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    client = client_for(teacher)
    page = client.get(url("import-check", owned_class, draft)).content.decode()
    assert "take “Emil” from the list" in page
    assert "Stays as you wrote it." in page
    client.post(url("import-apply", owned_class, draft), {"shown": "2,", "take": ["2.given_name"]})
    emil.refresh_from_db()
    assert (emil.given_name, emil.preferred_name, emil.replaced) == ("Emil", "Emmi", {"preferred_name": ""})
    actions.undo_import(RosterImport.objects.get(pk=draft.pk), actor=teacher)
    assert snapshot(owned_class) == before
    emil.refresh_from_db()
    assert emil.replaced == {"given_name": "Emil", "preferred_name": ""}


def test_taking_through_the_api_and_back(emil: Student, owned_class: SchoolClass, teacher: User, api: Any) -> None:
    actions.update_student(emil, changes={"given_name": "Emilia"}, actor=teacher)
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    path = f"/api/v1/classes/{owned_class.public_id}/roster-imports/{draft.public_id}/"
    for take, action in ((["given_name"], "changed"), ([], "unchanged")):
        rows = api(teacher).patch(path, {"rows": {"2": {"take": take}}}, format="json").json()["rows"]
        assert rows[0]["action"] == action


def test_an_edit_that_is_taken_back_is_none(emil: Student, owned_class: SchoolClass, teacher: User) -> None:
    for name in ("Emilia", "Emilie", "Emil"):
        actions.update_student(emil, changes={"given_name": name}, actor=teacher)
    emil.refresh_from_db()
    assert emil.replaced == {}
    actions.update_student(emil, changes={"given_name": "Emil"}, actor=teacher)
    emil.refresh_from_db()
    assert emil.replaced == {}


def test_fields_nobody_edited_follow_the_list(emil: Student, owned_class: SchoolClass, teacher: User) -> None:
    actions.update_student(Student.objects.get(given_name="Saga"), changes={"given_name": "Sagah"}, actor=teacher)
    row = again(owned_class, teacher, NEWER)["rows"][1]
    assert (row["action"], row["changes"], row["kept"]) == (
        "changed", {"family_name": ["Ahl", "Ahl-Ek"]}, {"given_name": ["Sagah", "Saga"]},
    )  # fmt: skip


# --- properties ------------------------------------------------------------------------------------------------------

Person = tuple[str, str, str, bool]
NAME = st.text(st.characters(categories=["L", "Nd", "Zs", "P", "Sm"], exclude_characters="<"), max_size=12).map(
    clean_line
)
TRICKY = st.sampled_from(
    ["=1+1", "'=x", "-Bo", "+46", "@SUM", "Totalt", "Antal", "Namn", 'a;"b"', "a,b", "Åsa", "'", "1.0"]
)
STUDENT = st.tuples(st.one_of(NAME, TRICKY), st.one_of(NAME, TRICKY), st.one_of(NAME, TRICKY), st.booleans())
_numbers = itertools.count()
PROPERTY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _class_of(teacher: User, people: list[Person]) -> SchoolClass:
    school_class = actions.create_class(teacher, designation="P", actor=teacher)
    for given_name, family_name, preferred, has_mail in people:
        email = f"-s{next(_numbers)}@elev.example" if has_mail else ""
        names = {"given_name": given_name, "family_name": family_name, "preferred_name": preferred, "email": email}
        if given_name or family_name:
            student = actions.add_student(school_class, values=names, actor=teacher)
            Student.objects.filter(pk=student.pk).update(external_ids={"canvas": str(student.pk), "login": "-x"})
    return school_class


@given(people=st.lists(STUDENT, max_size=8))
@PROPERTY
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_importing_what_was_exported_changes_nothing(kind: str, teacher: User, people: list[Person]) -> None:
    school_class = _class_of(teacher, people)
    if not Student.objects.in_class(school_class).exists():
        return
    before = snapshot(school_class)
    draft = actions.preview_roster(school_class, data=export_class(school_class, kind).content, actor=teacher)
    shown = actions.build_preview(draft)
    n = Student.objects.in_class(school_class).count()
    assert (shown["new"], shown["changed"], shown["unchanged"], shown["missing"]) == (0, 0, n, 0)
    actions.apply_import(draft, actor=teacher)
    assert snapshot(school_class) == before


@given(
    people=st.lists(STUDENT, min_size=1, max_size=6), listed=st.lists(STUDENT, min_size=1, max_size=6), data=st.data()
)
@PROPERTY
def test_undo_of_apply_is_the_identity(
    teacher: User,
    people: list[Person],
    listed: list[Person],
    data: st.DataObject,
) -> None:
    school_class = _class_of(teacher, people)
    emails = [email for email in Student.objects.in_class(school_class).values_list("email", flat=True) if email]
    rows = [
        f"{given or 'X'!r}\t{family!r}\t{data.draw(st.sampled_from([*emails, '', 'new@elev.example']))}"
        for given, family, _preferred, _mail in listed
    ]
    before, told = snapshot(school_class), OutboxEvent.objects.count()
    draft = actions.preview_roster(school_class, data="Förnamn\tEfternamn\tE-post\n" + "\n".join(rows), actor=teacher)
    edits = {row.key: {"include": data.draw(st.booleans())} for row in actions.read_preview(draft).rows}
    edits = {key: edit for key, edit in edits.items() if key}
    draft = actions.revise_import(draft, changes={"rows": edits}, actor=teacher)
    assert (snapshot(school_class), OutboxEvent.objects.count()) == (before, told)  # a preview writes only its draft
    if not any(row.include for row in actions.read_preview(draft).rows):
        return
    actions.undo_import(actions.apply_import(draft, actor=teacher), actor=teacher)
    assert snapshot(school_class) == before
