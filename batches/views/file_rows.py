"""The rows of a batch's files as the page words them: a glyph and a word for the state, and the student found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from batches.models import Batch, Essay, EssayStudentAssociation
from batches.platforms import PLATFORMS
from batches.querysets import files_of
from classes.models import Student
from files.models import EssayFile
from files.problems import message_for

Association = EssayStudentAssociation
Status = EssayFile.Status

MEGABYTE = 1_000_000
LONG_NAME, NAME_END = 24, 12
"""Characters from which on a file's name is cut where it has no room, and how many of its end stay."""
GROUPS = ("way", "problem", "read", "skipped")
"""In the order the page shows them. Every file is in exactly one, counted as `batches.querysets.file_counts` does."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with its glyph and tone: any two of colour, glyph and word suffice."""

    glyph: str
    tone: str
    word: str | Promise


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was dropped and is no text, and why not. `file` is None where it is a kind of system files."""

    name: str
    reason: str
    file: EssayFile | None = None


@dataclass(slots=True)
class FileRow:
    """One file of the list."""

    file: EssayFile
    essay: Essay | None
    group: str
    state: Mark
    found: Mark | None
    message: str
    """Why it is no ordinary text, and what to do; empty where all is well."""
    probable: Student | None = None
    """Whose a file that could not be read probably is, by its name."""
    version: int = 0
    """Of a student's several texts the first, the second …; 0 where it is the only one."""
    counting: Essay | None = None
    """Of a student's several texts the one that counts."""

    @property
    def name_parts(self) -> tuple[str, ...]:
        """The file's name, a long one in two: the first part is cut where there is no room, the end is always seen."""
        name: str = self.file.name
        return (name[:-NAME_END], name[-NAME_END:]) if len(name) > LONG_NAME else (name,)

    @property
    def folder(self) -> str:
        """Where it lay, as far as that says more than which zip it came out of."""
        archive = self.file.archive
        path: str = self.file.path
        return path.removeprefix(archive.name).lstrip("/") if archive is not None else path

    @property
    def size(self) -> str:
        """As the browser words it while the file is sent: `31 kB`, `1.9 MB`."""
        return size_in_words(self.file.size)

    @property
    def is_problem(self) -> bool:
        """Whether it could not be read."""
        return self.group == "problem"

    @property
    def needs_a_look(self) -> bool:
        """Whether it stands in the column of problems, with its message: also with very little text, until decided."""
        is_open = self.essay is not None and not self.essay.association.is_decided
        return self.is_problem or (self.group == "read" and bool(self.file.warning) and is_open)

    @property
    def note(self) -> str:
        """The message of a row that does not stand among the problems: a copy, for instance."""
        return "" if self.needs_a_look else self.message


_OPENING = Mark("reading", "info", _("Opening…"))
_OPENED = Mark("check", "certain", _("Opened"))
_READING = Mark("reading", "info", _("Reading…"))
_MATCHING = Mark("reading", "info", _("Matching…"))
_ON_THE_WAY = {Status.STORED: Mark("waiting", "none", _("Waiting")), Status.READING: _READING}
_READ = Mark("check", "certain", _("Read"))
_SHORT = Mark("warning", "unsure", _("Read, very little text"))
_ASIDE = Mark("waiting", "none", _("Not opened"))
_SKIPPED = Mark("duplicate", "none", _("Skipped"))
_PROBLEM = Mark("warning", "conflict", _("Cannot be read"))
_PROBLEMS = {
    "no_text": Mark("warning", "conflict", _("No text inside")),
    "empty_file": Mark("warning", "conflict", _("Empty")),
    "password_protected": Mark("lock", "conflict", _("Password-protected")),
    "file_too_large": Mark("warning", "conflict", _("Too large")),
    "unsupported_type": Mark("warning", "conflict", _("Wrong kind of file")),
    "type_mismatch": Mark("warning", "conflict", _("Wrong ending")),
    "corrupt": Mark("warning", "conflict", _("Damaged")),
    "parse_timeout": Mark("warning", "conflict", _("Took too long")),
}
_NOT_CERTAIN = {
    Association.Certainty.CONFLICT: Mark("conflict", "conflict", _("Conflict")),
    Association.Certainty.NO_MATCH: Mark("none", "none", _("No match")),
}
_CLOSED = _("The batch was closed before the zip was opened. It is opened if the batch is reopened.")
_NOT_IN_CLASS = Mark("not-in-class", "none", _("Not in this class"))


def size_in_words(n_bytes: int) -> str:
    """Of bytes: whole kilobytes, one at least where there are any; megabytes with one decimal in the language's way."""
    if n_bytes < MEGABYTE:
        return f"{max(round(n_bytes / 1000), min(n_bytes, 1))} kB"
    return f"{formats.number_format(round(n_bytes / MEGABYTE, 1)).removesuffix('.0').removesuffix(',0')} MB"


def file_rows(
    batch: Batch, *, only: Iterable[int] | None = None, refused: Mapping[int, Student] | None = None
) -> list[FileRow]:
    """The batch's files (or those with the primary keys `only`): on the way, problems, read, skipped. One statement.

    `refused` says whose files that could not be read probably are. With `only` versions are not numbered: the earlier
    ones may be missing.
    """
    files = files_of(batch)
    if only is not None:
        files = files.filter(pk__in=list(only))
    zips = batch.processing_metadata.get("zips", {})
    aside = batch.status in Batch.CLOSED_EARLY
    rows = [_row(file, zips, aside=aside, probable=(refused or {}).get(file.pk)) for file in files]
    rows.sort(key=lambda row: (GROUPS.index(row.group), row.file.pk))
    return rows if only is not None else _with_versions(rows)


