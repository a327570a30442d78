"""Two students who are one, and a protected identity: what it means for texts, files, lists and events."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from batches import actions
from batches.actions.students import lock_batches
from batches.merges import read_merge
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.naming import Alias
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.exports import export_class
from classes.models import ClassShare, Enrolment, RosterImport, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent


@pytest.fixture
def pair(owned_class: SchoolClass) -> tuple[Student, Student]:
    one, other = make_students(owned_class, ["Emil Berg", "Emil Andersson Berg"])
    Student.objects.filter(pk=one.pk).update(external_ids={"canvas": "1", "login": "emibe"}, preferred_name="Emmi")
    Student.objects.filter(pk=other.pk).update(external_ids={"canvas": "2"})
    one.refresh_from_db()
    other.refresh_from_db()
    return one, other


def association(essay: Essay) -> EssayStudentAssociation:
    return EssayStudentAssociation.objects.get(essay=essay)


# --- merging ---------------------------------------------------------------------------------------------------------


def test_the_one_who_is_kept_has_everything(
    pair: tuple[Student, Student], batch: Batch, owned_class: SchoolClass, teacher: User
) -> None:
    one, other = pair
    decided, suggested = make_essays(batch, 2, students=[one, one], certainty="certain")
    actions.decide_student(decided, student=one, version=None, actor=teacher)
    second = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    class_actions.enrol_student(second, student=one, actor=teacher)
    class_actions.remove_student(owned_class, student=other, actor=teacher)
    email = other.email
    kept = actions.merge_students(one, into=other, actor=teacher)
    assert not Student.objects.filter(pk=one.pk).exists()
    assert (kept.name, kept.preferred_name, kept.email) == ("Emil Andersson Berg", "Emmi", email)
    assert kept.external_ids == {"canvas": "2", "login": "emibe"}
    assert {association(essay).student_id for essay in (decided, suggested)} == {other.pk}
    assert association(suggested).candidates[0]["student"] == other.pk
    enrolments = Enrolment.objects.filter(student=other)
    assert {(e.school_class_id, e.left_at) for e in enrolments} == {(owned_class.pk, None), (second.pk, None)}
    assert Decision.objects.get().after["student"] == other.pk
    event = OutboxEvent.objects.filter(event_type="essay.student.association.updated").latest("pk")
    assert event.payload["student_id"] == str(other.public_id)
    actions.undo_decisions(batch, actor=teacher)
    assert not association(decided).is_decided


def test_the_batch_of_a_text_that_was_taken_out_is_locked_too(
    pair: tuple[Student, Student], batch: Batch, teacher: User
) -> None:
    """Whoever puts the text back meanwhile waits, so that its versions are settled."""
    (essay,) = make_essays(batch, 1, students=[pair[0]])
    actions.decide_student(essay, student=pair[0], version=None, actor=teacher)
    Essay.objects.filter(pk=essay.pk).update(removed_at=timezone.now())
    assert lock_batches(*pair) == [batch]


def test_an_address_moves_where_there_is_none(pair: tuple[Student, Student], teacher: User) -> None:
    one, other = pair
    email = one.email
    Student.objects.filter(pk=other.pk).update(email=None)
    assert actions.merge_students(one, into=other, actor=teacher).email == email


def test_what_cannot_be_merged(pair: tuple[Student, Student], teacher: User, stranger: User) -> None:
    one, other = pair
    foreign = Student.objects.create(created_by=stranger, given_name="Emil")
    actions.protect_student(other, alias="Ek", actor=teacher)
    for into in (one, foreign, other):
        with pytest.raises(ActionError) as refused:
            actions.merge_students(one, into=into, actor=teacher)
        assert (refused.value.code, refused.value.field) == ("validation_error", "into")
    assert Student.objects.filter(pk=one.pk).exists()


def test_merging_through_the_doors(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User, stranger: User, api: Any, client_for: Any
) -> None:
    one, other = pair
    path = f"/api/v1/students/{one.public_id}/merge/"
    foreign = Student.objects.create(created_by=stranger, given_name="Emil")
    assert api(teacher).post(path, {"into": str(foreign.public_id)}, format="json").status_code == 400
    page = reverse("batches:student-merge", args=[owned_class.public_id, one.public_id])
    client = client_for(teacher)
    assert "Emil Andersson Berg" in client.get(page).content.decode()
    for wrong in ({}, {"into": "x"}, {"into": str(foreign.public_id)}):
        assert client.post(page, wrong).status_code == 422
    answer = client.post(page, {"into": str(other.public_id)})
    assert answer["Location"] == reverse("classes:student", args=[owned_class.public_id, other.public_id])
    (third,) = make_students(owned_class, ["E Berg"])
    path = f"/api/v1/students/{third.public_id}/merge/"
    assert api(teacher).post(path, {"into": str(other.public_id)}, format="json").json()["id"] == str(other.public_id)
    assert list(Student.objects.in_class(owned_class)) == [other]


def test_a_colleague_of_one_class_only_leaves_the_student_as_they_are(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User, colleague: User, api: Any, client_for: Any
) -> None:
    one, other = pair
    unseen = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    class_actions.enrol_student(unseen, student=one, actor=teacher)
    class_actions.remove_student(unseen, student=one, actor=teacher)
    (third,) = make_students(owned_class, ["E Berg"])
    actions.merge_students(third, into=one, actor=teacher)
    merge = one.merges.get()
    pages = [
        reverse(f"batches:student-{name}", args=[owned_class.public_id, one.public_id]) for name in ("merge", "protect")
    ]
    pages.append(reverse("batches:student-unmerge", args=[owned_class.public_id, one.public_id, merge.public_id]))
    path = f"/api/v1/students/{one.public_id}"
    asked = {"into": str(other.public_id), "alias": "Kim", "protected": "true"}
    client, calling = client_for(colleague), api(colleague)
    answers = [client.get(page, asked) for page in pages] + [client.post(page, asked) for page in pages]
    answers += [calling.get(f"{path}/merges/"), calling.post(f"{path}/merges/{merge.public_id}/undo/")]
    answers += [calling.post(f"{path}/merge/", asked, format="json")]
    answers += [calling.put(f"{path}/protection/", asked, format="json")]
    for answer in answers:
        assert answer.status_code == 403
        assert "NA25B" not in answer.content.decode()
    into = f"/api/v1/students/{other.public_id}/merge/"
    assert calling.post(into, {"into": str(one.public_id)}, format="json").status_code == 400
    chosen = reverse("batches:student-merge", args=[owned_class.public_id, other.public_id])
    assert str(one.public_id) not in client.get(chosen).content.decode()
    ClassShare.objects.create(school_class=unseen, user=colleague, can_change=True)
    assert calling.post(into, {"into": str(one.public_id)}, format="json").status_code == 200


def test_what_the_person_may_not_see_is_counted_and_not_named(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User, colleague: User
) -> None:
    """A student of the teacher's in a class of a colleague's."""
    one, other = pair
    foreign = SchoolClass.objects.create(owner=colleague, designation="NA25B")
    Enrolment.objects.create(school_class=foreign, student=one)
    (essay,) = make_essays(make_batch(colleague, foreign, title="Hidden"), 1, students=[one], certainty="certain")
    EssayStudentAssociation.objects.filter(essay=essay).update(status="confirmed", decided_at=timezone.now())
    moving = read_merge(one, into=other, user=teacher)
    assert (moving.texts, moving.n_texts, moving.n_hidden_texts) == ([], 1, 1)
    assert (moving.class_names, moving.n_hidden_classes) == ([], 1)
    actions.merge_students(one, into=other, actor=teacher)
    back = actions.read_unmerge(other.merges.get(), user=teacher)
    assert (back.texts, back.n_hidden_texts, "NA25B" in back.class_names, back.n_hidden_classes) == ([], 1, False, 1)


# --- protected identity ----------------------------------------------------------------------------------------------


def everything() -> str:
    """Whatever the database says, but for the audit log's masks."""
    rows: list[Any] = []
    for model in (Student, EssayFile, EssayStudentAssociation, RosterImport, OutboxEvent, Decision, LogEntry):
        rows += list(model.objects.values())
    return str(rows).casefold()


