"""A protected identity in everything that a database holds of it: nobody finds the name or the address again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from batches import actions, tasks
from batches.actions import protecting
from batches.models import Batch, Essay
from batches.naming import Alias
from batches.tests.making import make_essays, make_students, upload
from batches.tests.test_zip_upload import read_all, zipped
from batches.uploads import receive_files
from classes import actions as class_actions
from classes.models import RosterImport, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.models import IdempotencyKey
from huleedu.outbox.models import OutboxEvent

NAME, EMAIL = "Zebulina Qvarnström", "zebulina.qvarnstrom@elev.example"
WORDS = ("zebulina", "qvarnstr")
LIST = f"Förnamn;Efternamn;E-post\nZebulina;Qvarnström;{EMAIL}\nAnna;Ek;anna@elev.example\n"
STORY = "Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg. Den flög långt. "


@pytest.fixture
def student(owned_class: SchoolClass, teacher: User, api: Any) -> Student:
    make_students(owned_class, ["Bo Ek", "Cia Dahl"])
    answer = api(teacher).post(
        f"/api/v1/classes/{owned_class.public_id}/students/",
        {"given_name": "Zebulina", "family_name": "Qvarnström", "email": EMAIL},
        format="json",
        HTTP_IDEMPOTENCY_KEY="made",
    )
    return Student.objects.get(public_id=answer.json()["id"])


def left_in_tables() -> dict[str, str]:
    """Table to the place where a word of the name stands in it, bytes as text."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                said = str(
                    [bytes(c).decode(errors="replace") if isinstance(c, memoryview) else c for c in row]
                ).casefold()
                for word in WORDS:
                    if word in said:
                        at = said.find(word)
                        found[f"{table} {row[0]}"] = said[max(0, at - 80) : at + 60]
    return found


def drop_everything(batch: Batch) -> None:
    own = f"Namn: {NAME}\n\nMin text.\n" + STORY * 3 + f"\n{NAME} slutar här. {EMAIL}\n" + "rad\n" * 20
    classmate = f"Namn: Bo Ek\n\n{STORY}\nMin vän {NAME} gillar den, och Zebulina med ({EMAIL}).\n" + STORY
    receipt = f"Name: {NAME} (zebqva)\nAssignment: Saga\nFiles:\n\tOriginal filename: s.txt\n\tFilename: {{0}}_s.txt\n"
    stem = "Saga_zebqva_attempt_2026-01-02-10-10-10"
    inside: dict[str, str | bytes] = {
        f"{NAME}/inuti.txt": f"{NAME}\n{STORY}",
        f"{stem}.txt": receipt.format(stem),
        f"{stem}_s.txt": STORY + "kvitto",
        f"{NAME}/.DS_Store": "x",
        f"{NAME}/Cia Dahl.txt": f"Namn: Cia Dahl\n{STORY * 2}",
        f"{NAME}.exe": b"MZ" + b"\0" * 100,
        f"{NAME} kopia.txt": own,
    }
    dropped: list[tuple[str, str, str | bytes]] = [
        (f"{NAME}.txt", "", own),
        (f"{NAME} copy.txt", f"dubbel {NAME}", own),
        ("zebulina2.txt", "", f"Zebulinas bok\n{STORY} två"),
        (f"{NAME} trasig.docx", "", b"PK\x03\x04junk"),
        (f"{NAME} alla.zip", "", zipped(inside)),
        ("Bo Ek.txt", f"respons till {NAME}", classmate),
        ("Qvarnström.exe", NAME, b"MZ" + b"\0" * 100),
        ("Thumbs.db", NAME, b"xx"),
        ("ZEBULINA_QVARNSTROM_borttagen.txt", "", f"Namn: {NAME}\n{STORY} borttagen"),
    ]
    for name, path, content in dropped:
        data = content.encode() if isinstance(content, str) else content
        receive_files(batch, files=[SimpleUploadedFile(name, data)], paths=[f"{path}/{name}"], actor=batch.owner)
    read_all(batch)
    removed = EssayFile.objects.get(name="ZEBULINA_QVARNSTROM_borttagen.txt")
    actions.remove_file(batch, file=removed, actor=batch.owner)
    certain = Essay.objects.live().filter(batch=batch, association__certainty="certain")
    actions.confirm_matches(batch, essay_ids=list(certain.values_list("public_id", flat=True)), actor=batch.owner)
    suggested = Essay.objects.get(batch=batch, file__name="zebulina2.txt")
    actions.decide_student(suggested, student=suggested.association.student, version=None, actor=batch.owner)


