"""Notices by e-mail: to whom, about what, once, in which words, and what a mail server that is away does to them."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from batches import actions
from batches.activity import read_activity
from batches.letters import people_to_look_at
from batches.models import Batch, Decision, EssayStudentAssociation
from batches.tasks import keep_deadlines, keep_letters, send_letter
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.models import ClassShare, SchoolClass
from huleedu.accounts import letters
from huleedu.accounts.actions import purge_expired, read_notice, set_active, update_profile
from huleedu.accounts.mail import deliver
from huleedu.accounts.models import Letter, User
from huleedu.accounts.notices import NoticeKind
from huleedu.outbox.relay import relay_waiting

LATER = timedelta(minutes=11)
Run = Callable[..., None]


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    """Three texts wait; the time to review by is near, of which its people want letters. Titles may hold names."""
    User.objects.update(email_notices=["reminder"])
    students = make_students(owned_class, ["Emil Berg", "Hugo Dahl", "Bo Ek"])
    batch = make_batch(teacher, owned_class, title="Emil's second try")
    make_essays(batch, 3, students=students, certainty="certain")
    changes = {"review_by": timezone.now() + timedelta(hours=3)}
    return actions.update_batch(batch, changes=changes, actor=teacher)


@pytest.fixture
def run() -> Run:
    """`run(after)`: the clock comes round `after` now, and what it queues is done at once."""

    def come_round(after: timedelta = LATER) -> None:
        now = timezone.now() + after
        relay_waiting()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(send_letter, "delay", send_letter)
            patched.setattr(timezone, "now", lambda: now)
            keep_letters()

    return come_round


def want(user: User, *kinds: str) -> None:
    """Let the person have chosen these since yesterday."""
    update_profile(user, changes={"email_notices": kinds}, actor=user)
    User.objects.filter(pk=user.pk).update(letters_from=timezone.now() - timedelta(days=1))


def told() -> list[tuple[str, str]]:
    """Who got which letter."""
    return [(letter.to[0].split("@")[0], str(letter.subject)) for letter in mail.outbox]


def test_a_reminder_comes_once(batch: Batch, run: Run, settings: Any) -> None:
    settings.PUBLIC_URL = "https://huleedu.example"
    keep_deadlines()
    run(timedelta(minutes=1))
    assert mail.outbox == []
    for _time in range(3):
        run()
    assert sorted(who for who, _subject in told()) == ["colleague", "teacher"]
    letter = mail.outbox[0]
    assert letter.subject.startswith("HuleEdu: 3 texts are to be reviewed by ")
    body = str(letter.body)
    assert "A batch of SA24D" in body
    assert f"https://huleedu.example/batches/{batch.public_id}/review/" in body
    assert "https://huleedu.example/account/#notices" in body
    assert body.count("https://") == 2
    for name in ("Emil", "Hugo", "essay-", "try"):
        assert name not in letter.subject + body
    assert set(Letter.objects.values_list("outcome", flat=True)) == {"sent"}
    assert not people_to_look_at(timezone.now() + timedelta(days=2)).exists()


def test_each_kind_to_whom_it_concerns(batch: Batch, teacher: User, colleague: User, reader: User, run: Run) -> None:
    for person in (teacher, colleague, reader):
        want(person, *(kind for kind in NoticeKind if kind != NoticeKind.SHARED))
    Batch.objects.update(auto_confirm=True)
    keep_deadlines()
    essay = batch.essays.earliest("pk")
    student = EssayStudentAssociation.objects.get(essay=essay).student
    actions.decide_student(essay, student=student, version=None, actor=colleague)
    run()
    assert sorted(told()) == [
        ("colleague", "HuleEdu: 2 certain matches are confirmed by themselves " + when(batch)),
        ("colleague", "HuleEdu: Changed by Teacher"),
        ("colleague", "HuleEdu: Matches are ready, 2 certain"),
        ("reader", "HuleEdu: Changed by Colleague, Teacher"),
        ("teacher", "HuleEdu: 2 certain matches are confirmed by themselves " + when(batch)),
        ("teacher", "HuleEdu: Changed by Colleague"),
        ("teacher", "HuleEdu: Matches are ready, 2 certain"),
    ]


def when(batch: Batch) -> str:
    batch.refresh_from_db()
    assert batch.review_by is not None
    with override("en"):
        return date_format(timezone.localtime(batch.review_by), "DAY_TIME")


def test_what_the_clock_confirmed_and_what_could_not_be_read(batch: Batch, teacher: User, run: Run) -> None:
    want(teacher, "auto_done", "problems")
    Batch.objects.update(auto_confirm=True, review_by=timezone.now())
    keep_deadlines()
    (essay,) = make_essays(batch, 1)
    type(essay.file).objects.filter(pk=essay.file.pk).update(status="failed", problem="damaged", read_at=timezone.now())
    essay.removed_at = timezone.now()
    essay.save()
    run()
    assert {subject for who, subject in told() if who == "teacher"} == {
        "HuleEdu: Automatic confirmation: 3 certain matches", "HuleEdu: 1 file could not be read",
    }  # fmt: skip


def test_sharing(teacher: User, stranger: User, owned_class: SchoolClass, run: Run) -> None:
    """In the person's language. Without a word about it a new account gets this one."""
    User.objects.exclude(pk=stranger.pk).update(email_notices=[])
    update_profile(stranger, changes={"language": "sv"}, actor=stranger)
    class_actions.share_class(owned_class, email=stranger.email, can_change=False, actor=teacher)
    run()
    (letter,) = mail.outbox
    assert letter.to == [stranger.email]
    assert "Teacher" in letter.subject
    assert "shared" not in letter.subject
    assert "SA24D" in str(letter.body)


