"""What the templates of the review and of the texts are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from batches.matching.disagreement import disagreement
from batches.matching.ties import tied
from batches.matching.weights import WEAK_PLACES
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.platforms import PLATFORMS
from batches.review.candidates import (
    ShownCandidate,
    clues_in,
    clues_of,
    letter_clues,
    search_class,
    search_elsewhere,
    shown_candidates,
)
from batches.review.highlighting import PIECE, line_html, piece_html
from batches.review.namesakes import SharedNames, read_marks
from batches.review.queue import Filter, Queue, Row, by_student, decided_by, read_queue
from batches.review.readers import Readers, read_readers
from batches.review.reasons import disagreement_sentence, sentence, tie_sentence
from batches.review.versions import Version, beside, versions_of
from batches.views.frame import Frame, batch_frame, frame_context
from classes.models import Student
from files.evidence import Evidence
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.access import get_visible
from huleedu.common.requests import PageRequest


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One decision: who, when, what."""

    said: str
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One text as the review and the essay view show it."""

    essay: Essay
    name: SafeString
    text: SafeString
    rest_at: int | None
    """Where a long text goes on that is not here yet."""
    beyond: frozenset[str]
    """The clues that stand there."""
    places: tuple[tuple[str, SafeString], ...]
    """Other strings of the file that hold a clue: what they are, and what they say."""
    candidates: tuple[ShownCandidate, ...]
    history: tuple[HistoryLine, ...]
    decided_by: str
    source: str
    """How the file came: from whose zip, or loose."""

    @property
    def match(self) -> EssayStudentAssociation:
        """What stands now."""
        return self.essay.association


_LONG = ("text", "headers", "properties", "evidence")


def _essay(batch: Batch, text_id: UUID, viewer: User) -> Essay:
    rows = Essay.objects.filter(batch=batch).select_related("association__student", "association__decided_by")
    zipped = rows.select_related("file__archive").defer(*(f"file__archive__{name}" for name in _LONG))
    return get_visible(zipped, viewer, text_id)


def _source(batch: Batch, file: EssayFile) -> str:
    if file.archive is None:
        return _("Loose file")
    about = batch.processing_metadata.get("zips", {}).get(str(file.archive.public_id), {})
    platform = PLATFORMS.get(about.get("source", ""))
    return _("{platform} zip").format(platform=platform) if platform else _("Zip file")


def show(
    essay: Essay, *, batch: Batch, queue: Queue, viewer: User, shared_names: SharedNames, most: int = PIECE
) -> Shown:
    """Two statements beyond the essay's own: its decisions, and all students that it or they name.

    `most`: characters of the text that come with it.
    """
    match, file = essay.association, essay.file
    decisions = list(Decision.objects.filter(essay=essay).select_related("actor").order_by("-pk"))
    keys = {candidate["student"] for candidate in match.candidates}
    keys |= {row.after["student"] for row in decisions if row.after["student"]}
    students = Student.objects.in_bulk(sorted(keys)) if keys else {}
    clues, letters = clues_of(match), letter_clues(match)
    in_text = clues_in("text", clues, letters)
    piece = piece_html(file.text, in_text, most=most)
    beyond = [clue.id for clue in in_text if piece.rest_at is not None and clue.start >= piece.rest_at]
    return Shown(
        essay=essay,
        name=line_html(file.name, clues_in("name", clues, letters)),
        text=piece.html,
        rest_at=piece.rest_at,
        beyond=frozenset(beyond),
        places=tuple(_places(essay, clues, letters)),
        candidates=tuple(shown_candidates(essay, queue=queue, students=students, called=shared_names.called)),
        history=tuple(_history_line(row, students, viewer, shared_names) for row in decisions),
        decided_by=decided_by(match, viewer) if match.is_decided else "",
        source=_source(batch, file),
    )


def _places(essay: Essay, clues: Sequence[Evidence], letters: dict[str, str]) -> list[tuple[str, SafeString]]:
    """Folder, page headers and properties, as far as a clue stands there."""
    file = essay.file
    sources = [("path", _("Folder"), file.path)]
    sources += [(f"header:{index}", _("Page header"), header) for index, header in enumerate(file.headers)]
    sources += [(f"property:{key}", _("File's properties"), value) for key, value in file.properties.items()]
    return [
        (label, line_html(source, marked))
        for field, label, source in sources
        if (marked := clues_in(field, clues, letters))
    ]


def _history_line(row: Decision, students: dict[int, Student], viewer: User, shared_names: SharedNames) -> HistoryLine:
    actor = row.actor.name if row.actor else _("Somebody")
    who = _("You") if row.actor_id == viewer.pk else actor
    student = students.get(row.after["student"])
    if row.after["status"] == EssayStudentAssociation.Status.CONFIRMED:
        called = shared_names.called(student) if student else _("a removed student")
        said = _("{who} chose {student}").format(who=who, student=called)
    elif row.after["status"] == EssayStudentAssociation.Status.NO_STUDENT:
        said = _("{who} decided: not in this class").format(who=who)
    else:
        said = _("{who} undid the decision").format(who=who)
    return HistoryLine(said, row.created_at, undone=row.undone_at is not None)


# --- the review ------------------------------------------------------------------------------------------------------


def review_context(request: PageRequest, batch_id: UUID, *, text_id: UUID | None) -> dict[str, Any]:
    """The queue and one text: `text_id`, otherwise the first undecided one; without any, the summary."""
    frame = batch_frame(request, batch_id, tab="review")
    queue = read_queue(frame.batch, viewer=request.user)
    first = queue.neighbour(None)
    key = text_id or (first.public_id if first else None)
    shared_names = frame.shared_names
    essay = _essay(frame.batch, key, request.user) if key else None
    shown = (
        show(essay, batch=frame.batch, queue=queue, viewer=request.user, shared_names=shared_names) if essay else None
    )
    query = _searched(request, key)
    chosen = _chosen(shown) if "different" not in request.GET else None
    others = _others(frame, shown, query, several="different" in request.GET)
    elsewhere = _elsewhere(frame, query, request.user, first=len(others) + len(shown.candidates) + 1) if shown else []
    candidates = shown.candidates if shown else ()
    shown_students = [*candidates, *others, *elsewhere]
    beside_all = shared_names.beside(shown_students)
    marks = read_marks(shown_students, frame.batch, request.user, shared_names=beside_all)
    return frame_context(
        frame,
        shown=shown,
        chosen=chosen,
        called=beside_all.called(shown.match.student) if shown and shown.match.student else "",
        disagreement=_disagreement(shown, shared_names) if shown else "",
        versions=versions_of(queue.texts_of_students(), chosen) if shown and shown.match.is_decided else (),
        beside=beside(shown.essay, chosen, queue) if shown and not shown.match.is_decided else None,
        **queue_context(frame, queue, request, open_id=key),
        last_decision=partial(Decision.objects.latest_of, request.user, batch=frame.batch),
        different=shown is not None and chosen is None and shown.match.student is not None,
        candidates=beside_all.told_apart(candidates, marks),
        shared=shared_names.shared_by(candidates),
        others=beside_all.told_apart(others, marks),
        elsewhere=beside_all.told_apart(elsewhere, marks),
        query=query,
        next=queue.neighbour(essay),
        previous=queue.neighbour(essay, step=-1),
        alone=text_id is not None,
        seen=request.GET.get("seen", ""),
        meanwhile=_meanwhile(request, shown),
        told_at=timezone.now().timestamp(),
    )


def _searched(request: PageRequest, open_id: UUID | None) -> str:
    """Words to find a student by. What comes along with a form of another text (`text`) is not for this one."""
    searched_at = request.POST.get("text", str(open_id))
    return request.POST.get("q", "").strip()[:100] if searched_at == str(open_id) else ""


def queue_context(frame: Frame, queue: Queue, request: PageRequest, *, open_id: UUID | None) -> dict[str, Any]:
    """What the list of texts and the numbers above it are given. `listed` is what `find` and `mine` leave.

    What a script fetches ahead is shown later: who is here then, it knows itself.
    """
    ahead = "HuleEdu-Ahead" in request.headers
    readers = Readers() if ahead else read_readers(frame.batch, viewer=request.user)
    asked = request.POST if "find" in request.POST else request.GET
    wanted = Filter(request.POST.get("find", "").strip()[:100], mine="mine" in asked)
    return {
        "queue": queue,
        "listed": queue.listed(wanted, readers.of_text),
        "readers": readers,
        "wanted": wanted,
        "kept": "?mine=1" if wanted.mine else "",
        "open_id": open_id,
        "n_decided": len(queue.decided),
        "place": next((n for n, row in enumerate(queue.needs_you, 1) if row.essay.public_id == open_id), 0),
    }


def _chosen(shown: Shown | None) -> Student | None:
    """Who is ticked when the page opens: the decided student, otherwise the suggested one."""
    return shown.match.student if shown else None


def _others(frame: Frame, shown: Shown | None, query: str, *, several: bool) -> list[ShownCandidate]:
    """Students found by `query`; without words, where nobody is suggested, those who have no text yet.

    `several`: so too where the one suggested has written another text, and this is somebody else's.
    """
    if shown is None:
        return []
    listed = {candidate.student.pk for candidate in shown.candidates}
    if query:
        found = search_class(frame.batch, query)
    elif (several or not shown.candidates) and not shown.match.is_decided:
        found = [*frame.handed_in.missing, *frame.handed_in.may_have]
    else:
        found = []
    students = [student for student in found if student.pk not in listed]
    first = len(shown.candidates) + 1
    return [
        ShownCandidate(student, key=str(number) if number <= 5 else "")
        for number, student in enumerate(students, first)
    ]


def _elsewhere(frame: Frame, query: str, viewer: User, *, first: int) -> list[ShownCandidate]:
    """Students of other classes found by `query`; `said` names the class."""
    found = search_elsewhere(frame.batch, query, viewer)
    return [
        ShownCandidate(student, key=str(number) if number <= 5 else "", said=designation)
        for number, (student, designation) in enumerate(found, first)
    ]


def _disagreement(shown: Shown, shared_names: SharedNames) -> str:
    """Of a conflict: which clues point to whom, or whom they fit alike."""
    if shown.match.certainty != EssayStudentAssociation.Certainty.CONFLICT or shown.match.is_decided:
        return ""
    tied_students = tied(shown.match.candidates)
    if tied_students:
        return tie_sentence(
            [shared_names.called(one.student) for one in shown.candidates if one.student.pk in tied_students]
        )
    called = {candidate.letter: shared_names.called(candidate.student) for candidate in shown.candidates}
    found = disagreement(shown.match.candidates, shown.match.evidence) if {"A", "B"} <= called.keys() else None
    return disagreement_sentence(found, called.get("A", ""), called.get("B", ""))


def _meanwhile(request: PageRequest, shown: Shown | None) -> str:
    """What somebody decided about the open text since the page was made at version `?seen=`."""
    seen = request.GET.get("seen", "")
    if shown is None or not seen or seen == str(shown.match.version):
        return ""
    return shown.history[0].said if shown.history and not shown.history[0].undone else _("The decision was undone")


# --- confirming the certain ones -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertainRow:
    """A certain match as it is listed before it is confirmed."""

    row: Row
    called: str
    """The student, told apart from others of the same name."""
    clue: str
    version: int = 0
    """Set where the student has several texts."""


def certain_context(request: PageRequest, batch_id: UUID) -> dict[str, Any]:
    """Every certain match with its best clue. The evidence takes one more statement."""
    frame = batch_frame(request, batch_id, tab="review")
    queue = read_queue(frame.batch, viewer=request.user)
    matches = EssayStudentAssociation.objects.filter(essay__in=[row.essay.pk for row in queue.certain])
    clues = {match.essay_id: _best_clue(match) for match in matches.only("essay_id", "candidates", "evidence")}
    versions = {text.row.essay.pk: text.version for text in text_rows(queue)}
    shared_names = frame.shared_names
    rows = [
        CertainRow(row, shared_names.called(row.student), clues.get(row.essay.pk, ""), versions[row.essay.pk])
        for row in queue.certain
        if row.student
    ]
    return frame_context(frame, certain=rows)


def _best_clue(match: EssayStudentAssociation) -> str:
    """The first clue in a place to be trusted, which is what made the match certain."""
    evidence = {item.id: item for item in clues_of(match)}
    for reason in match.candidates[0]["reasons"] if match.candidates else []:
        found = [evidence[key] for key in reason["evidence"] if key in evidence]
        trusted = [item for item in found if item.place not in WEAK_PLACES]
        if reason["for"] is True and trusted:
            return sentence(reason["code"], supports=True, evidence=trusted)
    return ""


# --- texts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text in the list by student; `version` is 0 unless the student has several."""

    row: Row
    version: int
    versions: tuple[Version, ...] = ()