def test_nothing_names_a_protected_student(batch: Batch, owned_class: SchoolClass, teacher: User, api: Any) -> None:
    text = "Förnamn;Efternamn;E-post\nXerxes;Zebrafink;xerxes.zebrafink@elev.example\n"
    first = class_actions.preview_roster(owned_class, data=text, actor=teacher)
    class_actions.apply_import(first, actor=teacher)
    student = Student.objects.get()
    class_actions.update_student(student, changes={"preferred_name": "Xerro"}, actor=teacher)
    changed = class_actions.preview_roster(owned_class, data=text.replace("fink;", "fisk;"), actor=teacher)
    class_actions.apply_import(changed, actor=teacher)
    class_actions.preview_roster(owned_class, data=text, actor=teacher)
    (essay,) = make_essays(batch, 1, students=[student], certainty="certain")
    EssayFile.objects.filter(pk=essay.file_id).update(
        name="Zebrafisk_Xerxes_uppsats.docx", path="Xerxes Zebrafisk_12_assignsubmission_file",
        text="Xerxes Zebrafisk\nMin bok\nSlut, /Xerro", headers=["Xerxes Z"], properties={"author": "zebrafisk xerxes"},
        evidence=[{"place": "first_line", "field": "text", "start": 0, "end": 16, "text": "Xerxes Zebrafisk"}],
        sidecars=[["grades.csv", "Zebrafisk, Xerxes"]],
    )  # fmt: skip
    actions.protect_student(student, alias="Kim", actor=teacher)
    student.refresh_from_db()
    assert (student.name, student.email, student.protected_identity) == ("Kim", None, True)
    left = everything()
    for word in ("xerxes", "zebrafi", "xerro"):
        assert word not in left, left[max(0, left.find(word) - 200) : left.find(word) + 60]
    file = EssayFile.objects.get(pk=essay.file_id)
    assert (file.name, file.text) == ("Kim_uppsats.docx", "Kim\nMin bok\nSlut, /Kim")
    assert association(essay).certainty == "unsure"
    assert api(teacher).get(f"/api/v1/classes/{owned_class.public_id}/students/?search=xerxes").json()["count"] == 0
    assert LogEntry.objects.filter(object_id=student.pk, changes__has_key="protected_identity", actor=teacher).exists()


