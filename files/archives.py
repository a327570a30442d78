"""What a zip of essays is: which learning platform made it, and what each of its files is to us. Pure.

The platform is recognised for the zip as a whole, never for one file: `svenska_1_2_kap.docx` looks like Canvas, thirty
such files with thirty numbers are. Receipts, grade lists and metadata are evidence, not essays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from files.extraction.cleaning import clean_line, remove_personal_numbers
from files.extraction.zip_names import distinct, is_system_file, system_kind
from files.extraction.zips import ZipEntry
from files.sidecars import parse_index, parse_metadata, parse_receipt, parse_table

Read = Callable[[ZipEntry], bytes]
"""Unpacks an entry; empty where that cannot be done."""

_CANVAS = re.compile(
    r"^(?:(?!LATE_|anon_)(?P<name>[^\W_]+)_)?(?:LATE_)?(?:anon_[^\W_]+|(?P<key>\d+))_"
    r"(?:(?:text|link)\.html?|(?P<number>\d+)_.+)$"
)
_MOODLE = re.compile(r"(?:^|/)[^_/]+_(?P<key>\d+)_assign(?P<kind>submission|feedback)_[a-z]+_?(?:/|[^/]*$)")
_BLACKBOARD = re.compile(r"(?:^|/)(?P<key>[^/]+?_attempt_\d{4}(?:-\d\d){5})(?:_[^/]+|\.txt)$")
_RECEIPT = re.compile(r"_attempt_\d{4}(?:-\d\d){5}\.txt$")
_BRIGHTSPACE = re.compile(r"(?:^|/)(?P<key>\d+-\d+) - [^/]+? - [^-/]*\d{4}[^-/]*(?: - |/)[^/]+")
_SAKAI = re.compile(
    r"(?:^|/)[^/()]+\((?P<key>[^()/]+)\)"
    r"(?:[/_](?:Submission|Feedback) attachment\(s\)[/_]|/[^/]*(?:submissionText|timestamp|comments)\.\w+$)",
    re.IGNORECASE,
)
_ITSLEARNING = re.compile(r"(?:^|/)[^/_]+_[^/_(]+ ?\((?P<key>[^()/]+)\)/[^/]+$")
_GRADESCOPE = re.compile(r"(?:^|/)(?P<key>submission_\d+)(?:/|\.\w+$)")
_TEAMS = re.compile(r"(?:^|/)(?P<key>[^/]+)/(?P<title>[^/]+)/(?P<version>[^\W\d_]{3,}) ?\d{1,3}/[^/]+$")
_DRIVE_ZIP = re.compile(r"^drive-download-|-\d{8}T\d{6}Z?(?:-\d+)*-\d{3}\.zip$", re.IGNORECASE)
_DRIVE_NAME = re.compile(r"^(?P<one>[^/]+?) [-–] (?P<other>[^/]+?)(?:\.\w{1,5})?$")

_SAKAI_BESIDE = re.compile(r"(?:^|/)(?:timestamp|comments)\.txt$|(?:^|[/_])Feedback attachment\(s\)[/_]", re.IGNORECASE)
_METADATA = "submission_metadata.yml"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the zip. `status` is accepted, ignored or rejected; a rejected one has a `problem`."""

    entry: ZipEntry
    path: str
    status: str
    problem: str | None = None
    is_system: bool = False
    sidecars: tuple[tuple[str, str], ...] = ()
    """Lines beside the text that name its writer: name of the sidecar, line."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A zip sorted out."""

    source: str
    recognised: int
    """Of the accepted files, how many are named as the platform names them."""
    files: tuple[Listed, ...]
    system: tuple[str, ...] = ()
    """What kinds of system files were left out, e.g. `.DS_Store`."""
    problem: str | None = field(default=None)
    """Why nothing of it can be used."""


def sort_out(entries: Sequence[ZipEntry], *, zip_name: str, read: Read) -> Listing:
    """Say what each entry is. `read` is called for sidecars only."""
    paths = distinct([entry.path for entry in entries])
    system = [is_system_file(path) for path in paths]
    people = [(entry, path) for entry, path, by_system in zip(entries, paths, system, strict=True) if not by_system]
    usable = [(entry, path) for entry, path in people if entry.problem is None]
    source = recognise([path for _entry, path in usable], zip_name=zip_name)
    beside = _Beside(source, usable, read)
    files = []
    for entry, path, by_system in zip(entries, paths, system, strict=True):
        if by_system:
            files.append(Listed(entry, path, "ignored", is_system=True))
        elif entry.problem is not None:
            files.append(Listed(entry, path, "rejected", entry.problem))
        elif entry.index in beside.sidecars:
            files.append(Listed(entry, path, "ignored"))
        else:
            files.append(Listed(entry, path, "accepted", sidecars=beside.lines(path)))
    accepted = [listed.path for listed in files if listed.status == "accepted"]
    kinds = sorted({system_kind(listed.path) for listed in files if listed.is_system})
    return Listing(
        source,
        recognised=_shared(accepted)
        if source == "google"
        else sum(_key(source, path) is not None for path in accepted),
        files=tuple(files),
        system=tuple(kinds),
        problem=None if accepted else common_problem([listed.problem for listed in files if listed.problem]),
    )


def common_problem(problems: Sequence[str]) -> str:
    """The one code for a zip nothing of which can be used."""
    return problems[0] if len(set(problems)) == 1 else "no_usable_entries"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


# --- which platform ------------------------------------------------------------------------------------------------