def text_rows(queue: Queue) -> list[TextRow]:
    """By student in Swedish order; those without a decided or certain student last."""
    rows, texts = [], queue.texts_of_students()
    for row in by_student(queue.rows):
        versions = versions_of(texts, row.student)
        number = next((version.number for version in versions if version.essay.pk == row.essay.pk), 0)
        rows.append(TextRow(row, number, versions if number else ()))
    return rows


def texts_context(request: PageRequest, batch_id: UUID) -> dict[str, Any]:
    """All texts with their students."""
    frame = batch_frame(request, batch_id, tab="texts")
    rows = text_rows(read_queue(frame.batch, viewer=request.user))
    assessed = frame.batch.generation > 0 and _add_figures(frame.batch, rows)
    return frame_context(frame, rows=rows, assessed=assessed)


def _add_figures(batch: Batch, rows: Sequence[Any]) -> bool:
    """Gives each row's text its figures; whether there are any. One statement."""
    found = dict(Essay.objects.live().filter(batch=batch).values_list("pk", "results"))
    for row in rows:
        row.row.essay.results = found.get(row.row.essay.pk, {})
    return any(found.values())


def text_context(request: PageRequest, batch_id: UUID, *, text_id: UUID) -> dict[str, Any]:
    """One text, its neighbours by student, and the same student's other texts in the batch."""
    frame = batch_frame(request, batch_id, tab="texts")
    queue = read_queue(frame.batch, viewer=request.user)
    essay = _essay(frame.batch, text_id, request.user)
    whole = len(essay.file.text)
    shown = show(
        essay, batch=frame.batch, queue=queue, viewer=request.user, shared_names=frame.shared_names, most=whole
    )
    rows = text_rows(queue)
    keys = [row.row.essay.pk for row in rows]
    at = keys.index(shown.essay.pk) if shown.essay.pk in keys else None
    return frame_context(
        frame,
        shown=shown,
        row=rows[at] if at is not None else None,
        previous=rows[at - 1].row if at else None,
        next=rows[at + 1].row if at is not None and at + 1 < len(rows) else None,
        versions=rows[at].versions if at is not None else (),
    )