def test_the_name_is_in_no_table(
    student: Student, batch: Batch, owned_class: SchoolClass, teacher: User, colleague: User, api: Any
) -> None:
    other = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    for school_class in (other, owned_class):
        class_actions.preview_roster(school_class, data=LIST, actor=teacher)
    class_actions.apply_import(class_actions.preview_roster(owned_class, data=LIST, actor=colleague), actor=colleague)
    drop_everything(batch)
    (essay,) = Essay.objects.live().filter(batch=batch, association__student=student, file__name=f"{NAME}.txt")
    path = f"/api/v1/essays/{essay.public_id}/association/"
    body = {"student_id": str(student.public_id), "version": 2}
    for person in (teacher, colleague):
        api(person).put(path, body, format="json", HTTP_IDEMPOTENCY_KEY="decided")
    assert IdempotencyKey.objects.exclude(body=None).count() >= 2
    before = {table.partition(" ")[0] for table in left_in_tables()}
    assert {table for table in before if "idempotency" in table}
    assert len(before) >= 6

    path = f"/api/v1/students/{student.public_id}/protection/"
    body = {"protected": True, "alias": "Elev Sju"}
    assert api(teacher).put(path, body, format="json", HTTP_IDEMPOTENCY_KEY="hide").status_code == 200
    (classmates,) = EssayFile.objects.filter(name="Bo Ek.txt")
    assert NAME in classmates.text
    EssayFile.objects.filter(pk=classmates.pk).update(text="")
    assert left_in_tables() == {}
    assert classmates.essay.association.status == "confirmed"
    assert classmates.path == "respons till Elev Sju"
    assert RosterImport.objects.filter(status="preview").count() == 0
    actions.match_batch(batch, again=True)
    assert left_in_tables() == {}


def test_classmates_keep_their_names(batch: Batch, owned_class: SchoolClass, teacher: User) -> None:
    hidden, karin, berg, _ek = make_students(
        owned_class, ["Anna Karin Lind", "Anna Karin Ek", "Anna Bergström", "Bo Lind"]
    )
    own, other = make_essays(batch, 2, students=[hidden, karin], certainty="certain")
    unknown, both = make_essays(batch, 2)
    clue = {"id": "e1", "place": "file_name", "field": "name", "start": 0, "end": 13, "text": "Anna Karin Ek"}
    named = {
        own: ("Anna Lind.txt", "Anna\nAnna Bergström är snäll."),
        other: ("Anna Karin Ek, respons Anna Lind.txt", "Anna Lind\nannas"),
        unknown: ("Anna Bergström Lind.txt", "Anna Karin\nAnna Lindqvist och Anna Linds bok"),
        both: ("AnnaKarinLind_12.txt", "text"),
    }
    for essay, (name, text) in named.items():
        EssayFile.objects.filter(pk=essay.file_id).update(name=name, text=text, evidence=[clue])
    actions.protect_student(hidden, alias="Kim", actor=teacher)
    found = {essay: EssayFile.objects.get(pk=essay.file_id) for essay in named}
    assert {essay: (file.name, file.text) for essay, file in found.items()} == {
        own: ("Kim.txt", "Kim\nKim Bergström är snäll."),
        other: ("Anna Karin Ek, respons Kim.txt", "Anna Lind\nannas"),
        unknown: ("Anna Bergström Lind.txt", "Anna Karin\nAnna Lindqvist och Kims bok"),
        both: ("Kim_12.txt", "text"),
    }
    assert (found[own].evidence, found[other].evidence) == ([], [clue])
    assert Student.objects.get(pk=berg.pk).name == "Anna Bergström"


