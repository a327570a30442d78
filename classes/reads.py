"""The two hottest reads, built from `values()` with one statement each and no COUNT of their own.

Measured against model serializers these are two to three times as cheap per request (docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, Max, Model, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from classes.models import ClassCourse, ClassShare, Enrolment, SchoolClass, Student, StudentAlias
from classes.rosters.diff import COMPARED
from huleedu.common.text import clean_line

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def class_rows(user: User, *, archived: bool | None = False, school_year: str = "", search: str = "") -> QuerySet[Any]:
    """Dictionaries of the classes the person may see, each with `total`, the number of all rows."""
    rows = SchoolClass.objects.visible_to(user)
    school_year, search = clean_line(school_year), clean_line(search)
    if archived is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    if school_year:
        rows = rows.filter(school_year=school_year)
    if search:
        rows = rows.filter(designation__icontains=search)
    students = Enrolment.objects.filter(school_class=OuterRef("pk"), left_at=None).order_by().values("school_class")
    courses = ClassCourse.objects.filter(school_class=OuterRef("pk")).order_by()
    shares = ClassShare.objects.filter(school_class=OuterRef("pk"))
    return (
        rows.annotate(
            n_students=Coalesce(Subquery(students.annotate(n=Count("pk")).values("n")), Value(0)),
            course_codes=Subquery(
                courses.values("school_class").annotate(all=ArrayAgg("code", order_by="code")).values("all")
            ),
            shared_to_change=Subquery(shares.filter(user_id=user.pk).values("can_change")[:1]),
            colleagues=ArraySubquery(
                shares.order_by("pk").values(
                    name=Coalesce(NullIf("user__display_name", Value("")), "user__email", output_field=CharField())
                )
            ),
            total=Window(Count("pk")),
        )
        .order_by("designation", "pk")
        .values(
            "public_id", "designation", "school_year", "auto_confirm", "archived_at", "created_at", "owner_id",
            "owner__display_name", "n_students", "course_codes", "shared_to_change", "colleagues", "total",
        )
    )  # fmt: skip


def add_batches(rows: Sequence[Any]) -> None:
    """Gives each class `n_open`, its batches that have not come to an end, and `last_batch`, when its newest was made.

    One statement. Batches are known here only as relations that the layer above adds.
    """
    is_open = Q(batches__status__in=["collecting", "ready", "processing"])
    classes = SchoolClass.objects.filter(public_id__in=[row["public_id"] for row in rows]).order_by()
    counted: Any = classes.annotate(n_open=Count("batches", filter=is_open), last=Max("batches__created_at"))
    known = {key: (n_open, last) for key, n_open, last in counted.values_list("public_id", "n_open", "last")}
    for row in rows:
        row["n_open"], row["last_batch"] = known[row["public_id"]]


def class_json(row: dict[str, Any], user: User) -> dict[str, Any]:
    """A row of `class_rows` as the API shows it."""
    return {
        "id": row["public_id"],
        "designation": row["designation"],
        "courses": row["course_codes"] or [],
        "school_year": row["school_year"],
        "auto_confirm": row["auto_confirm"],
        "archived": row["archived_at"] is not None,
        "students": row["n_students"],
        "is_owner": row["owner_id"] == user.pk,
        "can_change": row["owner_id"] == user.pk or bool(row["shared_to_change"]),
        "created_at": row["created_at"],
    }


def other_classes(student_ids: Sequence[str | None], *, viewer: User) -> dict[str, str]:
    """The id of each student to the names of the classes that he or she is in, of those the viewer may see.

    One statement, or none.
    """
    if not student_ids:
        return {}
    places = Enrolment.objects.filter(student__public_id__in=student_ids, left_at=None)
    places = places.filter(school_class__in=SchoolClass.objects.visible_to(viewer), school_class__archived_at=None)
    names: dict[str, list[str]] = {}
    for key, name in places.order_by("school_class__designation").values_list(
        "student__public_id", "school_class__designation"
    ):
        names.setdefault(str(key), []).append(name)
    return {key: ", ".join(dict.fromkeys(found)) for key, found in names.items()}


def openings_of(student: Student) -> QuerySet[LogEntry]:
    """Who has opened the student's panel, newest first, at most ten. Written only of protected students."""
    opened = LogEntry.objects.get_for_object(student).filter(action=LogEntry.Action.ACCESS)
    newest: QuerySet[LogEntry] = opened.select_related("actor").order_by("-pk")[:10]
    return newest


