"""Support's desk at `/support/`: what it shows, what it never shows, and what can be done there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches import actions
from batches.matching import REASONS
from batches.models import Batch, EssayStudentAssociation
from batches.tests.desk import CLASS, FILE, STUDENT, TEXT, TITLE, kill, lists, make_day, make_stuck, pages
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from files.models import EssayFile
from files.problems import MESSAGES
from files.reading import read_stored_file
from huleedu.accounts.models import School, User
from huleedu.common.audit import Errand, on_errand
from huleedu.outbox.models import OutboxEvent

Browser = Callable[..., Client]
BATCHES = "/support/batches/batch/"
FILES = "/support/files/essayfile/"
WHY = "The teacher telephoned."


@pytest.fixture
def desk(support: User, client_for: Browser) -> Client:
    return client_for(support)


@pytest.fixture
def day(teacher: User, owned_class: SchoolClass) -> Batch:
    return make_day(teacher, owned_class)


def do(desk: Client, address: str, did: str, *rows: Any, reason: str = WHY) -> Any:
    """Look at an errand, then confirm it as its page does."""
    carried = dict(re.findall(r'name="(seen-\d+)" value="([^"]*)"', look(desk, address, did, *rows)))
    chosen = {"action": did, "_selected_action": [row.pk for row in rows], "confirmed": "1", "reason": reason}
    return desk.post(address, chosen | carried, follow=True)


def look(desk: Client, address: str, did: str, *rows: Any) -> str:
    """What the page before says."""
    chosen = {"action": did, "_selected_action": [row.pk for row in rows]}
    return str(desk.post(address, chosen).content.decode())


# --- what is shown ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/support/", "/support/design/", "/support/auditlog/logentry/csv/", BATCHES])
def test_only_support_staff_get_in(path: str, client_for: Browser, teacher: User, support: User) -> None:
    assert client_for(support).get(path).status_code == 200
    assert client_for(teacher).get(path, follow=True).status_code == 404
    asked: Any = client_for().get(path, follow=True)
    assert asked.redirect_chain[-1][0].startswith("/sign-in/?next=")


def test_no_name_title_file_name_or_text_is_ever_shown(day: Batch, desk: Client) -> None:
    make_stuck(day)
    seen = 0
    for address, page in pages(desk):
        seen += 1
        for secret in (STUDENT, "Siri", "Hemlig", "hemlig", TITLE, FILE, TEXT, CLASS, "Åsa"):
            assert secret not in page, (address, secret)
    assert seen > 60
    log = desk.get("/support/auditlog/logentry/csv/").content.decode("utf-8-sig")
    assert not re.search(r"Siri|[Hh]emlig|Secret|Åsa", log)


def test_a_student_is_masked(day: Batch, desk: Client) -> None:
    student = Student.objects.get(given_name="Siri")
    page = desk.get(f"/support/classes/student/{student.pk}/change/").content.decode()
    assert "S*** H***" in page
    Student.objects.filter(pk=student.pk).update(protected_identity=True)
    assert "S***" not in desk.get(f"/support/classes/student/{student.pk}/change/").content.decode()


def test_clues_do_not_tell_of_a_protected_identity(desk: Client, teacher: User, owned_class: SchoolClass) -> None:
    """Neither by the word for it, nor by a place without words."""
    students = make_students(owned_class, ["Siri Berg", "Bo Ek"])
    (text,) = make_essays(make_batch(teacher, owned_class), 1)
    reasons = [[("protected", None)], [("name", True), ("no_other_text", True)]]
    text.association.candidates = [
        {"student": student.pk, "reasons": [{"code": code, "for": side, "evidence": []} for code, side in own]}
        for student, own in zip(students, reasons, strict=True)
    ]
    text.association.save()
    page = desk.get(f"/support/batches/essaystudentassociation/{text.association.pk}/change/").content.decode()
    assert "1: + name + no_other_text<" in page


ENGLISH = (
    "the", "and", "with", "owner", "state", "made", "changed", "reason", "tries", "worker", "events", "phases", "class",
    "audit", "users", "lists", "right", "show", "search", "page", "rows", "row", "of", "none", "yes", "no", "size",
    "type", "read", "reading", "waiting", "created", "updated", "deleted", "action", "select", "any", "today", "past",
    "days", "timeline", "when", "who", "what", "took", "kind", "decision", "phase", "school", "students", "by", "all",
)  # fmt: skip
_CODES = re.compile(rf"(?:essay|batch|class|student)(?:\.[a-z.]+|:)|In English|{'|'.join([*MESSAGES, *REASONS])}")
"""Names of events, of problems and of clues, which logs, documents and the API have too."""


def test_the_swedish_desk_holds_no_english(day: Batch, desk: Client, support: User) -> None:
    User.objects.filter(pk=support.pk).update(language="sv")
    for address, page in pages(desk):
        text = re.sub(r"<[^>]+>", " ", "<body" + page.split("<body", 1)[1])
        said = " ".join(re.findall(r'(?:aria-label|placeholder|title|data-label)="([^"]*)"', page))
        words = re.findall(r"[a-zåäö]+", _CODES.sub(" ", f"{text} {said}").lower())
        found = {word for word in words if word in ENGLISH}
        assert not found, (address, found)


@pytest.mark.parametrize("address", list(lists()))
def test_a_list_has_as_many_statements_at_three_hundred_rows_as_at_three(
    address: str, desk: Client, teacher: User, owned_class: SchoolClass
) -> None:
    counts = []
    for number in (3, 297):
        _add(number, teacher, owned_class)
        desk.get(address)  # content types are kept from here on
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0], counts
    assert counts[1] <= 14


def _add(number: int, teacher: User, school_class: SchoolClass) -> None:
    school = School.objects.create(name=f"Skola {number}")
    people = [User(email=f"{number}-{n}@skola.example", school=school) for n in range(number)]
    User.objects.bulk_create(people)
    batches = Batch.objects.bulk_create(Batch(owner=teacher, title=str(n)) for n in range(number))
    make_students(school_class, [f"Elev {number}-{n}" for n in range(number)])
    for batch in batches[:3]:
        make_essays(batch, number // 3)
    for essay in make_essays(batches[0], number):
        essay.decisions.create(before={"status": "undecided"}, after={"status": "confirmed"}, version_after=2)
    RosterImport.objects.bulk_create(
        RosterImport(school_class=school_class, created_by=teacher, content=b"") for _n in range(number)
    )
    SchoolClass.objects.bulk_create(SchoolClass(owner=teacher, designation=str(n)) for n in range(number))
    kinds = Enrolment.objects.filter(school_class=school_class)[:number]
    for row in [*kinds, *EssayStudentAssociation.objects.all()[:number]]:
        LogEntry.objects.log_create(row, force_log=True, action=LogEntry.Action.UPDATE, changes={})


def test_what_people_type_stays_text(day: Batch, desk: Client, teacher: User, client_for: Browser) -> None:
    evil = "<script>alert(1)</script>"
    School.objects.create(name=evil)
    User.objects.filter(pk=teacher.pk).update(display_name=evil, school=School.objects.get(name=evil))
    do(desk, BATCHES, "match_again", day, reason=evil)
    for _address, page in pages(desk):
        assert evil not in page
    assert evil not in desk.get(BATCHES, {"q": evil, "stuck": evil}).content.decode()
    history = client_for(teacher).get(f"/batches/{day.public_id}/history/").content.decode()
    assert evil not in history
    assert "&lt;script&gt;alert(1)" in history


def test_filters_and_search(day: Batch, desk: Client) -> None:
    locked = Batch.objects.exclude(pk=day.pk).get()
    make_stuck(day)

    def keys(address: str, **query: str) -> set[int]:
        answer: Any = desk.get(address, query)
        return {row["key"] for row in answer.context["table"]["rows"]}

    assert keys(BATCHES) == {day.pk, locked.pk}
    assert keys(BATCHES, stuck="yes") == {day.pk}
    assert keys(BATCHES, locked="assessment") == {locked.pk}
    assert keys(BATCHES, locked="no", status__exact="collecting") == {day.pk}
    assert keys(BATCHES, q=str(day.public_id)[:8]) == {day.pk}
    Batch.objects.filter(pk=day.pk).update(auto_confirm=True, review_by=timezone.now())
    assert keys(BATCHES, auto="due") == {day.pk}
    (failed,) = EssayFile.objects.filter(problem="corrupt")
    assert keys(FILES, reason="corrupt") == keys(FILES, work="failed_today") == {failed.pk}
    assert len(keys(FILES, work="unheld")) == len(keys(FILES, work="waiting")) == 1
    assert keys("/support/classes/rosterimport/", problems="yes") == set()
    assert len(keys("/support/batches/decision/", undone="no")) == 1
    assert keys("/support/batches/decision/", undone="yes") == set()


def test_the_start_page_counts_what_wants_looking_at(day: Batch, desk: Client) -> None:
    answer: Any = desk.get("/support/")
    before = {figure.words: figure for figure in answer.context["figures"]}
    assert [before[words].number for words in ("stuck batches", "failed file today", "dead letters")] == ["0", "1", "0"]
    make_stuck(day)
    kill(OutboxEvent.objects.latest("pk"))
    again: Any = desk.get("/support/")
    after = {figure.words: figure for figure in again.context["figures"]}
    assert after["stuck batch"].alarming
    assert after["dead letter"].number == "1"
    assert after["longest wait of a file"].number != "–"
    for figure in again.context["figures"]:
        listed: Any = desk.get(figure.address)
        shown = len(listed.context["table"]["rows"])
        assert listed.status_code == 200
        assert not figure.number.isdecimal() or shown == int(figure.number)


def test_the_timeline_has_every_kind_in_order(day: Batch, desk: Client) -> None:
    do(desk, BATCHES, "match_again", day)
    started = Batch.objects.exclude(pk=day.pk).get()
    lines = [line for batch in (day, started) for line in desk.get(f"{BATCHES}{batch.pk}/change/").context["timeline"]]
    assert {line.kind for line in lines} == {"event", "phase", "decision", "log"}
    own = desk.get(f"{BATCHES}{day.pk}/change/").context["timeline"]
    assert own == sorted(own, key=lambda line: line.at, reverse=True)
    assert any(WHY in line.what and line.who == "support@skola.example" for line in own)
    assert any("undecided → confirmed" in line.what for line in own)


def test_tries_to_read_stand_in_the_timeline_with_how_long_they_took(teacher: User, desk: Client) -> None:
    batch = make_batch(teacher)
    (file,) = actions.add_files(batch, uploads=[upload("a.txt")], actor=teacher)
    claimed = actions.begin_reading(file.pk)
    assert claimed is not None
    assert claimed.lease_token is not None
    actions.finish_reading(file.pk, lease_token=claimed.lease_token, result=read_stored_file(claimed))
    lines = desk.get(f"{BATCHES}{batch.pk}/change/").context["timeline"]
    tries = [line for line in lines if line.kind == "file"]
    assert [line.what for line in tries] == ["reading → read", "waiting → reading", "waiting"]
    assert [bool(line.took) for line in tries] == [True, False, False]
    assert {line.about for line in tries} == {str(file.public_id)}


def test_the_log_as_a_file_holds_no_formula(day: Batch, desk: Client, support: User) -> None:
    with on_errand(Errand(did="match_again", row=day, reason="=HYPERLINK(1)")):
        actions.rematch_batch(day, actor=support)
    User.objects.filter(pk=support.pk).update(email="=cmd@skola.example")
    content = desk.get("/support/auditlog/logentry/csv/", {"who": "errand"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[1][1] == "'=cmd@skola.example"
    assert rows[1][2] == "Support: Match again. Reason: =HYPERLINK(1)"
    assert len(rows) == 2


def test_a_bad_filter_of_the_file_leads_to_the_list(desk: Client) -> None:
    answer = desk.get("/support/auditlog/logentry/csv/", {"timestamp__gte": "nonsense"})
    assert (answer.status_code, answer["Location"]) == (302, "/support/auditlog/logentry/?e=1")
    assert desk.get(answer["Location"]).status_code == 200


def test_nothing_can_be_changed_past_the_errands(day: Batch, desk: Client) -> None:
    for address, model in lists().items():
        row = model._default_manager.first()
        if row is None or model is School:
            continue
        assert desk.post(f"{address}{row.pk}/change/", {}).status_code == 403, address
        assert desk.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403, address
        assert desk.get(f"{address}add/").status_code == 403, address
    assert desk.post(BATCHES, {"action": "move_on", "_selected_action": ["x"]}).status_code == 404
    assert desk.get(f"{BATCHES}999999/change/").status_code == 404