def recognise(paths: Sequence[str], *, zip_name: str = "") -> str:
    """The platform most of the paths are named by; `plain` where it is none."""
    texts = [path for path in paths if not _may_be_sidecar(path)] or list(paths)
    if _METADATA in {_name(path).casefold() for path in paths}:
        return "gradescope"
    for source in ("moodle", "blackboard", "brightspace", "sakai", "canvas", "itslearning", "teams"):
        fitting = [path for path in texts if _key(source, path) is not None]
        if 2 * len(fitting) > len(texts) and _CONVINCED.get(source, _always)(fitting):
            return source
    if _DRIVE_ZIP.search(zip_name) or (len(texts) > 2 and 2 * _shared(texts) > len(texts)):
        return "google"
    return "plain"


def _may_be_sidecar(path: str) -> bool:
    name = _name(path).casefold()
    return (
        name.endswith((".csv", ".yml", ".yaml"))
        or name == "index.html"
        or _RECEIPT.search(path) is not None
        or _SAKAI_BESIDE.search(path) is not None
    )


_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "moodle": _MOODLE,
    "blackboard": _BLACKBOARD,
    "brightspace": _BRIGHTSPACE,
    "sakai": _SAKAI,
    "itslearning": _ITSLEARNING,
    "gradescope": _GRADESCOPE,
    "teams": _TEAMS,
}


def _key(source: str, path: str) -> str | None:
    """The platform's own number of the submission; empty for an anonymous one, None where the path is not its own."""
    if source == "canvas":
        match = _CANVAS.match(_name(path))
        return None if match is None else match["key"] or ""
    pattern = _PATTERNS.get(source)
    match = pattern.search(path) if pattern else None
    return None if match is None else match["key"]


def _always(_paths: Sequence[str]) -> bool:
    return True


def _is_canvas(paths: Sequence[str]) -> bool:
    """Small letters, a number of its own for each file, and long numbers where there are too few files to tell."""
    matches = [match for path in paths if (match := _CANVAS.match(_name(path)))]
    numbers = [match["number"] for match in matches if match["number"]]
    small = all(match["name"] == match["name"].lower() for match in matches if match["name"])
    long = all(len(number) >= 3 for match in matches for number in (match["number"], match["key"]) if number)
    return small and len(set(numbers)) == len(numbers) and (long or len(matches) > 2)


def _is_teams(paths: Sequence[str]) -> bool:
    """One word before the numbers (whatever the language calls a version), one title under many people."""
    matches = [match for path in paths if (match := _TEAMS.search(path))]
    titles = Counter(match["title"] for match in matches)
    return len({match["version"] for match in matches}) == 1 and max(titles.values()) * 2 > len(matches)


_CONVINCED: Mapping[str, Callable[[Sequence[str]], bool]] = {"canvas": _is_canvas, "teams": _is_teams}


def _shared(paths: Sequence[str]) -> int:
    """How many are named `title - name` or `name - title` with the commonest title of all: copies of one template."""
    parts: Counter[str] = Counter()
    for path in paths:
        match = _DRIVE_NAME.match(_name(path))
        if match:
            parts.update({match["one"].casefold(), match["other"].casefold()})
    return max(parts.values(), default=0) if len(paths) > 1 else 0


# --- what lies beside the texts ------------------------------------------------------------------------------------


class _Beside:
    """The sidecars of a zip, and what they say about each text."""

    def __init__(self, source: str, usable: Sequence[tuple[ZipEntry, str]], read: Read) -> None:
        self.source = source
        self.sidecars: set[int] = set()
        self._writers: dict[str, list[tuple[str, str]]] = {}
        for entry, path in usable:
            name = _name(path)
            if name.casefold().endswith(".csv"):
                self._add(entry, name, parse_table(read(entry)), only_if_known=source != "sakai")
            elif name.casefold() == _METADATA:
                self._add(entry, name, parse_metadata(read(entry)))
            elif source == "blackboard" and _RECEIPT.search(path):
                self._receipt(entry, path, name, read)
            elif source == "brightspace" and name.casefold() == "index.html":
                listed = {_key(source, target): writer for target, writer in parse_index(read(entry)).items()}
                self._add(entry, name, {key: writer for key, writer in listed.items() if key})
            elif self._is_no_text(path, name):
                self.sidecars.add(entry.index)

    def _add(self, entry: ZipEntry, name: str, writers: Mapping[str, str], *, only_if_known: bool = False) -> None:
        if only_if_known and not writers:
            return
        self.sidecars.add(entry.index)
        for key, line in writers.items():
            self._writers.setdefault(key, []).append((_sidecar_name(name), line))

    def _receipt(self, entry: ZipEntry, path: str, name: str, read: Read) -> None:
        """A receipt, unless the text itself was typed into the platform: then the receipt is all there is of it.

        Neither is a text that a student gave such a name.
        """
        receipt = parse_receipt(read(entry))
        if (receipt.text or not receipt.writer) and not receipt.has_files:
            return
        key = _key("blackboard", path)
        self._add(entry, name, {key: receipt.writer} if key and receipt.writer else {})

    def _is_no_text(self, path: str, name: str) -> bool:
        if self.source == "sakai":
            return _SAKAI_BESIDE.search(path) is not None
        if self.source == "moodle":
            match = _MOODLE.search(path)
            return match is not None and match["kind"] == "feedback"
        return False

    def lines(self, path: str) -> tuple[tuple[str, str], ...]:
        """What the sidecars say about the writer of the file at `path`."""
        if self.source == "gradescope":
            parts = path.split("/")
            return next((tuple(self._writers[part]) for part in parts if part in self._writers), ())
        return tuple(self._writers.get(_key(self.source, path) or "", ()))


def _sidecar_name(name: str) -> str:
    """For `sidecar:<name>`: one line, short, without a personal identity number."""
    return remove_personal_numbers(clean_line(name))[0][:100]
