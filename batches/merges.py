"""What making two students one would move. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batches.models import Batch, EssayStudentAssociation
from classes.models import SchoolClass, Student

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@dataclass(frozen=True, slots=True)
class Moving:
    """What `into` would get: texts by batch, classes, spellings; and which of their own fields are filled."""

    texts: list[tuple[str, int]]
    n_texts: int
    n_hidden_texts: int
    """Of `n_texts` those in batches that the person may not see."""
    class_names: list[str]
    n_hidden_classes: int
    spellings: list[str]
    email: str
    preferred_name: str
    numbers: dict[str, str]
    lost_email: str
    """The address that nobody has after the merge, since the student who is kept has another."""


def read_merge(student: Student, *, into: Student, user: User) -> Moving:
    """What `user` is told; what they may not see is counted and not named. Five statements."""
    mine = Association.objects.filter(student=student, status=Association.Status.CONFIRMED)
    seen = mine.filter(essay__batch__in=Batch.objects.visible_to(user).values("pk")).order_by("essay__batch_id")
    titles = list(seen.values_list("essay__batch__title", flat=True))
    n_texts = mine.count()
    classes = SchoolClass.objects.filter(enrolments__student=student).exclude(enrolments__student=into)
    class_names = list(classes.visible_to(user).values_list("designation", flat=True))
    return Moving(
        texts=[(title, titles.count(title)) for title in dict.fromkeys(titles)],
        n_texts=n_texts,
        n_hidden_texts=n_texts - len(titles),
        class_names=class_names,
        n_hidden_classes=classes.count() - len(class_names),
        spellings=list(student.aliases.values_list("spelling", flat=True)),
        email="" if into.email else student.email or "",
        preferred_name="" if into.preferred_name else student.preferred_name,
        numbers={name: number for name, number in student.external_ids.items() if name not in into.external_ids},
        lost_email=student.email or "" if into.email else "",
    )