@pytest.mark.parametrize("why", ["read", "off", "left", "away", "settled"])
def test_none_is_written_or_sent_where_there_is_nothing_to_tell(
    batch: Batch, teacher: User, colleague: User, run: Run, why: str
) -> None:
    """Neither before it is written nor, the second time, when it had been written and was to be sent."""
    keep_deadlines()
    relay_waiting()
    actions.write_letters(colleague, now=timezone.now() + LATER)
    assert Letter.objects.count() == 1
    if why == "read":
        notice = next(each for each in read_activity(colleague) if each.kind == "reminder")
        read_notice(colleague, notice=notice.id, to=notice.at, actor=colleague)
    elif why == "off":
        update_profile(colleague, changes={"email_notices": []}, actor=colleague)
    elif why == "left":
        ClassShare.objects.filter(user=colleague).delete()
    elif why == "away":
        set_active(colleague, active=False, actor=teacher)
    else:
        EssayStudentAssociation.objects.update(status="no_student", student=None)
    want_nothing_more(teacher)
    run()
    assert mail.outbox == []
    assert Letter.objects.get().outcome == "gone"


def want_nothing_more(user: User) -> None:
    update_profile(user, changes={"email_notices": []}, actor=user)


def test_a_colleague_who_goes_on_is_told_once_a_day(batch: Batch, teacher: User, colleague: User, run: Run) -> None:
    want(teacher, "changed")
    essays = list(batch.essays.order_by("pk"))
    for essay in essays[:2]:
        match = EssayStudentAssociation.objects.get(essay=essay)
        actions.decide_student(essay, student=match.student, version=None, actor=colleague)
    run()
    assert told() == [("teacher", "HuleEdu: Changed by Colleague")]
    last = EssayStudentAssociation.objects.get(essay=essays[2])
    actions.decide_student(essays[2], student=last.student, version=None, actor=colleague)
    Decision.objects.update(created_at=timezone.now() + timedelta(minutes=20))
    run(timedelta(hours=2))
    assert len(mail.outbox) == 1
    looked_at = [people_to_look_at(timezone.now() + timedelta(hours=n)) for n in (2, 25)]
    assert [list(people.filter(pk=teacher.pk)) for people in looked_at] == [[], [teacher]]
    run(timedelta(hours=25))
    assert len(mail.outbox) == 2


