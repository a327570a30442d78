"""Students of the class with the same name, and what tells them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from batches.models import Batch, Essay, EssayStudentAssociation
from batches.review.candidates import ShownCandidate
from classes.models import Student, StudentAlias

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@dataclass(frozen=True, slots=True)
class SharedNames:
    """Who has which name: the students of a class, and others who are shown beside them."""

    bearers: Mapping[str, frozenset[int]]
    """Name, capitals apart, to those who have it."""

    def is_shared(self, student: Student) -> bool:
        """Whether another has the student's name."""
        return len(self._bearers(student)) > 1

    def called(self, student: Student) -> str:
        """The name; of one who shares it, with the address or else a number: `Elsa Lind, elsa.lind2@…`."""
        if not self.is_shared(student):
            return student.name
        return f"{student.name}, {student.email or _number(student) or self._place(student)}"

    def among(self, students: Iterable[Student]) -> SharedNames:
        """The same with these students."""
        bearers = dict(self.bearers)
        for student in students:
            name = student.name.casefold()
            bearers[name] = bearers.get(name, frozenset()) | {student.pk}
        return SharedNames(bearers)

    def beside(self, shown: Iterable[ShownCandidate]) -> SharedNames:
        """The same with all who are shown: those found in other classes, one who has left."""
        return self.among(item.student for item in shown)

    def shared_by(self, shown: Iterable[ShownCandidate]) -> dict[str, int]:
        """Of the students shown: each name that several of the class have, and how many."""
        names = {item.student.name: len(self.bearers.get(item.student.name.casefold(), ())) for item in shown}
        return {name: n for name, n in names.items() if n > 1}

    def told_apart(self, shown: Iterable[ShownCandidate], marks: Mapping[int, tuple[str, ...]]) -> list[ShownCandidate]:
        """The same students, those who share a name with what tells them apart (`read_marks`)."""
        return [
            replace(item, called=self.called(item.student), marks=self._marks(item.student, marks)) for item in shown
        ]

    def _bearers(self, student: Student) -> frozenset[int]:
        return self.bearers.get(student.name.casefold(), frozenset()) | {student.pk}

    def _place(self, student: Student) -> str:
        """`1 of 2`: of one about whom nothing more is known."""
        bearers = sorted(self._bearers(student))
        return _("%(n)s of %(total)s") % {"n": bearers.index(student.pk) + 1, "total": len(bearers)}

    def _marks(self, student: Student, marks: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
        if not self.is_shared(student):
            return ()
        known = marks.get(student.pk, ())
        return known if student.email or student.external_ids else (self._place(student), *known)


def read_shared_names(batch: Batch) -> SharedNames:
    """The names of the class's students, and nothing more of them. One statement; none without a class."""
    if batch.school_class_id is None:
        return SharedNames({})
    in_class = Student.objects.in_class(batch.school_class_id)
    return SharedNames({}).among(in_class.only("given_name", "family_name"))


def read_marks(
    shown: Iterable[ShownCandidate], batch: Batch, viewer: User, *, shared_names: SharedNames
) -> dict[int, tuple[str, ...]]:
    """Student, of those among `shown` who share a name, to what tells them apart: numbers, spellings, latest text.

    Two statements where there are any.
    """
    students = {item.student.pk: item.student for item in shown if shared_names.is_shared(item.student)}
    if not students:
        return {}
    spellings: dict[int, list[str]] = defaultdict(list)
    for alias in StudentAlias.objects.filter(student__in=students):
        spellings[alias.student_id].append(alias.spelling)
    texts = _latest_texts(students, batch, viewer)
    return {pk: _marks(student, spellings[pk], texts.get(pk)) for pk, student in students.items()}


def _number(student: Student) -> str:
    """The first of the student's numbers in other systems: `Canvas 4301`."""
    return next((f"{capfirst(system)} {number}" for system, number in sorted(student.external_ids.items())), "")


def _marks(student: Student, spellings: Sequence[str], text: Essay | None) -> tuple[str, ...]:
    numbers = [f"{capfirst(system)} {number}" for system, number in sorted(student.external_ids.items())]
    said = [", ".join(numbers)] if numbers else []
    if spellings:
        said.append(_("also written as {names}").format(names=", ".join(f"“{one}”" for one in spellings)))
    if text is not None:
        said.append(_("latest text: {file} in {batch}").format(file=text.file.name, batch=text.batch.title))
    return tuple(capfirst(one) for one in said)


def _latest_texts(students: Iterable[int], batch: Batch, viewer: User) -> dict[int, Essay]:
    """Each student's latest confirmed text in another batch that `viewer` may see."""
    confirmed = EssayStudentAssociation.Status.CONFIRMED
    rows = Essay.objects.live().visible_to(viewer).exclude(batch=batch)
    rows = rows.filter(association__student__in=students, association__status=confirmed)
    rows = rows.select_related("file", "batch", "association").defer("file__text", "results", "association__evidence")
    latest = {}
    for essay in rows.order_by("association__student_id", "-pk").distinct("association__student_id"):
        latest[essay.association.student_id or 0] = essay
    return latest
