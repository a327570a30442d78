"""The demo school and the sample essays."""

from __future__ import annotations

import zipfile
from collections import Counter
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from batches.demo import PEOPLE
from batches.models import Batch, EssayStudentAssociation, HandOver
from batches.samples import CLASS, damaged_file, essay_text, sample_essays
from batches.state import who_has_not_handed_in
from batches.tasks import ingest_essay, match_essays
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User


def test_the_demo_is_refused_where_it_is_not_allowed(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo")
    assert not User.objects.exists()


def test_if_empty_leaves_an_installation_with_people_alone(teacher: User, settings: Any) -> None:
    settings.DEMO = True
    call_command("demo", "--if-empty", stdout=StringIO())
    assert User.objects.get() == teacher


def test_the_demo_has_everything_and_a_second_run_changes_nothing(db: None, settings: Any) -> None:
    """Also beside a remote orchestrator that is away: the demo school's batches are not its business."""
    settings.DEMO = settings.ENABLE_BATCH_STATE_VALIDATION = True
    settings.BATCH_ORCHESTRATOR_URL = "http://127.0.0.1:1"
    out = StringIO()
    call_command("demo", stdout=out)
    assert "teacher@demo.example / demo-teacher" in out.getvalue()
    for email, (_name, password, _role) in PEOPLE.items():
        assert authenticate(username=email, password=password) is not None
    _teacher, colleague, support = (User.objects.get(email=email) for email in PEOPLE)
    assert support.is_staff
    new, done = (Batch.objects.get(title__endswith=end) for end in ("library", "school"))
    assert (new.status, new.batch_files.count()) == ("collecting", 31)
    assert {batch.pk for batch in Batch.objects.visible_to(colleague)} == {done.pk}
    assert (done.status, done.is_locked) == ("completed", True)
    assert set(done.essays.values_list("association__status", flat=True)) == {"confirmed"}
    assert not HandOver.objects.exists()
    before = _everything()
    call_command("demo", stdout=StringIO())
    assert _everything() == before


def test_the_new_batch_has_texts_of_every_certainty_and_one_problem(db: None, settings: Any) -> None:
    settings.DEMO = True
    call_command("demo", stdout=StringIO())
    batch = Batch.objects.get(title__endswith="library")
    for key in batch.batch_files.values_list("file_id", flat=True):
        ingest_essay(key)
    match_essays(batch.pk)
    matches = EssayStudentAssociation.objects.filter(essay__batch=batch, essay__removed_at=None)
    assert Counter(matches.values_list("certainty", flat=True)) == {
        "certain": 27, "unsure": 1, "conflict": 1, "no_match": 1
    }  # fmt: skip
    unsure = matches.get(certainty="unsure")
    assert unsure.student is not None
    assert (unsure.essay.file.name, unsure.student.name) == ("Emil A SA24D.docx", "Emil Andersson Berg")
    assert [reason["code"] for reason in unsure.candidates[0]["reasons"] if reason["for"] is None] == ["shared"]
    assert EssayFile.objects.get(batch_file__batch=batch, status="rejected").problem == "corrupt"
    handed_in = who_has_not_handed_in(batch)
    assert "Bo Ek" in {student.name for student in handed_in.missing}
    assert "Samira Noori" in {student.name for student in handed_in.may_have}, "the damaged file bears her name"


def test_reset_makes_it_anew_and_touches_nobody_else(
    teacher: User, owned_class: SchoolClass, settings: Any, tmp_path: Path
) -> None:
    settings.DEMO = True
    call_command("demo", stdout=StringIO())
    Batch.objects.get(title__endswith="library").delete()
    Student.objects.exclude(created_by=teacher).filter(given_name="Bo").update(given_name="Bosse")
    blobs = set((tmp_path / "files").rglob("*.bin"))
    call_command("demo", "--reset", stdout=StringIO())
    assert Batch.objects.count() == 2
    assert Student.objects.filter(given_name="Bo").count() == 1
    assert SchoolClass.objects.filter(pk=owned_class.pk).exists()
    after = set((tmp_path / "files").rglob("*.bin"))
    assert len(after) == EssayFile.objects.count()
    assert not blobs & after


def _everything() -> tuple[int, ...]:
    models = (User, SchoolClass, Student, Batch, EssayFile, EssayStudentAssociation)
    return tuple(model.objects.count() for model in models)


def test_sample_essays_are_thirty_of_five_formats_and_the_same_every_time() -> None:
    files = list(sample_essays())
    assert len({file.full_path for file in files}) == 30
    assert {file.name.rpartition(".")[2] for file in files} == {"docx", "pdf", "odt", "rtf", "txt"}
    assert [file.content for file in files] == [file.content for file in sample_essays()]
    assert len({file.content for file in files}) == 30
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(BytesIO(damaged_file().content))


def test_sample_essays_name_nobody_of_the_class() -> None:
    names = {part.casefold() for student in CLASS for part in student.name.split()}
    for task in ("library", "phones"):
        for number in range(50):
            _title, paragraphs = essay_text(f"essay {number}", task=task)
            words = {word.strip(".,:;?!") for word in " ".join(paragraphs).casefold().split()}
            assert not words & names
            assert len(words) > 100


def test_the_command_writes_them_into_an_empty_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "to drop"
    call_command("sample_essays", str(folder), stdout=StringIO())
    assert sum(path.is_file() for path in (folder / "essays").rglob("*")) == 30
    assert (folder / "class-list.csv").read_text(encoding="utf-8-sig").count("@elev.demo.example") == len(CLASS)
    with pytest.raises(CommandError):
        call_command("sample_essays", str(folder), stdout=StringIO())
