"""Handing the original bytes out, so that no browser runs or shows them."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponseBase

from files.models import EssayFile
from files.storage import open_blob

CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "txt": "text/plain; charset=utf-8",
    "zip": "application/zip",
}


def download_response(file: EssayFile) -> HttpResponseBase:
    """An attachment with the file's own name (RFC 6266) in a sandbox. Raises Http404 where no bytes were kept."""
    try:
        content = open_blob(file.storage_key)
    except OSError as error:
        raise Http404 from error
    kind = CONTENT_TYPES.get(file.detected_type, "application/octet-stream")
    response = FileResponse(content, as_attachment=True, filename=file.name, content_type=kind)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
