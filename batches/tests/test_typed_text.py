"""What a person typed into a form is there to copy, or to send again, where the form is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch
from batches.tests.pages import read_all, send, url
from classes.models import ClassShare, SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
TYPED = "Walked <home> & slept."
SHOWN = "Walked &lt;home&gt; &amp; slept."


@pytest.fixture
def unread(owner: Client, batch: Batch) -> EssayFile:
    """A file that cannot be read."""
    send(owner, batch, SimpleUploadedFile("broken.docx", b"PK\x03\x04 and then nothing"))
    read_all(batch)
    return EssayFile.objects.get()


def test_a_pasted_text_is_in_the_form_again_where_a_colleague_locked_the_batch_meanwhile(
    owner: Client, teacher: User, batch: Batch, unread: EssayFile
) -> None:
    actions.lock_batch(batch, actor=teacher)
    answer = owner.post(url("file-paste", batch, file_id=unread.public_id), {"text": TYPED})
    page = answer.content.decode()
    assert (answer.status_code, SHOWN in page) == (409, True)
    assert 'class="error-summary"' in page
    assert '<textarea name="text"' in page


def test_a_pasted_text_can_be_copied_where_the_file_was_removed_meanwhile(
    owner: Client, teacher: User, batch: Batch, unread: EssayFile
) -> None:
    actions.remove_file(batch, file=unread, actor=teacher)
    answer = owner.post(url("file-paste", batch, file_id=unread.public_id), {"text": TYPED})
    assert (answer.status_code, SHOWN in answer.content.decode()) == (404, True)


def test_a_pasted_text_can_be_copied_where_the_class_is_not_shared_any_more(
    colleague: User, batch: Batch, unread: EssayFile, client_for: ClientFor
) -> None:
    share = ClassShare.objects.get(user=colleague)
    client, target = client_for(colleague), url("file-paste", batch, file_id=unread.public_id)
    share.can_change = False
    share.save()
    answer = client.post(target, {"text": TYPED})
    assert (answer.status_code, SHOWN in answer.content.decode()) == (403, True)
    share.delete()
    answer = client.post(target, {"text": TYPED})
    assert (answer.status_code, SHOWN in answer.content.decode()) == (404, True)
    assert batch.title not in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "field", "status"), [("reopen", "reason", 409), ("unlock", "reason", 409), ("rename", "title", 404)]
)
def test_reasons_and_titles_can_be_copied_too(
    name: str, field: str, status: int, owner: Client, batch: Batch, stranger: User, client_for: ClientFor
) -> None:
    client = client_for(stranger) if name == "rename" else owner
    answer = client.post(url(name, batch), {field: TYPED})
    assert (answer.status_code, SHOWN in answer.content.decode()) == (status, True)


def test_a_class_list_and_a_new_student_can_be_copied_where_the_class_is_not_shared_any_more(
    stranger: User, owned_class: SchoolClass, client_for: ClientFor
) -> None:
    client = client_for(stranger)
    pages: list[tuple[str, dict[str, str]]] = [
        ("import", {"text": TYPED}),
        ("student-add", {"given_name": TYPED, "family_name": "Berg"}),
        ("edit", {"designation": TYPED}),
    ]
    for name, sent in pages:
        answer = client.post(reverse(f"classes:{name}", args=[owned_class.public_id]), sent)
        assert (answer.status_code, SHOWN in answer.content.decode()) == (404, True)
