"""A browser's view of batches: addresses, files to send, and having them read."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch
from batches.tasks import ingest_essay
from files.samples import make

LONG = ["It was a long winter, and the library was the only warm place in the village."] * 5


def url(name: str, batch: Batch, **more: Any) -> str:
    return reverse(f"batches:{name}", kwargs={"batch_id": batch.public_id, **more})


def essay(name: str = "essay.docx", text: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make("docx", title=text or name, paragraphs=LONG))


def send(client: Client, batch: Batch, *files: SimpleUploadedFile, htmx: bool = False, **data: Any) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(url("upload", batch), {"files": list(files), **data}, headers=headers)


def read_all(batch: Batch) -> None:
    for key in batch.batch_files.values_list("file_id", flat=True):
        ingest_essay(key)
    actions.match_batch(batch)
