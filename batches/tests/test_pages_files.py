"""The pages of batches and their files, as owner, colleague, reader, stranger and nobody."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from batches import actions
from batches.models import Batch
from batches.tasks import ingest_essay
from batches.tests.making import make_batch, make_essays, make_stored, make_students
from batches.tests.pages import LONG, essay, read_all, send, url
from batches.views.file_rows import size_in_words
from classes.models import SchoolClass
from files.models import EssayFile
from files.samples import make
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


# --- who may do what -------------------------------------------------------------------------------------------------

PAGES = ["detail", "missing", "history", "rename", "export"]
STEPS = ["lock", "start", "cancel", "reopen", "archive", "delete", "upload"]


@pytest.mark.parametrize("name", PAGES)
def test_a_reader_sees_pages_but_no_form_a_stranger_and_nobody_see_nothing(
    name: str, batch: Batch, reader: User, stranger: User, client_for: ClientFor
) -> None:
    assert client_for(reader).get(url(name, batch)).status_code == (403 if name == "rename" else 200)
    assert client_for(stranger).get(url(name, batch)).status_code == 404
    answer = client_for(None).get(url(name, batch))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, reverse("accounts:sign-in"))


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_refused_to_a_reader_hidden_from_a_stranger_and_posts_only(
    name: str, batch: Batch, reader: User, stranger: User, owner: Client, client_for: ClientFor
) -> None:
    assert client_for(reader).post(url(name, batch)).status_code == 403
    assert client_for(stranger).post(url(name, batch)).status_code == 404
    assert client_for(None).post(url(name, batch)).status_code == 302
    assert owner.get(url(name, batch)).status_code == (200 if name in ("archive", "reopen") else 302)
    batch.refresh_from_db()
    assert batch.status == "collecting"


def is_download(answer: Any) -> bool:
    """Reads it to its end, where it is closed."""
    return bool(answer.streaming and b"".join(answer))


@pytest.mark.parametrize("name", ["file-remove", "file-retry", "file-paste", "file-replace", "file-download"])
def test_files_of_others_are_not_there(
    name: str, batch: Batch, owner: Client, reader: User, stranger: User, client_for: ClientFor
) -> None:
    send(owner, batch, essay())
    file_id = EssayFile.objects.get().public_id
    target = url(name, batch, file_id=file_id)
    method = "get" if name == "file-download" else "post"
    assert getattr(client_for(stranger), method)(target).status_code == 404
    answer = getattr(client_for(reader), method)(target)
    assert (answer.status_code, is_download(answer)) == ((200, True) if method == "get" else (403, False))
    other = make_batch(User.objects.get(email="teacher@skola.example"), title="Another")
    assert getattr(owner, method)(url(name, other, file_id=file_id)).status_code == 404
    assert EssayFile.objects.filter(batch_file__removed_at=None).count() == 1


# --- adding files ----------------------------------------------------------------------------------------------------


def test_files_dropped_without_script_are_received_and_shown(owner: Client, batch: Batch) -> None:
    answer = send(owner, batch, essay("Emil Berg.docx"), essay("text.docx"))
    assert answer.status_code == 302
    page = owner.get(answer.headers["Location"]).content.decode()
    assert "2 files received." in page
    assert page.count("Emil Berg.docx") >= 1
    assert "Waiting" in page


def test_a_script_gets_the_row_and_a_folder_keeps_its_path(owner: Client, batch: Batch) -> None:
    answer = send(owner, batch, essay("essay.docx"), htmx=True, paths=["Emil Berg/essay.docx"])
    assert answer.status_code == 201
    file = EssayFile.objects.get()
    assert (file.path, file.name) == ("Emil Berg", "essay.docx")
    assert f'id="file-{file.public_id}"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_same_file_sent_again_is_already_here(owner: Client, batch: Batch, tmp_path: Any) -> None:
    first = send(owner, batch, essay("a.docx"), htmx=True)
    again = send(owner, batch, essay("a.docx"), htmx=True)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert EssayFile.objects.count() == len(list((tmp_path / "files").rglob("*.bin"))) == 1


def test_the_same_words_under_another_name_are_kept_once_and_say_so(owner: Client, batch: Batch) -> None:
    send(owner, batch, essay("a.docx", "Same"))
    page = send(owner, batch, essay("b.docx", "Same"), htmx=True).content.decode()
    assert "Same content as a.docx. We kept one." in page
    assert batch.essays.count() == 1


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


DOCX = make("docx", title="T", paragraphs=LONG)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("broken.docx", DOCX[:300], "cannot be opened"),
        ("empty.txt", b"", "empty"),
        ("photo.jpg", b"\xff\xd8\xff\xe0 JFIF", "cannot read this kind of file"),
        ("not really.pdf", b"\x89PNG\r\n\x1a\n", "not what its ending says"),
        ("class.zip", zipped(".DS_Store", b"x"), "no text in the zip"),
    ],
)
def test_bad_files_get_a_reason_beside_their_name_and_the_rest_goes_on(
    name: str, content: bytes, words: str, owner: Client, batch: Batch
) -> None:
    assert send(owner, batch, SimpleUploadedFile(name, content), essay("good.docx")).status_code == 302
    read_all(batch)
    page = owner.get(url("detail", batch)).content.decode()
    problems = page[page.index('id="problems"') : page.index("</section>", page.index('id="problems"'))]
    assert name in problems
    assert words in problems
    assert "good.docx" not in problems
    assert EssayFile.objects.get(name="good.docx").status == "read"


def test_no_file_is_said_on_the_page(owner: Client, batch: Batch) -> None:
    answer = send(owner, batch)
    assert answer.status_code == 400
    assert "Choose at least one file." in answer.content.decode()


@pytest.mark.parametrize("how", ["form", "script"])
def test_a_file_alone_that_is_too_large_stays_in_the_list(owner: Client, batch: Batch, settings: Any, how: str) -> None:
    """A script sends its size in place of the file. Dropped again, it is the same one."""
    settings.MAX_FILE_BYTES = 1000
    for status in (201, 200):
        big = SimpleUploadedFile("big essay.docx", b"x" * 1001)
        if how == "form":
            assert send(owner, batch, big).status_code == 302
        else:
            answer = send(owner, batch, htmx=True, too_large=["1001"], paths=["big essay.docx"])
            assert (answer.status_code, b"big essay.docx" in answer.content) == (status, True)
    (file,) = EssayFile.objects.all()
    assert (file.status, file.problem, file.size) == ("rejected", "file_too_large", 1001)
    page = owner.get(url("detail", batch)).content.decode()
    assert "The file is 1 MB. The limit is 0 MB." in page
    assert page.count("big essay.docx</h3>") == 1


@pytest.mark.parametrize("size", ["", "1000", "-5", "x", "٣٠٠٠", "9" * 12, "9" * 30])
def test_what_a_script_says_of_a_file_it_did_not_send_is_checked(
    owner: Client, batch: Batch, settings: Any, size: str
) -> None:
    settings.MAX_FILE_BYTES = 1000
    refused = send(owner, batch, htmx=True, too_large=[size], paths=["a.docx"])
    assert (refused.status_code, b"not the size of a file" in refused.content) == (400, True)
    for path in ("", " / ", "\u200b"):
        assert send(owner, batch, htmx=True, too_large=["2000"], paths=[path]).status_code == 400
    assert send(owner, batch, htmx=True, too_large=["2000", "3000"], paths=["a.docx"]).status_code == 400
    assert not EssayFile.objects.exists()


def test_a_text_pasted_for_a_file_that_was_not_kept_gives_its_own_size(
    owner: Client, batch: Batch, settings: Any
) -> None:
    settings.MAX_FILE_BYTES = 1000
    send(owner, batch, htmx=True, too_large=["30000000"], paths=["a.docx"])
    file = EssayFile.objects.get()
    address = f"/batches/{batch.public_id}/files/{file.public_id}/paste/"
    assert owner.post(address, {"text": "Åsa Öberg walked home."}).status_code == 302
    file.refresh_from_db()
    assert (file.is_pasted, file.size) == (True, len("Åsa Öberg walked home.".encode()))


def test_a_too_large_file_among_others_gets_a_row_and_the_others_go_on(
    owner: Client, batch: Batch, settings: Any
) -> None:
    settings.MAX_FILE_BYTES = 4000
    send(owner, batch, SimpleUploadedFile("big.txt", b"x" * 4001), essay("good.docx"))
    page = owner.get(url("detail", batch)).content.decode()
    assert EssayFile.objects.get(name="big.txt").problem == "file_too_large"
    assert "big.txt" in page
    assert "Too large" in page


def test_swedish_teachers_get_swedish_words(teacher: User, batch: Batch, client_for: ClientFor, settings: Any) -> None:
    settings.MAX_FILE_BYTES = 1000
    teacher.language = "sv"
    teacher.save()
    client = client_for(teacher)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "sv"
    send(client, batch, SimpleUploadedFile("stor uppsats.docx", b"x" * 1001))
    page = client.get(url("detail", batch)).content.decode()
    assert "Filen är 1 MB. Gränsen är 0 MB. Bilder i dokumentet är ofta orsaken." in page
    assert 'lang="sv"' in page


def test_150_files_in_one_request(owner: Client, batch: Batch) -> None:
    assert send(owner, batch, *(essay(f"text {n}.docx") for n in range(150))).status_code == 302
    assert batch.essays.count() == 150


@pytest.mark.parametrize("count", [11, 12, 30])
def test_too_many_files_are_refused_together(count: int, owner: Client, batch: Batch, settings: Any) -> None:
    settings.MAX_FILES_PER_BATCH = 10
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 11
    answer = send(owner, batch, *(essay(f"{n}.docx") for n in range(count)))
    assert answer.status_code == 413
    assert "A batch holds at most 10 files." in answer.content.decode()
    assert EssayFile.objects.count() == 0


def test_a_folder_dropped_again_on_a_full_batch_is_not_too_much(owner: Client, batch: Batch, settings: Any) -> None:
    settings.MAX_FILES_PER_BATCH = 3
    files = [essay(f"{n}.docx") for n in range(3)]
    send(owner, batch, *files)
    for file in files:
        file.seek(0)
    assert send(owner, batch, *files, htmx=True).status_code == 200
    assert send(owner, batch, essay("one more.docx"), htmx=True).status_code == 413


# --- mending files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(owner: Client, batch: Batch) -> EssayFile:
    send(owner, batch, SimpleUploadedFile("broken.docx", b"PK\x03\x04 and then nothing"))
    read_all(batch)
    return EssayFile.objects.get()


def test_paste_replace_retry_and_remove(owner: Client, batch: Batch, broken: EssayFile) -> None:
    assert owner.post(url("file-retry", batch, file_id=broken.public_id)).status_code == 302
    ingest_essay(broken.pk)
    broken.refresh_from_db()
    assert broken.problem == "corrupt"
    paste = url("file-paste", batch, file_id=broken.public_id)
    assert "broken.docx" in owner.get(paste).content.decode()
    assert owner.post(paste, {"text": "  \n "}).status_code == 422
    assert owner.post(paste, {"text": "\n\nMy own words.\n"}).status_code == 302
    broken.refresh_from_db()
    assert (broken.status, broken.is_pasted, broken.words) == ("read", True, 3)
    replace = url("file-replace", batch, file_id=broken.public_id)
    assert owner.get(replace).status_code == 200
    assert owner.post(replace).status_code == 400
    assert owner.post(replace, {"files": essay("new.docx")}).status_code == 302
    new = EssayFile.objects.get(batch_file__removed_at=None)
    assert new.name == "new.docx"
    remove = url("file-remove", batch, file_id=new.public_id)
    assert "new.docx" in owner.get(remove).content.decode()
    assert owner.post(remove).status_code == 302
    assert batch.essays.live().count() == 0
    restore = url("file-restore", batch, file_id=new.public_id)
    assert owner.get(url("history", batch)).content.decode().count(restore) == 1
    assert "new.docx is in the batch again." in owner.post(restore, follow=True).content.decode()
    assert batch.essays.live().count() == 1
    assert restore not in owner.get(url("history", batch)).content.decode()


def test_the_original_comes_back_under_its_name(owner: Client, batch: Batch) -> None:
    sent = essay("Åsa Öberg.docx")
    content = sent.read()
    sent.seek(0)
    send(owner, batch, sent)
    answer = owner.get(url("file-download", batch, file_id=EssayFile.objects.get().public_id))
    assert b"".join(answer) == content
    assert "filename*=utf-8''%C3%85sa%20%C3%96berg.docx" in answer.headers["Content-Disposition"]


def test_a_file_with_a_problem_is_read_again_from_its_row(owner: Client, batch: Batch, broken: EssayFile) -> None:
    rows = owner.get(url("detail", batch)).content.decode().split('id="problems"')[0]
    assert url("file-retry", batch, file_id=broken.public_id) in rows


def test_reading_that_has_stopped_says_that_files_are_safe(owner: Client, batch: Batch) -> None:
    send(owner, batch, essay("a.docx"), essay("b.docx"))
    assert "Reading has stopped" not in owner.get(url("detail", batch)).content.decode()
    EssayFile.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    assert "Reading has stopped, your files are safe." in owner.get(url("detail", batch)).content.decode()
    _first, second = EssayFile.objects.order_by("pk")
    ingest_essay(second.pk)
    assert "Reading has stopped" not in owner.get(url("detail", batch)).content.decode(), "a worker is there"


def test_the_original_of_a_protected_student_is_asked_about_once(
    owner: Client, batch: Batch, owned_class: SchoolClass
) -> None:
    (student,) = make_students(owned_class, ["Emil Berg"])
    (text,) = make_stored(batch, 1)
    actions.decide_student(text, student=student, version=None, actor=batch.owner)
    address = url("file-download", batch, file_id=text.file.public_id)
    assert is_download(owner.get(address))
    actions.protect_student(student, alias="Elev 7", actor=batch.owner)
    for answer in (owner.get(address), owner.get(address)):
        assert "whatever else stands in it" in answer.content.decode()
    assert LogEntry.objects.filter(action=LogEntry.Action.ACCESS).count() == 1
    assert is_download(owner.post(address))
    assert is_download(owner.get(address)), "asked once"
    assert LogEntry.objects.filter(action=LogEntry.Action.ACCESS).count() == 3


@pytest.mark.parametrize(
    ("n_bytes", "en", "sv"),
    [
        (0, "0 kB", "0 kB"),
        (330, "1 kB", "1 kB"),
        (31_400, "31 kB", "31 kB"),
        (1_940_000, "1.9 MB", "1,9 MB"),
        (26_000_000, "26 MB", "26 MB"),
    ],
)
def test_sizes_are_worded_as_while_sending(n_bytes: int, en: str, sv: str) -> None:
    for language, words in (("en", en), ("sv", sv)):
        with translation.override(language):
            assert size_in_words(n_bytes) == words


def test_a_text_leads_to_the_students_texts_in_other_batches(
    owner: Client, batch: Batch, teacher: User, owned_class: SchoolClass
) -> None:
    (student,) = make_students(owned_class, ["Ada Berg"])
    mine, other, strange = (make_batch(teacher, owned_class, title=title) for title in ("Mine", "Letters", "Undecided"))
    essays = [make_essays(each, 1)[0] for each in (mine, other, strange)]
    for text in essays[:2]:
        actions.decide_student(text, student=student, version=None, actor=teacher)
    page = owner.get(url("text", mine, text_id=essays[0].public_id)).content.decode()
    assert url("text", other, text_id=essays[1].public_id) in page
    assert url("text", strange, text_id=essays[2].public_id) not in page
    assert "In other batches" not in owner.get(url("text", strange, text_id=essays[2].public_id)).content.decode()


def test_a_very_short_text_is_among_the_problems_with_its_length_until_decided(
    owner: Client, batch: Batch, teacher: User
) -> None:
    for text, words in ((" Hej då. ", "only 7 characters."), ("x", "only 1 character.")):
        (short,) = make_essays(batch, 1)
        EssayFile.objects.filter(pk=short.file_id).update(text=text, warning="short_text")
        page = owner.get(url("detail", batch)).text
        problems = page[page.index('id="problems-title"') :]
        assert f"We found {words} Open the file and see if the text is there." in problems
        assert url("text", batch, text_id=short.public_id) in problems
        actions.decide_student(short, student=None, version=None, actor=teacher)
        assert 'id="problems-title"' not in owner.get(url("detail", batch)).text


def test_skipped_files_are_no_gap_in_the_bar(owner: Client, batch: Batch) -> None:
    make_essays(batch, 1)
    (copy,) = make_essays(batch, 1)
    EssayFile.objects.filter(pk=copy.file_id).update(status="skipped")
    copy.removed_at = timezone.now()
    copy.save(update_fields=["removed_at"])
    page = owner.get(url("detail", batch)).text
    assert 'viewBox="0 0 2 1"' in page
    assert '<rect class="bar-skipped" x="1" width="1"' in page
