"""Everything about one student that a teacher may see: to read, and as a zip to hand out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.access_log import Entry, name_entries, read_log
from batches.exports.downloads import safe_name, unique
from batches.exports.packing import Spool, add_original, packing
from batches.models import Decision, Essay
from classes.models import Enrolment, SchoolClass, Student, StudentAlias
from huleedu.accounts.models import User

LOG_MOST = 500
"""Lines of the log that go into a zip."""
FIELDS = ("given_name", "family_name", "preferred_name", "email", "external_ids", "protected_identity", "created_at")


@dataclass(frozen=True, slots=True)
class StudentData:
    """What there is. Texts are those a person has decided or the machine suggests; `log` is newest first."""

    student: Student
    aliases: list[StudentAlias]
    enrolments: list[Enrolment]
    essays: list[Essay]
    decisions: list[Decision]
    log: list[Entry]


def read_student_data(student: Student, user: User, *, log: int = 20) -> StudentData:
    """All that `user` may see of the student. Thirteen statements at most; texts come without their text."""
    classes = SchoolClass.objects.visible_to(user).values("pk")
    essays = Essay.objects.visible_to(user).filter(association__student=student).with_match()
    essays = essays.select_related("batch__school_class").order_by("pk")
    decisions = Decision.objects.filter(essay__in=essays.order_by().values("pk")).select_related("actor", "essay__file")
    enrolments = Enrolment.objects.filter(student=student, school_class__in=classes).select_related("school_class")
    return StudentData(
        student=student,
        aliases=list(student.aliases.select_related("taught_by")),
        enrolments=list(enrolments.order_by("pk")),
        essays=list(essays),
        decisions=list(decisions.defer("essay__file__text", "essay__file__evidence").order_by("-pk")),
        log=name_entries(read_log(user, student=student)[:log]),
    )


def student_zip(student: Student, user: User) -> Spool:
    """A readable page, the same as data, each text, and the files as they were handed in."""
    data = read_student_data(student, user, log=LOG_MOST)
    with packing() as (spool, archive):
        page = render_to_string("batches/student_data.html", {"data": data, "now": timezone.now()})
        read_me, texts, files = _("Read me"), _("texts"), _("files")
        archive.writestr(f"{read_me}.html", page)
        archive.writestr("data.json", json.dumps(_as_json(data), ensure_ascii=False, indent=2, default=str))
        taken: set[str] = set()
        for essay in data.essays:
            name = safe_name(essay.file.name)
            text = Essay.objects.filter(pk=essay.pk).values_list("file__text", flat=True).get()
            archive.writestr(f"{texts}/{unique(f'{name}.txt', taken)}", text)
            add_original(archive, essay.file, f"{files}/{unique(name, taken)}")
    return spool


def student_file(student: Student, user: User) -> FileResponse:
    """`student_zip` as a download; its name says nothing of the student."""
    what, today = _("HuleEdu export"), timezone.localdate()
    name = f"{what} {today:%Y-%m-%d}.zip"
    spool = student_zip(student, user)
    return FileResponse(spool, as_attachment=True, filename=name, content_type="application/zip")


def _as_json(data: StudentData) -> dict[str, Any]:
    return {
        "id": data.student.public_id,
        **{field: getattr(data.student, field) for field in FIELDS},
        "also_written_as": [{"spelling": alias.spelling, "since": alias.created_at} for alias in data.aliases],
        "classes": [
            {
                "class": row.school_class.designation,
                "school_year": row.school_class.school_year,
                "from": row.created_at,
                "left": row.left_at,
            }
            for row in data.enrolments
        ],
        "texts": list(_texts(data)),
        "log": [
            {"at": line.at, "who": line.who, "did": line.did, "about": line.about, "where": line.where}
            for line in data.log
        ],
    }


def _texts(data: StudentData) -> Iterator[dict[str, Any]]:
    for essay in data.essays:
        match = essay.association
        yield {
            "id": essay.public_id,
            "batch": essay.batch.title,
            "file": essay.file.name,
            "added": essay.created_at,
            "words": essay.file.words,
            "counts": essay.counts,
            "match": match.status,
            "certainty": match.certainty,
            "decided_at": match.decided_at,
            "decided_by": match.decided_by.name if match.decided_by else None,
            "reasons": [candidate for candidate in match.candidates if candidate.get("student") == data.student.pk],
            "figures": essay.results,
            "decisions": [
                {"at": row.created_at, "by": row.actor.name if row.actor else None, "undone": row.undone_at}
                for row in data.decisions
                if row.essay_id == essay.pk
            ],
        }