def test_a_kind_turned_on_tells_nothing_of_the_past(batch: Batch, teacher: User, run: Run) -> None:
    want_nothing_more(teacher)
    keep_deadlines()
    update_profile(teacher, changes={"email_notices": ["reminder"]}, actor=teacher)
    run()
    assert "teacher" not in [who for who, _subject in told()]


def test_a_mail_server_that_is_away_is_tried_again_and_nothing_is_lost(
    batch: Batch, teacher: User, colleague: User, run: Run
) -> None:
    want_nothing_more(colleague)
    keep_deadlines()
    with pytest.MonkeyPatch.context() as away:
        away.setattr("huleedu.accounts.mail.send_mail", refuse)
        run()
    letter = Letter.objects.get()
    assert (letter.outcome, letter.tries, letter.taken_at, mail.outbox) == ("waiting", 1, None, [])
    run(LATER + timedelta(minutes=1))
    assert mail.outbox == []
    for _time in range(2):
        run(LATER + timedelta(minutes=3))
    assert [who for who, _subject in told()] == ["teacher"]
    assert Letter.objects.get().outcome == "sent"


def refuse(*_args: Any, **_kwargs: Any) -> None:
    raise smtplib.SMTPRecipientsRefused({"teacher@skola.example": (550, b"teacher@skola.example is not welcome")})