def _with_versions(rows: list[FileRow]) -> list[FileRow]:
    """Numbers the texts of students with several, the first handed in being 1, and says which of them counts."""
    before = {row.essay.pk: row.essay.replaces_id for row in rows if row.essay is not None}
    after = {earlier for earlier in before.values() if earlier is not None}
    students: dict[int, list[FileRow]] = defaultdict(list)
    for row in rows:
        key = row.essay.pk if row.essay is not None else None
        if key is not None and (before[key] is not None or key in after):
            row.version = 1
            while (earlier := before.get(key)) is not None:
                key, row.version = earlier, row.version + 1
            students[key].append(row)
    for own in students.values():
        counting = next((row.essay for row in own if row.essay is not None and row.essay.counts), None)
        for row in own:
            row.counting = counting
    return rows


def _row(file: EssayFile, zips: Mapping[str, Any], *, aside: bool, probable: Student | None) -> FileRow:
    """`aside`: the batch was closed early, so that a zip which waits is not opened."""
    essay: Essay | None = getattr(file, "essay", None)
    if essay is not None and essay.removed_at is not None:
        essay = None
    aside = aside and file.is_zip and file.is_on_the_way
    group, state = ("skipped", _ASIDE) if aside else _state(file, essay)
    found = _found(essay.association) if essay is not None and essay.matched_at is not None else None
    if probable is not None:
        found = Mark("unsure", "unsure", _("Probably {name}").format(name=probable.name))
    return FileRow(
        file=file,
        essay=essay,
        group=group,
        state=state,
        found=found,
        message=str(_CLOSED) if aside else _message(file, zips),
        probable=probable,
    )


def _state(file: EssayFile, essay: Essay | None) -> tuple[str, Mark]:
    if file.is_zip and file.status in (Status.READING, Status.READ):
        return ("way", _OPENING) if file.is_on_the_way else ("read", _OPENED)
    if file.is_on_the_way:
        return "way", _ON_THE_WAY[Status(file.status)]
    if essay is not None and essay.matched_at is None and file.status != Status.SKIPPED:
        return "way", _MATCHING
    if file.status == Status.SKIPPED:
        return "skipped", _SKIPPED
    if file.status in EssayFile.PROBLEMS:
        return "problem", _PROBLEMS.get(file.problem, _PROBLEM)
    return "read", _SHORT if file.warning else _READ


def _found(match: Association) -> Mark:
    if match.status == Association.Status.NO_STUDENT:
        return _NOT_IN_CLASS
    if match.student is None:
        return _NOT_CERTAIN.get(Association.Certainty(match.certainty), _NOT_CERTAIN[Association.Certainty.NO_MATCH])
    if match.is_decided:
        return Mark("check", "certain", match.student.name)
    if match.certainty == Association.Certainty.CERTAIN:
        return Mark("", "", match.student.name)
    return Mark("unsure", "unsure", _("Perhaps {name}").format(name=match.student.name))


def _message(file: EssayFile, zips: Mapping[str, Any]) -> str:
    if file.duplicate_of is not None:
        return str(_("Same content as {name}. We kept one.")).format(name=file.duplicate_of.name)
    if file.is_zip and file.status == Status.READ:
        n = zips.get(str(file.public_id), {}).get("files", 0)
        return ngettext("{n} file came out of it.", "{n} files came out of it.", n).format(n=n)
    if file.status == Status.SKIPPED and not file.problem:
        return str(_("From the learning platform, not a text. It tells who handed in what."))
    return message_for(file)


def sources_of(batch: Batch) -> list[str]:
    """For each zip of a learning platform: which one made it, and how many of its files bear that out."""
    return [_source(one) for one in _zips(batch) if one["source"] in PLATFORMS]


def left_out(batch: Batch) -> list[str]:
    """For each zip with files that no person made: how many were left out, and which kinds."""
    return [_system(one) for one in _zips(batch) if one["system"]]


def all_skipped(batch: Batch, rows: Iterable[FileRow]) -> list[Skipped]:
    """The skipped of `rows`, then the kinds of system files.

    Of a system file no name is kept: `._Emil Berg.docx` bears a student's.
    """
    reason = str(_("Made by a computer or a program, not by a person."))
    kinds = sorted({kind for one in _zips(batch) if one["system"] for kind in one["system_kinds"]})
    skipped = [Skipped(row.file.name, row.note, row.file) for row in rows if row.group == "skipped"]
    return [*skipped, *(Skipped(kind, reason) for kind in kinds)]


def _zips(batch: Batch) -> list[dict[str, Any]]:
    return list(batch.processing_metadata.get("zips", {}).values())


def _source(one: Mapping[str, Any]) -> str:
    n, total = one["recognised"], one["files"]
    if one["source"] == "canvas":
        words = ngettext(
            "Canvas zip recognised, {n} of {total} file carries a Canvas number",
            "Canvas zip recognised, {n} of {total} files carry a Canvas number",
            total,
        )
    else:
        words = ngettext(
            "{platform} zip recognised, {n} of {total} file is named as {platform} names it",
            "{platform} zip recognised, {n} of {total} files are named as {platform} names them",
            total,
        )
    return words.format(platform=PLATFORMS[one["source"]], n=n, total=total)


def _system(one: Mapping[str, Any]) -> str:
    n = one["system"]
    words = ngettext("{n} system file left out ({kinds}).", "{n} system files left out ({kinds}).", n)
    return words.format(n=n, kinds=", ".join(one["system_kinds"]))
