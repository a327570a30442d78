"""Calling the API of batches in tests, and the shape of its refusals."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from batches.models import Batch

PROBLEM = {"type", "title", "status", "code", "detail", "errors"}


def url(batch: Batch, *parts: str) -> str:
    return f"/api/v1/batches/{batch.public_id}/" + "".join(f"{part}/" for part in parts)


def send(call: APIClient, batch: Batch, files: list[SimpleUploadedFile], **fields: Any) -> Any:
    return call.post(url(batch, "files"), {"files": files, **fields}, format="multipart")


def text_file(name: str, words: str = "Some words of an essay. ") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (words * 20 + name).encode())


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer["Content-Type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert set(body) >= PROBLEM
    return body
