"""What of an upload reaches the disk: only of people who are signed in, and no more than the settings allow."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler


class UploadTooBig(RequestDataTooBig):
    """The files of one request hold more than a whole batch may."""


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Streams files to disk. Django reads a body as early as it looks for the CSRF token, before any view.

    Files of strangers are not taken: their request goes on without, and is refused for what it is. Of a file that is
    too large the size is still counted, so that its sender is told, but no more than the limit is written.
    Raises UploadTooBig where a request holds more than a whole batch.
    """

    def __init__(self, request: Any = None) -> None:
        """Nothing has come yet."""
        super().__init__(request)
        self._received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Raises StopUpload for a stranger. Whoever came by a token was let in by the API before it read the body."""
        user = getattr(self.request, "user", None)
        session = getattr(self.request, "session", None)
        if not (user is not None and user.is_authenticated) and not (session is not None and session.get(SESSION_KEY)):
            raise StopUpload(connection_reset=True)
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """`start`: bytes of this file that came before."""
        self._received += len(raw_data)
        if self._received > settings.MAX_FILES_PER_BATCH * settings.MAX_FILE_BYTES:
            self.file.close()
            raise UploadTooBig("more than a batch holds")
        if start <= max(settings.MAX_FILE_BYTES, settings.MAX_ZIP_BYTES):
            super().receive_data_chunk(raw_data, start)
