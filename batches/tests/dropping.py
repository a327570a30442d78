"""Zips of essays for tests: made, dropped on a batch, opened by what workers do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from django.core.files.uploadedfile import SimpleUploadedFile

from batches import tasks
from batches.models import Batch
from batches.uploads import receive_files
from files.models import EssayFile
from huleedu.outbox.models import OutboxEvent

STORY = "Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg. Den flög långt. "
CANVAS = {
    "bergalva_4301_99101_saga.txt": f"{STORY} ett",
    "dahlbo_LATE_4302_99102_saga.txt": f"{STORY} två",
    "anon_Xy12_99103_saga.txt": f"{STORY} tre",
}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def drop(batch: Batch, files: Mapping[str, str | bytes], *, name: str = "submissions.zip") -> EssayFile:
    (file,) = receive_files(batch, files=[SimpleUploadedFile(name, zipped(files))], actor=batch.owner)
    return file


def entries(file: EssayFile) -> list[EssayFile]:
    return list(EssayFile.objects.filter(archive=file).order_by("archive_index"))


def read_all(batch: Batch) -> None:
    """What workers do until nothing is left."""
    for _round in range(10):
        waiting = list(EssayFile.objects.waiting().filter(batch_file__batch=batch, batch_file__removed_at=None))
        for file in waiting:
            tasks.ingest_essay(file.pk)
        if not waiting:
            break
    tasks.match_essays(batch.pk)


def events(kind: str, file: EssayFile | None = None) -> list[OutboxEvent]:
    found = OutboxEvent.objects.filter(event_type=kind)
    return list(found.filter(payload__file_id=str(file.public_id)) if file else found)
