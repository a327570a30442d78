"""The files of a batch as one zip: named after their students, or as the learning platform named them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from batches.exports.downloads import safe_name, unique
from batches.exports.packing import Spool, add_original, packing
from batches.exports.table import essays_by_student
from batches.models import Batch, Essay
from files.models import EssayFile


def zip_by_student(batch: Batch) -> Spool:
    """Each file under its student's name. Versions that do not count, undecided ones and those of nobody lie apart."""
    return _pack((essay, _by_student(essay)) for essay in essays_by_student(batch))


def zip_for_source(batch: Batch) -> Spool:
    """Each text that counts under the path it had in its zip, so that the platform knows whose it is.

    A text goes back to where it was handed in, whoever is found to have written it. What came in another way has a
    folder of its own, which platforms leave aside. Several zips: a folder for each, to be sent back one by one.
    """
    essays = [essay for essay in essays_by_student(batch) if essay.counts]
    several = len({essay.file.archive_id for essay in essays if essay.file.archive_id}) > 1
    return _pack((essay, _in_source(essay, several=several)) for essay in essays)


def _pack(named: Iterator[tuple[Essay, str]]) -> Spool:
    """A text that a person pasted goes in as text: it is what counts, the file could not be read."""
    taken: set[str] = set()
    with packing() as (spool, archive):
        for essay, name in named:
            if essay.file.is_pasted:
                archive.writestr(unique(f"{PurePosixPath(name).with_suffix('.txt')}", taken), essay.file.text)
            else:
                add_original(archive, essay.file, unique(name, taken))
    return spool


def _by_student(essay: Essay) -> str:
    match, original = essay.association, safe_name(essay.file.name)
    if match.status == match.Status.CONFIRMED and match.student:
        person = " ".join(filter(None, (match.student.family_name, match.student.given_name)))
        named = f"{safe_name(person)}{PurePosixPath(original).suffix}"
        apart = _("Does not count")
        return named if essay.counts else f"{safe_name(apart)}/{named}"
    folder = _("Not in this class") if match.is_decided else _("Undecided")
    return f"{safe_name(folder)}/{original}"


def _in_source(essay: Essay, *, several: bool) -> str:
    file: EssayFile = essay.file
    if file.archive is None:
        folder = safe_name(_("Not from the zip"))
        return f"{folder}/{_by_student(essay)}"
    whole = f"{file.path}/{file.name}" if file.path else file.name
    inside = whole.removeprefix(f"{file.archive.name}/")
    return f"{safe_name(PurePosixPath(file.archive.name).stem)}/{inside}" if several else inside