def test_lists_leave_a_protected_student_alone(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User
) -> None:
    actions.protect_student(pair[0], alias="Kim", actor=teacher)
    table = export_class(owned_class, "csv").content
    shown = class_actions.build_preview(class_actions.preview_roster(owned_class, data=table, actor=teacher))
    assert (shown["unchanged"], shown["new"], shown["changed"]) == (2, 0, 0)
    shown = class_actions.build_preview(
        class_actions.preview_roster(owned_class, data="Namn;E-post\nKim;kim@elev.example\n", actor=teacher)
    )
    assert [(row["action"], row["values"]["given_name"]) for row in shown["rows"]] == [
        ("new", "Kim"),
        ("missing", "Emil"),
    ]


@pytest.mark.parametrize("alias", ["", " ", "Emil", "E Berg", "kim@elev.example", "20070101-2384", "x" * 151])
def test_an_alias_that_cannot_be_kept(alias: str, pair: tuple[Student, Student], teacher: User) -> None:
    with pytest.raises(ActionError) as refused:
        actions.protect_student(pair[0], alias=alias, actor=teacher)
    assert refused.value.code == "validation_error"
    pair[0].refresh_from_db()
    assert not pair[0].protected_identity


def test_a_protected_student_has_an_alias_only_until_it_ends(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User, api: Any, client_for: Any
) -> None:
    student, other = pair
    path = f"/api/v1/students/{student.public_id}/"
    protected = api(teacher).put(f"{path}protection/", {"protected": True, "alias": "Kim"}, format="json")
    assert (protected.status_code, protected.json()["given_name"]) == (200, "Kim")
    for field in ("family_name", "email", "preferred_name"):
        refused = api(teacher).patch(path, {field: "e@elev.example"}, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    page = reverse("batches:student-protect", args=[owned_class.public_id, student.public_id])
    client = client_for(teacher)
    assert "End the protection" in client.get(page).content.decode()
    assert client.post(page, {"given_name": ""}).status_code == 422
    assert client.post(page, {"given_name": "Emil", "email": other.email}).status_code == 422
    assert client.post(page, {"given_name": "Emil", "family_name": "Berg"}).status_code == 302
    student.refresh_from_db()
    assert (student.name, student.protected_identity) == ("Emil Berg", False)
    assert client.post(page, {"alias": "Emil"}).status_code == 422
    assert client.post(page, {"alias": "Kim"}).status_code == 302


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("åkerströmlindannakarin_LATE_4321_98765_Uppsats", "Kim_LATE_4321_98765_Uppsats"),
        ("Akerstrom_Lind_Anna", "Kim"),
        ("anna.lind@elev.example skrev", "Kim skrev"),
        ("Annamaria de la Cruz", "Annamaria de la Cruz"),
        ("Uppsats av Anna", "Uppsats av Kim"),
    ],
)
def test_names_are_found_in_any_spelling(written: str, expected: str) -> None:
    assert Alias(["Anna Karin", "de la Åkerström Lind", "anna.lind@elev.example"], "Kim").line(written) == expected
