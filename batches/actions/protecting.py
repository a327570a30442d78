"""Protecting an identity: what is changed in files, matches and events. The student's own row is `classes.actions`'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.versions import settle_versions
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.naming import Alias, MarkedNames, Replacing, everywhere
from classes.actions.identity import hide_identity, lock_student
from classes.actions.locks import audience, lock_classes_of, refuse_beyond_reach, tell_changed
from classes.marks import Marked, marked
from classes.models import Enrolment, SchoolClass, Student
from files.models import ZIP, EssayFile
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError
from huleedu.common.idempotency import forget_answers
from huleedu.outbox.models import OutboxEvent

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation
AT_ONCE = 50
"""Rows that are read and written in one statement."""


@action
def protect_student(student: Student, *, alias: str, actor: User) -> Student:
    """Let `alias` stand for the student everywhere: name, address, numbers, files, matches, lists, events to send.

    In every batch of the student's classes, with what was skipped, refused or taken out. Of files that are the
    student's every name goes, in their texts too; of files without a known writer whatever no classmate is called as
    well, but in their texts, which may be anybody's, the whole name and address only; of a classmate's the whole name
    and address in all but the text, whose words are the classmate's. Not changed are the files' bytes and titles of
    batches. What comes later is `hide_marked`'s and `hide_own`'s.

    Raises ActionError `validation_error` for an alias that tells the name, `still_reading` while a file of the batches
    is on its way, and what `refuse_beyond_reach` raises. On a student who is protected already only the alias changes.
    """
    owned = SchoolClass.objects.filter(owner_id=student.created_by_id).values_list("pk", flat=True)
    lock_classes_of(student, keys=owned)
    locked = lock_student(student)
    refuse_beyond_reach(locked, actor=actor)
    batches = _lock_batches(locked)
    _refuse_while_reading(batches)
    again = locked.protected_identity
    names = hide_identity(locked, alias=alias)
    others = _others(locked, batches)
    unknown = Alias(() if again else names, locked.given_name, others=others)
    (marks,) = _marked([locked])
    text = MarkedNames(marks, locked.given_name, others=others)
    hiding = Hiding(locked, own=Alias(names, locked.given_name), unknown=unknown, text=text)
    hiding.in_files(batches)
    own = set(Association.objects.filter(student=locked).values_list("essay__batch_id", flat=True))
    for batch in batches:
        if batch.pk in own:
            settle_versions(batch)
    hiding.in_events(batches)
    people = {locked.created_by_id, *(batch.owner_id for batch in batches)}
    for school_class in SchoolClass.objects.filter(enrolments__student=locked):
        people.update(audience(school_class))
        tell_changed(school_class)
    forget_answers(people)
    return locked


def _lock_batches(student: Student) -> list[Batch]:
    """Those of the student's classes and those with a text that names the student, in the order that all take."""
    named = Q(association__student=student) | Q(association__candidates__contains=[{"student": student.pk}])
    wanted = Q(pk__in=Essay.objects.filter(named).values("batch_id"))
    wanted |= Q(school_class__in=SchoolClass.objects.filter(enrolments__student=student))
    return list(Batch.objects.select_for_update(no_key=True).filter(wanted).order_by("pk"))


def _refuse_while_reading(batches: Sequence[Batch]) -> None:
    """What is on its way would bring the name back. A zip that waits for its batch to be opened is handed in later."""
    files = EssayFile.objects.filter(batch_file__batch__in=batches, status__in=[*EssayFile.ON_THE_WAY])
    # Of what was taken out only that is read which a worker has in hand.
    never = Q(batch_file__removed_at__isnull=False) & ~Q(status=EssayFile.Status.READING, lease_until__gte=Now())
    waits = Q(detected_type=ZIP, batch_file__batch__locked_at__isnull=False)
    if files.exclude(never).exclude(waits).exists():
        message = _("Files of the student's batches are still being read. Protect the identity when they are done.")
        raise ActionError("still_reading", message)