def test_a_letter_whose_answer_was_lost_is_sent_no_second_time(
    batch: Batch, colleague: User, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have taken it: contact broke after the letter went out."""

    def take_and_go(*letter: Any, **_kwargs: Any) -> None:
        taken.append(letter)
        raise smtplib.SMTPServerDisconnected

    taken: list[Any] = []
    want_nothing_more(colleague)
    keep_deadlines()
    monkeypatch.setattr("huleedu.accounts.mail.send_mail", take_and_go)
    for hours in (1, 2, 3):
        run(timedelta(hours=hours) - timedelta(minutes=30))
    assert len(taken) == 1
    assert Letter.objects.get().taken_at is not None


@pytest.mark.parametrize("auto_confirm", [True, False])
def test_nobody_is_reminded_of_a_date_that_has_passed(
    batch: Batch, teacher: User, run: Run, auto_confirm: bool
) -> None:
    want(teacher, "reminder", "auto_due")
    keep_deadlines()
    Batch.objects.update(review_by=timezone.now() - timedelta(minutes=1), auto_confirm=auto_confirm)
    run()
    assert mail.outbox == []


def test_what_is_old_is_told_no_second_time(batch: Batch, teacher: User, colleague: User, run: Run) -> None:
    """Letters are forgotten after a week; a date that was near may still stand there when something else happens."""
    want_nothing_more(colleague)
    keep_deadlines()
    run()
    mail.outbox.clear()
    eight = timedelta(days=8)
    User.objects.update(letters_from=timezone.now() - 2 * eight)
    Letter.objects.update(created_at=timezone.now() - eight, told_to=timezone.now() - eight)
    Batch.objects.update(reminded_at=timezone.now() - eight)
    purge_expired()
    match = EssayStudentAssociation.objects.filter(essay__batch=batch).earliest("pk")
    actions.decide_student(match.essay, student=match.student, version=None, actor=colleague)
    run()
    assert mail.outbox == []


def test_a_letter_tells_nothing_that_an_earlier_one_told(
    batch: Batch, teacher: User, colleague: User, reader: User
) -> None:
    """What it was written for has been taken back when it is sent, and what is left was told: it goes."""
    want(teacher, "changed")
    moment = timezone.now() - timedelta(minutes=30)
    for essay, person in zip(batch.essays.order_by("pk"), (colleague, reader), strict=False):
        match = EssayStudentAssociation.objects.get(essay=essay)
        Decision.objects.create(
            essay=essay, actor=person, before=match.snapshot(), after=match.snapshot(), version_after=1, group=uuid4()
        )
    first, second = Decision.objects.order_by("pk")
    Decision.objects.filter(pk=first.pk).update(created_at=moment)
    assert actions.write_letters(teacher, now=timezone.now() + LATER) == 1
    Letter.objects.update(outcome="sent", told_to=moment)
    waiting = make_letter(teacher, kind="changed", about=batch.public_id)
    Decision.objects.filter(pk=second.pk).update(undone_at=timezone.now())
    assert send_letter(str(waiting.pk)) == "gone"
    assert mail.outbox == []


def test_in_the_end_it_is_given_up(teacher: User) -> None:
    letter = make_letter(teacher)
    now: datetime = letter.created_at
    for _time in range(60):
        letters.postpone_letter(letter.pk, now=now)
        letter.refresh_from_db()
        if letter.outcome != "waiting":
            break
        now = letter.try_at
    assert letter.outcome == "given_up"
    assert timedelta(days=1, hours=22) < now - letter.created_at < timedelta(days=2)


def make_letter(user: User, *, kind: str = "reminder", about: UUID | None = None) -> Letter:
    return Letter.objects.create(user=user, kind=kind, about=about or uuid4(), told_to=timezone.now())


def test_no_address_is_logged(teacher: User, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("huleedu.accounts.mail.send_mail", refuse)
    assert deliver("Hello", "Hello", to="teacher@skola.example") is False
    assert "mail_failed" in caplog.text
    assert "skola" not in caplog.text


def test_a_worker_that_dies_while_handing_over_sends_it_no_second_time(batch: Batch, colleague: User, run: Run) -> None:
    want_nothing_more(colleague)
    keep_deadlines()
    with pytest.MonkeyPatch.context() as dying:

        def die(*_args: Any, **_kwargs: Any) -> None:
            raise KeyboardInterrupt

        dying.setattr("huleedu.accounts.mail.send_mail", die)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert Letter.objects.get().taken_at is not None
    run(timedelta(hours=1))
    assert mail.outbox == []


def test_one_persons_trouble_holds_up_nobody_elses_letters(
    batch: Batch, colleague: User, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = actions.write_letters

    def fail_for_the_colleague(user: User, **options: Any) -> int:
        if user == colleague:
            raise ValueError
        return write(user, **options)

    keep_deadlines()
    monkeypatch.setattr(actions, "write_letters", fail_for_the_colleague)
    run()
    assert [who for who, _subject in told()] == ["teacher"]
    monkeypatch.undo()
    run()
    assert [who for who, _subject in told()] == ["teacher", "colleague"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_letter_and_send_it_once(batch: Batch, teacher: User, race: Any) -> None:
    keep_deadlines()
    relay_waiting()
    now = timezone.now() + LATER
    assert sorted(race(*[partial(actions.write_letters, teacher, now=now)] * 2)) == [0, 1]
    Letter.objects.update(try_at=timezone.now())
    letter = Letter.objects.get()
    outcomes = race(*[partial(send_letter, str(letter.pk))] * 2)
    assert len(mail.outbox) == 1
    assert outcomes.count("sent") == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_a_letter_once(teacher: User, race: Any) -> None:
    letter = make_letter(teacher)
    take = partial(letters.take_letter, letter.pk, told_to=letter.told_to, now=timezone.now())
    assert sorted(race(take, take)) == [False, True]


def test_what_was_written_is_forgotten(teacher: User) -> None:
    old, _new = make_letter(teacher), make_letter(teacher)
    Letter.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    purge_expired()
    assert Letter.objects.count() == 1


def test_the_number_of_statements_does_not_grow(
    batch: Batch, teacher: User, owned_class: SchoolClass, django_assert_max_num_queries: Any
) -> None:
    want(teacher, *NoticeKind.values)
    relay_waiting()
    list(read_activity(teacher))
    with django_assert_max_num_queries(19) as few:
        assert actions.write_letters(teacher, now=timezone.now() + LATER) == 1
    make_essays(batch, 300)
    for number in range(20):
        make_essays(make_batch(teacher, owned_class, title=f"Batch {number}"), 1)
    with django_assert_max_num_queries(len(few)):
        assert actions.write_letters(teacher, now=timezone.now() + LATER) == 20