def texts_of(student: Student, viewer: User) -> tuple[int, int]:
    """How many texts are confirmed as the student's, in how many batches, of those the viewer sees. One statement.

    Batches are known here only as relations that the layer above adds.
    """
    seen = Q(associations__essay__batch__owner=viewer.pk)
    seen |= Q(associations__essay__batch__school_class__in=SchoolClass.objects.visible_to(viewer).values("pk"))
    own = seen & Q(associations__status="confirmed", associations__essay__removed_at=None)
    counted: Any = Student.objects.filter(own, pk=student.pk)
    found = counted.aggregate(
        texts=Count("associations", distinct=True), batches=Count("associations__essay__batch", distinct=True)
    )
    return found["texts"], found["batches"]


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who last changed a student or their place in the class, when, and what of it; never to what."""

    at: datetime
    who: str
    what: str


def last_change(student: Student, school_class: SchoolClass) -> LastChange | None:
    """The newest entry of the audit log, without readings. Two statements."""
    places = Enrolment.objects.filter(student=student, school_class=school_class).values("pk")
    about = _about(Student, [student.pk]) | _about(Enrolment, places)
    about |= _about(StudentAlias, StudentAlias.objects.filter(student=student).values("pk"))
    entries = LogEntry.objects.filter(about).exclude(action=LogEntry.Action.ACCESS).select_related("actor")
    entry = entries.order_by("-pk").first()
    if entry is None:
        return None
    return LastChange(entry.timestamp, entry.actor.name if entry.actor else "HuleEdu", _what(entry))


def _about(model: type[Model], keys: Any) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=keys)


def _what(entry: LogEntry) -> str:
    changed = set(entry.changes or {})
    if entry.content_type == ContentType.objects.get_for_model(Enrolment):
        return _of_a_place(entry)
    if entry.content_type != ContentType.objects.get_for_model(Student):
        return _("also written as")
    if entry.action == LogEntry.Action.CREATE:
        return _("added")
    if changed == set(COMPARED):
        return _("from a class list")
    kinds = {
        _("name"): {"given_name", "family_name", "preferred_name"},
        _("school e-mail"): {"email"},
        _("numbers in other systems"): {"external_ids"},
    }
    return ", ".join(word for word, fields in kinds.items() if fields & changed)


def _of_a_place(entry: LogEntry) -> str:
    """Of a student's place in a class: made, ended or there again."""
    if entry.action == LogEntry.Action.CREATE:
        return _("added to the class")
    _before, left_at = (entry.changes or {}).get("left_at", (None, None))
    return _("left the class") if left_at else _("back in the class")


LAST = 4
"""Of how many batches the class list shows who handed in."""
_STUDENT = ("public_id", "given_name", "family_name", "preferred_name", "email", "external_ids")


def add_what_is_known(school_class: SchoolClass, rows: Sequence[Any]) -> list[str]:
    """Gives each row of the class list its `spellings`, and `dots`: whether it handed in the class's last batches.

    Returns the titles of those batches, oldest first. Three statements. Batches are known here only as relations that
    the layer above adds.
    """
    batches: Any = school_class.batches
    newest = batches.exclude(essays=None).order_by("-created_at", "-pk").values("pk", "title").distinct()
    last = list(newest[:LAST])[::-1]
    decided = Q(associations__status="confirmed") | Q(associations__certainty="certain")
    texts = Student.objects.filter(
        decided, associations__essay__removed_at=None, associations__essay__batch__in=[each["pk"] for each in last]
    )
    handed_in = set(texts.values_list("public_id", "associations__essay__batch"))
    spellings: dict[Any, list[str]] = {}
    present = Student.objects.in_class(school_class).exclude(aliases=None)
    for key, spelling in present.values_list("public_id", "aliases__spelling").order_by("aliases__spelling"):
        spellings.setdefault(key, []).append(spelling)
    for row in rows:
        row["dots"] = [(row["public_id"], each["pk"]) in handed_in for each in last]
        row["n_dots"] = sum(row["dots"])
        row["spellings"] = spellings.get(row["public_id"], [])
    return [each["title"] for each in last]


def roster_rows(school_class: SchoolClass, *, search: str = "") -> QuerySet[Any]:
    """Dictionaries of the students in a class, by surname, each with `total`."""
    rows = Student.objects.in_class(school_class)
    search = clean_line(search)
    if search:
        rows = rows.filter(
            Q(given_name__icontains=search)
            | Q(family_name__icontains=search)
            | Q(preferred_name__icontains=search)
            | Q(email__icontains=search)
        )
    return rows.by_name().annotate(total=Window(Count("pk"))).values(*_STUDENT, "total")


def student_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `roster_rows` as the API shows it."""
    return {"id": row["public_id"], **{name: row[name] for name in _STUDENT[1:]}}