def _others(student: Student, batches: Sequence[Batch]) -> list[str]:
    """The names of everybody who is or was in a class with the student, or in that of one of the batches."""
    there = Q(enrolments__student=student) | Q(pk__in={batch.school_class_id for batch in batches} - {None})
    classes = SchoolClass.objects.filter(there)
    rows = Student.objects.filter(enrolments__school_class__in=classes).exclude(pk=student.pk).distinct()
    return [" ".join(row) for row in rows.values_list("given_name", "family_name", "preferred_name")]


class Hiding:
    """Putting one student's alias wherever batches name the student: `own` in the student's files, else `unknown`.

    `text` is for texts and headings that may be anybody's: what is changed there is lost for whoever wrote it. Where an
    alias is put in the place of another, whose words may be anybody's, `unknown` knows no name.
    """

    def __init__(self, student: Student, *, own: Replacing, unknown: Replacing, text: MarkedNames) -> None:
        self._student = student
        self._own = own
        self._unknown = unknown
        self._text = text
        self._renamed: dict[str, str] = {}
        """Public id of a file to its name now."""

    def in_files(self, batches: Sequence[Batch]) -> None:
        """Names, folders, what lay beside them, clues and texts; and the clues of their matches."""
        files = EssayFile.objects.filter(batch_file__batch__in=batches)
        rows = files.select_related("essay__association", "duplicate_of__essay__association", "archive")
        rows = rows.defer("archive__text", "duplicate_of__text")
        for keys in _by(AT_ONCE, list(files.order_by("pk").values_list("pk", flat=True))):
            changed: list[EssayFile] = []
            matches: list[Association] = []
            for file in rows.filter(pk__in=keys).order_by("pk"):
                cuts = self._in_file(file)
                changed += [file] if cuts else []
                matches += self._in_match(file, cuts)
            _write(changed, [*_FIELDS, "evidence"])
            _write(matches, ["evidence", "candidates", "certainty"])

    def in_new(self, file: EssayFile) -> bool:
        """What came in, or was said to be the student's, after the protection; whether anything of it changed."""
        cuts = self._in_file(file)
        if cuts:
            _write([file], [*_FIELDS, "evidence"])
            _write(self._in_match(file, cuts), ["evidence", "candidates", "certainty"])
        return bool(cuts)

    def in_events(self, batches: Sequence[Batch]) -> None:
        """What the outbox keeps for the bus, sent or not."""
        about = [f"student:{self._student.public_id}", *(f"batch:{batch.public_id}" for batch in batches)]
        named = Q(payload__has_any_keys=["file_name", "students", "student_email", "student_name"])
        events = OutboxEvent.objects.filter(named, aggregate__in=about)
        for keys in _by(AT_ONCE, list(events.order_by("pk").values_list("pk", flat=True))):
            changed = []
            for event in OutboxEvent.objects.filter(pk__in=keys):
                payload = self._payload(event)
                if payload != event.payload:
                    event.payload = payload
                    changed.append(event)
            OutboxEvent.objects.bulk_update(changed, ["payload"])

    def _payload(self, event: OutboxEvent) -> dict[str, Any]:
        payload: dict[str, Any] = dict(event.payload)
        if event.aggregate.startswith("student:"):
            payload = everywhere(self._own.line, payload)
        if "file_name" in payload:
            name = self._renamed.get(str(payload.get("file_id")))
            payload["file_name"] = name or self._unknown.line(payload["file_name"])
        if "students" in payload:
            payload["students"] = [self._told(one) for one in payload["students"]]
        return payload

    def _told(self, one: dict[str, Any]) -> dict[str, Any]:
        known = map(self._unknown.is_name, (one.get("student_name") or "", one.get("student_email") or ""))
        return {"student_email": None, "student_name": self._own.alias} if any(known) else one

    def _whose(self, file: EssayFile) -> str:
        """`own`, `other`, or `unknown` where nobody and nothing says for certain who has written it."""
        match = _match_of(file)
        both = [match, _match_of(file.duplicate_of) if file.duplicate_of else None]
        if any(one is not None and one.student_id == self._student.pk for one in both):
            return "own"
        return "other" if match is not None and _is_sure(match) else "unknown"

    def _changes(self, file: EssayFile, whose: str) -> Mapping[str, Callable[[str], str]]:
        """Of each field what is done to it. A text is the student's own only where that is sure, not suggested."""
        line = {"own": self._own.line, "unknown": self._unknown.line, "other": self._unknown.whole}[whose]
        changes = dict.fromkeys(_FIELDS, line)
        match = _match_of(file)
        if match is not None and match.student_id == self._student.pk and _is_sure(match):
            return changes | {"text": self._own.text}
        text = _unchanged if whose == "other" else self._text.mentioned
        return changes | {"text": text, "headers": self._text.mentioned}

    def _in_file(self, file: EssayFile) -> dict[str, int]:
        """Returns each field that changed, with the place up to which it is the same; `evidence` where clues are gone.

        A zip's name says nothing of who has written a file in it, so it is changed there as on the zip itself.
        """
        whose = self._whose(file)
        changes = self._changes(file, whose)
        before = {field: getattr(file, field) for field in _FIELDS}
        if file.archive is not None:
            first, slash, rest = file.path.partition("/")
            file.path = f"{self._unknown.line(first)}{slash}{rest}"
        for field in _FIELDS:
            setattr(file, field, everywhere(changes[field], getattr(file, field)))
        file.name, file.path = _cut(file.name), file.path[:1000]
        now = {field: getattr(file, field) for field in _FIELDS}
        cuts = {field: _same_until(old, now[field]) for field, old in before.items() if old != now[field]}
        evidence = [] if whose == "own" else _kept(file.evidence, changes["name"], cuts)
        if evidence != file.evidence:
            file.evidence, cuts["evidence"] = evidence, 0
        if "name" in cuts:
            self._renamed[str(file.public_id)] = file.name
        return cuts

    def _in_match(self, file: EssayFile, cuts: dict[str, int]) -> list[Association]:
        """The file's match, where it changes."""
        match = _match_of(file)
        if match is None:
            return []
        before = match.evidence, match.candidates, match.certainty
        whose = self._whose(file)
        if whose == "own":
            match.evidence = []
            if not match.is_decided and match.certainty == Association.Certainty.CERTAIN:
                match.certainty = Association.Certainty.UNSURE
        else:
            line = self._unknown.whole if whose == "other" else self._unknown.line
            match.evidence = _kept(match.evidence, line, cuts)
        left = {item["id"] for item in match.evidence}
        match.candidates = [candidate | {"reasons": self._reasons(candidate, left)} for candidate in match.candidates]
        return [match] if before != (match.evidence, match.candidates, match.certainty) else []

    def _reasons(self, candidate: dict[str, Any], left: set[str]) -> list[dict[str, Any]]:
        """Those whose clues are all still there; of the student's own only that a person must look."""
        if candidate["student"] == self._student.pk:
            return [{"code": "protected", "for": None, "evidence": []}]
        return [reason for reason in candidate["reasons"] if left.issuperset(reason["evidence"])]


