"""Changing files. Each is a part of another app's action: it publishes nothing itself."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from files.authorship import find_evidence
from files.evidence import Document
from files.extraction.cleaning import MASK, remove_personal_numbers
from files.models import ZIP, EssayFile
from files.sandbox import ReadResult
from files.storage import Blob
from huleedu.common.actions import part
from huleedu.common.text import nfc

if TYPE_CHECKING:
    from huleedu.accounts.models import User

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
UNNAMED = "unnamed"
"""What a file is called of whose name nothing is left."""


def split_path(received: str) -> tuple[str, str]:
    """`(folders, name)` of a path as received, both slashes meant, NFC, nothing invisible, nothing that climbs.

    Personal identity numbers are masked. The name is cut to 255 characters with its ending kept; it is only ever
    shown, never used as a path.
    """
    clean = "".join(c for c in nfc(received) if unicodedata.category(c) not in _INVISIBLE)
    masked, _removed = remove_personal_numbers(clean)
    parts = [p.strip() for p in masked.replace("\\", "/").split("/") if p.strip() not in ("", ".", "..")]
    if not parts:
        return "", UNNAMED
    name = parts[-1]
    if len(name) > 255:
        ending = PurePosixPath(name).suffix[:20]
        name = name[: 255 - len(ending)] + ending
    return "/".join(parts[:-1])[-1000:], name


def size_limit(*, is_zip: bool) -> int:
    """Bytes a file or a zip may have."""
    return settings.MAX_ZIP_BYTES if is_zip else settings.MAX_FILE_BYTES


@part
def register_file(
    blob: Blob | None,
    *,
    name: str,
    path: str,
    size: int = 0,
    is_zip: bool = False,
    owner: User,
    uploaded_by: User | None = None,
) -> EssayFile:
    """The row of a stored blob, waiting to be read or, a zip, to be opened.

    Without a blob it was too large to keep: its row says so, and nothing that was dropped goes without an answer.
    """
    file = EssayFile(detected_type=ZIP if is_zip else "", owner=owner, uploaded_by=uploaded_by, name=name, path=path)
    if blob is None:
        file.size, file.status, file.problem = size, EssayFile.Status.REJECTED, "file_too_large"
    else:
        file.storage_key, file.sha256, file.size = blob.key, blob.sha256, blob.size
        file.personnummer_removed = f"{path}/{name}".count(MASK)
    file.save(force_insert=True)
    return file


@part
def skip_file(file: EssayFile, *, problem: str, duplicate_of: EssayFile | None = None) -> None:
    """Keep the file in the list and do not read it: a copy, a receipt, a system file."""
    file.status = EssayFile.Status.SKIPPED
    file.problem = problem
    file.duplicate_of = duplicate_of
    file.save(update_fields=["status", "problem", "duplicate_of", "updated_at"])


def evidence_of(file: EssayFile, document: Document) -> list[dict[str, Any]]:
    """What its name, its folders, its text and what lay beside it say of its writer, as stored."""
    sidecars = [(str(name), str(line)) for name, line in file.sidecars]
    in_zip = file.archive_index is not None
    found = find_evidence(name=file.name, path=file.path, document=document, sidecars=sidecars, in_zip=in_zip)
    return [item.as_json() for item in found]


@part
def claim_file(file_id: int) -> EssayFile | None:
    """Take the file for reading; None when it is not waiting or another worker has it.

    The lease runs on the database's clock. A file claimed more than `READ_MAX_ATTEMPTS` times ends as failed: a file
    that kills its worker must not do so for ever.
    """
    file = EssayFile.objects.waiting().select_for_update(skip_locked=True, no_key=True).filter(pk=file_id).first()
    if file is None:
        return None
    file.attempts += 1
    file.status = EssayFile.Status.READING
    file.lease_token = uuid.uuid4()
    file.lease_until = Now() + timedelta(seconds=settings.READ_LEASE_SECONDS)
    file.save(update_fields=["attempts", "status", "lease_token", "lease_until", "updated_at"])
    file.refresh_from_db(fields=["lease_until"])
    return file


@part
def record_reading(file_id: int, *, lease_token: uuid.UUID, result: ReadResult) -> EssayFile | None:
    """Write what reading gave; None when the lease was lost to another worker, whose result counts instead."""
    file = EssayFile.objects.select_for_update(no_key=True).filter(pk=file_id, lease_token=lease_token).first()
    if file is None or file.status != EssayFile.Status.READING:
        return None
    file.status = result.status
    file.problem = result.problem or ""
    file.warning = result.warning or ""
    file.detected_type = (result.detected_type or "")[:10]
    document = result.document or Document(detected_type=file.detected_type, text="")
    file.keep(document)
    if file.status != EssayFile.Status.REJECTED:
        # A file without text still has a name and a folder.
        file.evidence = evidence_of(file, document)
    file.lease_token = file.lease_until = None
    file.read_at = timezone.now()
    file.save()
    return file


@part
def retry_file(file: EssayFile) -> None:
    """Read the file once more, with all its tries again."""
    file.status = EssayFile.Status.STORED
    file.first_read_at = file.first_read_at or file.read_at
    file.problem = file.warning = ""
    file.duplicate_of = None
    file.attempts = 0
    file.lease_token = file.lease_until = None
    file.save(
        update_fields=[
            "status", "first_read_at", "problem", "warning", "duplicate_of", "attempts", "lease_token", "lease_until",
            "updated_at",
        ]
    )  # fmt: skip


@part
def paste_text(file: EssayFile, *, document: Document) -> None:
    """Take a text that a person pasted in place of what could not be read. The original file stays.

    One that was too large was not kept: the text is all there is of it, so the size is the text's.
    """
    file.keep(document)
    if not file.sha256:
        file.size = len(document.text.encode())
    file.status = EssayFile.Status.READ
    file.problem, file.warning, file.is_pasted = "", document.warning or "", True
    file.evidence = evidence_of(file, document)
    file.first_read_at = file.first_read_at or file.read_at
    file.read_at = timezone.now()
    file.lease_token = file.lease_until = None
    file.save()


@part
def fail_file(file: EssayFile, *, problem: str) -> None:
    """Stop trying. Name and folder still are evidence."""
    document = Document(detected_type=file.detected_type, text="")
    file.status, file.problem = EssayFile.Status.FAILED, problem
    file.evidence = evidence_of(file, document)
    file.lease_token = file.lease_until = None
    file.save(update_fields=["status", "problem", "evidence", "lease_token", "lease_until", "updated_at"])