def test_another_alias_is_changed_only_where_the_student_writes(student: Student, batch: Batch, teacher: User) -> None:
    own, other = make_essays(batch, 2, students=[student], certainty="certain")
    EssayFile.objects.filter(pk=own.file_id).update(name=f"{NAME}.txt")
    actions.protect_student(student, alias="Elev Sju", actor=teacher)
    EssayFile.objects.filter(pk=other.file_id).update(name="Elev 7, uppsats.txt", text="Elev: okänd")
    actions.protect_student(student, alias="Kim", actor=teacher)
    assert EssayFile.objects.get(pk=own.file_id).name == "Kim.txt"
    assert EssayFile.objects.get(pk=other.file_id).name == "Elev 7, uppsats.txt"
    assert EssayFile.objects.get(pk=other.file_id).text == "Elev: okänd"


def test_not_while_a_file_is_on_its_way(
    student: Student, batch: Batch, owned_class: SchoolClass, teacher: User, api: Any, client_for: Any
) -> None:
    one, removed = actions.add_files(batch, uploads=[upload(f"{NAME}.txt"), upload(f"{NAME} 2.txt")], actor=teacher)
    actions.remove_file(batch, file=removed, actor=teacher)
    path = f"/api/v1/students/{student.public_id}/protection/"
    refused = api(teacher).put(path, {"protected": True, "alias": "Kim"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_reading")
    student.refresh_from_db()
    assert (student.protected_identity, student.name) == (False, NAME)
    page = client_for(teacher).post(
        f"/classes/{owned_class.public_id}/students/{student.public_id}/protect/", {"alias": "Kim"}
    )
    assert page.status_code == 409
    assert "still being read" in page.content.decode()
    tasks.ingest_essay(one.pk)
    assert actions.protect_student(student, alias="Kim", actor=teacher).protected_identity
    assert set(EssayFile.objects.values_list("name", flat=True)) == {"Kim.txt", "Kim 2.txt"}


def test_a_zip_that_waits_for_its_batch_does_not_hinder(student: Student, batch: Batch, teacher: User) -> None:
    actions.lock_batch(batch, actor=teacher)
    EssayFile.objects.create(owner=teacher, name="x.zip", size=1, detected_type="zip")
    batch.batch_files.create(file=EssayFile.objects.get())
    assert actions.protect_student(student, alias="Kim", actor=teacher).protected_identity


@pytest.mark.parametrize("count", [3, 40])
def test_statements_do_not_grow_with_files(
    count: int, student: Student, batch: Batch, teacher: User, django_assert_max_num_queries: Any
) -> None:
    essays = make_essays(batch, count, students=[student] * count, certainty="unsure")
    EssayFile.objects.filter(essay__in=essays).update(name=f"{NAME}.txt", evidence=[])
    actions.remove_file(batch, file=essays[0].file, actor=teacher)
    with django_assert_max_num_queries(48):
        actions.protect_student(student, alias="Kim", actor=teacher)
    assert set(EssayFile.objects.values_list("name", flat=True)) == {"Kim.txt"}
    (event,) = OutboxEvent.objects.filter(event_type="batch.file.removed")
    assert event.payload["file_name"] == "Kim.txt"


def test_more_files_than_one_statement_takes(
    student: Student, batch: Batch, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protecting, "AT_ONCE", 2)
    make_essays(batch, 5)
    EssayFile.objects.update(name=f"{NAME}.txt")
    actions.protect_student(student, alias="Kim", actor=teacher)
    assert set(EssayFile.objects.values_list("name", flat=True)) == {"Kim.txt"}


def test_whoever_applies_a_list_leaves_out_whom_they_know(
    student: Student, owned_class: SchoolClass, teacher: User, stranger: User
) -> None:
    actions.protect_student(student, alias="Kim", actor=teacher)
    other = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    class_actions.share_class(other, email=stranger.email, can_change=True, actor=teacher)
    draft = class_actions.preview_roster(other, data=LIST, actor=stranger)
    class_actions.apply_import(draft, actor=teacher)
    assert [one.name for one in Student.objects.in_class(other)] == ["Anna Ek"]


def test_answers_go_with_a_student_who_is_deleted(
    student: Student, owned_class: SchoolClass, teacher: User, colleague: User, api: Any
) -> None:
    path = f"/api/v1/students/{student.public_id}/"
    api(colleague).patch(path, {"preferred_name": "Zebbe"}, format="json", HTTP_IDEMPOTENCY_KEY="renamed")
    assert IdempotencyKey.objects.exclude(body=None).count() == 2
    assert api(teacher).delete(path).status_code == 204
    assert IdempotencyKey.objects.exclude(body=None).count() == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Zebulinas bok", "Kims bok"),
        ("zebulina2", "Kim2"),
        ("NA24Zebulina", "NA24Kim"),
        ("Zebulina-Mariana", "Kim-Mariana"),
        ("Mariazebulina", "Mariazebulina"),
        ("Qvarnströmska huset", "Qvarnströmska huset"),
        ("QVARNSTROM, ZEBULINA", "Kim"),
        ("zeq08 lämnade in", "Kim lämnade in"),
    ],
)
def test_what_a_name_is(written: str, expected: str) -> None:
    assert Alias(["Zebulina", "Qvarnström", "zeq08@elev.example"], "Kim").line(written) == expected