def hide_marked(files: Sequence[EssayFile], batch: Batch) -> None:
    """Put their alias into what was just handed in, or read, of the protected students of the batch.

    Their names are known by marks alone (docs/adr/0021). The caller holds the batch's lock. One statement where
    nobody is protected.
    """
    for hiding in _hidings(batch):
        if [file for file in files if hiding.in_new(file)]:
            _tell_hidden(hiding, batch)


def hide_marked_everywhere(batch: Batch) -> None:
    """The same in all files of a batch that has just got its class: until then nobody of it could be protected."""
    for hiding in _hidings(batch):
        hiding.in_files([batch])
        _tell_hidden(hiding, batch)


def hide_own(match: Association) -> None:
    """A text was just decided to be a protected student's: what could have been a classmate's word is theirs now.

    The caller holds the locks of the batch and of the match.
    """
    student, batch = match.student, match.essay.batch
    if student is None or not student.protected_marks:
        return
    file = EssayFile.objects.select_related("duplicate_of__essay__association", "archive").get(pk=match.essay.file_id)
    file.essay, match.essay.association = match.essay, match
    (marks,) = _marked([student])
    hiding = _by_marks(student, marks, batch)
    if hiding.in_new(file):
        _tell_hidden(hiding, batch)


def _hidings(batch: Batch) -> list[Hiding]:
    """Of each protected student who is or was in the batch's class, or has a text in the batch.

    Nobody else's name is looked for: it would be found in the texts of those who only share a word with it.
    """
    meant = Q(pk__in=Association.objects.filter(essay__batch=batch, student__isnull=False).values("student"))
    if batch.school_class_id is not None:
        meant |= Q(pk__in=Enrolment.objects.filter(school_class=batch.school_class_id).values("student"))
    hidden = Student.objects.filter(meant, protected_identity=True).exclude(protected_marks=[])
    students = list(hidden.order_by("pk"))
    return [_by_marks(one, marks, batch) for one, marks in zip(students, _marked(students), strict=True)]


