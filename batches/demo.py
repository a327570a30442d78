"""The demo school: three people, two classes, a batch that is being read and one that is done.

Made by the same actions as everything else, so it is a small trial of them. Making it twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from django.core.files.uploadedfile import SimpleUploadedFile

from batches import actions
from batches.models import Batch
from batches.orchestrator import without_remote
from batches.samples import CLASS, SECOND_CLASS, SampleFile, SampleStudent, class_list, damaged_file, sample_essays
from batches.samples import second_batch as second_batch_files
from batches.tasks import ingest_essay, run_phases
from batches.uploads import receive_files
from classes.actions import apply_import, create_class, preview_roster, share_class
from classes.models import SchoolClass, Student
from files.models import EssayFile
from files.storage import delete_blob
from huleedu.accounts.models import School, User

SCHOOL = "Björkskolan (demo)"
PEOPLE = {
    "teacher@demo.example": ("Maria Lindqvist", "demo-teacher", User.Role.TEACHER),
    "colleague@demo.example": ("Karin Ståhl", "demo-colleague", User.Role.TEACHER),
    "support@demo.example": ("Support", "demo-support", User.Role.SUPPORT),
}
"""Address: name, password, role."""
_WAIT_SECONDS = 60


@without_remote()
def make_demo() -> None:
    """Make what is missing of the demo school. Raises TimeoutError where reading its finished batch does not end."""
    people = _people()
    teacher, colleague = people["teacher@demo.example"], people["colleague@demo.example"]
    first = _class(teacher, "SA24D", course="ENG6", students=CLASS)
    second = _class(teacher, "NA25B", course="ENG5", students=SECOND_CLASS)
    if not second.shares.filter(user=colleague).exists():
        share_class(second, email=colleague.email, can_change=True, actor=teacher)
    _finished_batch(second, teacher)
    _new_batch(first, teacher)


def remove_demo() -> None:
    """Remove the demo school's classes, batches and files; its people stay, so that nobody is signed out."""
    people = User.objects.filter(email__in=PEOPLE).values("pk")
    keys = list(EssayFile.objects.filter(owner__in=people).values_list("storage_key", flat=True))
    Batch.objects.filter(owner__in=people).delete()
    EssayFile.objects.filter(owner__in=people).delete()
    SchoolClass.objects.filter(owner__in=people).delete()
    Student.objects.filter(created_by__in=people).delete()
    for key in keys:
        delete_blob(key)


def _people() -> dict[str, User]:
    school, _made = School.objects.get_or_create(name=SCHOOL)
    people = {user.email: user for user in User.objects.filter(email__in=PEOPLE)}
    for email, (name, password, role) in PEOPLE.items():
        if email not in people:
            support = role == User.Role.SUPPORT
            people[email] = User.objects.create_user(
                email, password, display_name=name, role=role, is_superuser=support, school=school
            )
    return people


def _class(owner: User, designation: str, *, course: str, students: Sequence[SampleStudent]) -> SchoolClass:
    school_class = SchoolClass.objects.filter(owner=owner, designation=designation).first()
    if school_class is None:
        school_class = create_class(owner, designation=designation, courses=[course], actor=owner)
    if not school_class.enrolments.exists():
        draft = preview_roster(school_class, data=class_list(students), actor=owner)
        apply_import(draft, actor=owner)
    return school_class


def _batch(school_class: SchoolClass, title: str, files: Iterable[SampleFile], *, actor: User) -> Batch | None:
    """A batch with these files; None where one of this title is there already."""
    if Batch.objects.filter(school_class=school_class, title=title).exists():
        return None
    batch = actions.create_batch(school_class.owner, title=title, school_class=school_class, actor=actor)
    sent = list(files)
    receive_files(
        batch,
        files=[SimpleUploadedFile(file.name, file.content) for file in sent],
        paths=[file.full_path for file in sent],
        actor=actor,
    )
    return batch


def _new_batch(school_class: SchoolClass, teacher: User) -> None:
    """Thirty essays and a damaged file, which a worker reads while the teacher looks on."""
    _batch(school_class, "Argumentative text: The library", [*sample_essays(), damaged_file()], actor=teacher)


def _finished_batch(school_class: SchoolClass, teacher: User) -> None:
    """Ten essays read, matched, confirmed and assessed."""
    batch = _batch(school_class, "Argumentative text: Phones at school", second_batch_files(), actor=teacher)
    if batch is None:
        return
    _read(batch)
    actions.match_batch(batch)
    actions.confirm_matches(batch, actor=teacher)
    started = actions.start_batch(batch, actor=teacher)
    run_phases(started.pk, started.generation)


def _read(batch: Batch) -> None:
    """Read here what no worker has taken yet, then wait for the rest."""
    waiting = EssayFile.objects.filter(batch_file__batch=batch, status__in=EssayFile.ON_THE_WAY)
    deadline = time.monotonic() + _WAIT_SECONDS
    while keys := list(waiting.values_list("pk", flat=True)):
        for key in keys:
            ingest_essay(key)
        if time.monotonic() > deadline:
            raise TimeoutError("reading the demo's essays does not come to an end")
        time.sleep(0.1)