def test_a_name_over_two_lines() -> None:
    put = Alias(["Zebulina", "Qvarnström"], "Kim")
    text = "\n" * 20 + "igår gick Zebulina\nQvarnström hem.\nZebulina" + "\nrad" * 20
    assert put.text(text) == "\n" * 20 + "igår gick Kim\nKim hem.\nZebulina" + "\nrad" * 20


ALL_WAYS = ("Zebulina Qvarnström", "qvarnströmzebulina_LATE_12", "QVARNSTROM, ZEBULINA", "ZebulinaQvarnström2")


@pytest.mark.parametrize("written", ALL_WAYS)
def test_marks_know_the_name_that_nobody_knows(written: str, student: Student, batch: Batch, teacher: User) -> None:
    actions.protect_student(student, alias="Kim", actor=teacher)
    (file,) = actions.add_files(batch, uploads=[upload(f"{written}.txt")], actor=teacher)
    file.refresh_from_db()
    assert "Kim" in file.name
    assert left_in_tables() == {}


def test_what_is_read_again_or_handed_in_again_brings_no_name_back(
    student: Student, batch: Batch, teacher: User
) -> None:
    drop_everything(batch)
    actions.protect_student(student, alias="Elev Sju", actor=teacher)
    EssayFile.objects.filter(name="Bo Ek.txt").update(text="")
    assert left_in_tables() == {}
    mine = EssayFile.objects.filter(essay__association__student=student, essay__removed_at=None)
    for file in mine:
        EssayFile.objects.filter(pk=file.pk).update(status="failed", problem="timeout")
        actions.retry_batch_file(batch, file=file, actor=teacher)
    read_all(batch)
    assert set(mine.values_list("status", flat=True)) == {"read"}
    assert left_in_tables() == {}
    assert "Elev Sju" in str(list(mine.values_list("text", flat=True)))

    again = f"Namn: {NAME}\n{STORY} igen {EMAIL}"
    inside: dict[str, str | bytes] = {f"{NAME}/ny.txt": again, f"{NAME}.exe": b"MZ" + b"\0" * 100}
    for name, data in ((f"{NAME}.txt", again.encode()), (f"{NAME} 2.txt", again.encode()), ("n.zip", zipped(inside))):
        receive_files(batch, files=[SimpleUploadedFile(name, data)], paths=[f"{NAME}/{name}"], actor=teacher)
    assert left_in_tables() == {}
    read_all(batch)
    assert left_in_tables() == {}
    found = EssayFile.objects.get(name="Elev Sju.txt", text__contains="igen")
    assert found.text.startswith("Namn: Elev Sju")
    assert found.essay.association.certainty != "certain"


def test_a_namesake_keeps_the_name(student: Student, batch: Batch, owned_class: SchoolClass, teacher: User) -> None:
    actions.protect_student(student, alias="Kim", actor=teacher)
    make_students(owned_class, ["Zebulina Dahl"])
    names = ["Zebulina Dahl.txt", "Zebulina.txt", "Bo Ek.txt"]
    actions.add_files(batch, uploads=[upload(name) for name in names], actor=teacher)
    assert sorted(EssayFile.objects.values_list("name", flat=True)) == sorted(names)


def test_where_nobody_is_protected_one_statement_looks(
    batch: Batch, teacher: User, django_assert_num_queries: Any
) -> None:
    files = [essay.file for essay in make_essays(batch, 30)]
    with django_assert_num_queries(1):
        protecting.hide_marked(files, batch)