def _by_marks(student: Student, marks: Marked, batch: Batch) -> Hiding:
    unknown = MarkedNames(marks, student.given_name, others=_others(student, [batch]))
    return Hiding(student, own=MarkedNames(marks, student.given_name), unknown=unknown, text=unknown)


def _marked(students: Sequence[Student]) -> list[Marked]:
    kept = [(one.public_id, one.protected_marks) for one in students]
    return marked(kept, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def _tell_hidden(hiding: Hiding, batch: Batch) -> None:
    """What was said of the files before names them too."""
    hiding.in_events([batch])
    forget_answers({batch.owner_id, *batch.audience()})


_FIELDS = ("name", "path", "text", "headers", "properties", "sidecars")
_FIELD_OF = {"header": "headers", "property": "properties", "sidecar": "sidecars"}


def _match_of(file: EssayFile) -> Association | None:
    return getattr(getattr(file, "essay", None), "association", None)


def _is_sure(match: Association) -> bool:
    return match.is_decided or match.certainty == Association.Certainty.CERTAIN


def _cut(name: str) -> str:
    """255 characters, with the file's ending."""
    ending = PurePosixPath(name).suffix[:20]
    return name if len(name) <= 255 else name[: 255 - len(ending)] + ending


def _unchanged(value: str) -> str:
    return value


def _same_until(old: Any, new: Any) -> int:
    """The place up to which two strings are the same; of lists nothing is."""
    if not isinstance(old, str):
        return 0
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _kept(evidence: list[dict[str, Any]], line: Callable[[str], str], cuts: dict[str, int]) -> list[dict[str, Any]]:
    """The clues that do not name the student and stand where they stood."""

    def stands(item: dict[str, Any]) -> bool:
        field = item["field"].partition(":")[0]
        cut = cuts.get(_FIELD_OF.get(field, field))
        return (cut is None or int(item["end"]) <= cut) and line(item["text"]) == str(item["text"])

    return [item for item in evidence if stands(item)]


def _by(number: int, keys: list[int]) -> list[list[int]]:
    return [keys[start : start + number] for start in range(0, len(keys), number)]


def _write(rows: Sequence[Any], fields: list[str]) -> None:
    """One statement, and one for the audit rows, which say what changed and not how."""
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.updated_at = now
    type(rows[0])._default_manager.bulk_update(rows, [*fields, "updated_at"])
    log_bulk(rows, action=LogEntry.Action.UPDATE, changed=fields)
