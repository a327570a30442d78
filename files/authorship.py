"""Where in a file its writer may be named. Finds places, decides nothing, knows no roster. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from files.evidence import Document, Evidence, Place

MAX_ITEMS = 60
FIRST_LINES = 6
"""Non-empty lines at the top that may be a heading rather than running text."""
LONGEST_NAME_LINE = 90
"""Characters; a longer line is running text."""
TOP = 1500
"""Characters of the text within which labels and tables stand."""
BOTTOM = 500
"""Characters of the text's end within which labels stand."""
MARGIN = 2500
"""Characters beyond those that are split into lines: a text may have a million of them."""
SIGN_OFF_LINES = 3
MAX_EMAILS = 20

_WRITER = (
    "namn|för- och efternamn|förnamn och efternamn|elev|elevens namn|elevnamn|ditt namn|mitt namn|skriven av|"
    "skrivet av|skribent|författare|av|student|student name|student's name|studentens namn|name|full name|my name|"
    "written by|writer|author|by|pupil|pupil's name|inlämnad av|inlämnat av|submitted by|från|from|avsändare|sender|"
    "name of (?:the )?(?:student|pupil|candidate|writer)|kandidat|kandidatens namn|candidate|candidate name|"
    "(?:prov|kurs)?deltagare|participant|examinee|test taker|uppladdad av|uploaded by|insänd av|prepared by|"
    "navn|nafn|nimi|naam|nombre|nombre y apellidos|nom|nom et prénom|nome|nume|imię i nazwisko|jméno|meno|"
    "ime i prezime|magac|magaca|họ và tên|họ tên|ad soyad|adı soyadı|isim|emri|vardas|имя|фамилия имя|ім'я|"
    "όνομα|الاسم|اسم الطالب|نام|שם|ชื่อ|姓名|名前|이름|"
    "förnamn|first name|given name|efternamn|surname|last name|family name"
)
_OTHERS = (
    "lärare|lärarens namn|undervisande lärare|handledare|examinator|mentor|rektor|teacher|instructor|tutor|supervisor|"
    "examiner|professor|to|till|kurs|course|klass|class|grupp|group|datum|date|titel|title|rubrik|uppgift|assignment|"
    "task|antal ord|word count|words|ämne|subject|skola|school|prov|exam|test|källa|source|version|betyg|grade|"
    "provledare|provvakt|invigilator|opponent|cc|bcc|kopia|receiver|mottagare"
)
_REVIEWER = re.compile(
    r"^[ \t]*(?i:granskare|reviewer|peer reviewer|respons(?:given)? av|feedback (?:av|från|by|from)|opponent)"
    r"[ \t]*[:：][ \t]*(?P<value>\S.*)$"
)
_REVIEW = re.compile(
    r"\b(?:kamratrespons|kamratbedömning|kamratgranskning|peer[ _-]?(?:review|assessment|feedback)|respons på|"
    r"opponering|opposition)",
    re.IGNORECASE,
)
"""A file that is a review: whoever reviews has written it, and the author named is another."""
_MORE = r"(?:[ \t]?\d\d?)?(?:[ \t]*(?:(?i:och|and)|[&/,+])[ \t]*\w+)?(?:[ \t]*\([^()\n]{0,30}\))?"
"""What may follow the word of a label: `Elev 1`, `Namn/name`, `Name and class`, `Namn (för- och efternamn)`."""
_LABEL = re.compile(rf"^[ \t>*•\-]*(?i:{_WRITER}){_MORE}[ \t]*(?:[:：=–]|\t|[ ]-[ ])[ \t]*(?P<value>\S.*)$")
_BY_LINE = re.compile(r"^[ \t]*(?i:av|by|skriven av|written by)[ \t]+(?P<value>[A-ZÀ-ÖØ-ÞĀ-Ž].{1,80})$")
_OTHER_LABEL = re.compile(rf"^[ \t>*•\-]*(?i:{_OTHERS})\b[^:：=\n]{{0,20}}[:：=\t]")
_FIELD = re.compile(
    rf"(?:^|(?<=[\s|;,>*•\-]))(?:(?P<writer>(?i:{_WRITER}){_MORE})|"
    rf"(?i:{_OTHERS})\b[^:：=\n\t|A-ZÅÄÖ]{{0,20}})[ \t]*[:：=]"
)
"""One of several labels in a line: `Klass: NA24B | Elev: Alva Berg`."""
_UNKNOWN_LABEL = re.compile(r"^[ \t>*•\-]*[^\W\d_][^:：\n\d]{1,30}[:：][ \t]*(?P<value>\S.*)$")
"""A label this module does not know: what stands after it may be anybody."""
_GIVEN_LABEL = re.compile(r"^[ \t]*(?i:förnamn|first name|given name)[ \t]*[:：=]")
_FAMILY_LABEL = re.compile(r"^[ \t]*(?i:efternamn|surname|last name|family name)[ \t]*[:：=]")
_ADDRESS_LABEL = re.compile(
    r"(?i:e-?post|e-?mail|mail|mejl|konto|account|inlogg\w*|log-?in|user\w*|användar\w*|adress|address|id|skol\w*|från|from|"
    r"avsändare|sender|namn|name|elev|student|kontakt|contact|svar|reply)\b[^:：]{0,20}[:：=]"
)
_SOURCES = re.compile(
    r"^\W*(?:källor|källförteckning|referenser|referenslista|litteratur\w*|references|works cited|bibliography|"
    r"sources)\W*$",
    re.IGNORECASE,
)
_SLOTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?P<name>[^_/]+)_\d+_assign(?:submission|feedback)_",
        r"^\d+-\d+ - (?P<name>.+?) - [^-/]*\d{4}",
        r"^(?P<name>[^\W\d_]+)_(?:LATE_)?\d{2,}_\d{2,}_",
        r"^(?P<name>[^_/(]+_[^_/(]+) \([\w.\-]+\)$",
        r"^(?P<name>[^_/(,]*, ?[^_/(]+)\([\w.@\-]+\)",
    )
)
"""Names of files and folders that a learning system makes, with the name where it puts it: Moodle, Brightspace, Canvas,
itslearning, Sakai."""
_ANONYMOUS_FILE = re.compile(r"^(?:LATE_)?anon_[^\W_]+_\d+_")
_ANONYMOUS_FOLDER = re.compile(
    r"^(?:participant|deltagare|deltaker|deltager|osallistuja|teilnehmer\w*|participante?)[ _]\d+_", re.IGNORECASE
)
"""What Canvas and Moodle write instead of a name. Its letters and numbers are chance and name nobody."""
_LABEL_CELL = re.compile(rf"^(?i:{_WRITER}){_MORE}[ \t]*[:：]?$")
_OTHER_CELL = re.compile(rf"^(?i:{_OTHERS})[ \t]*[:：]?$")
_EMAIL = re.compile(r"(?<![\w.+\-'])[\w.+\-']{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}")
_CLASS = re.compile(r"^\W*\d{1,2}[^\W\d_]\W*$")
_WORDY = re.compile(r"[^\W\d_]{2,}")
# The full stop of an initial ("E. Berg") ends no sentence.
_SENTENCE = re.compile(r"(?:(?<!\b\w)\.|[!?;:])\s+\S+\s+\S+|[.!?]$|,(?:\s+[a-zåäö]+\b){3}")

_CLOSING = re.compile(
    r"^\W*(?:yours?\b|xoxo|sincerely|faithfully|kind regards|best regards|regards|best wishes|love\b|cheers|"
    r"(?:med )?(?:vänlig(?:a)? häls|bästa häls|hälsning|mvh|vänligen|hälsningar|puss|kram|din\b|ert\b|er\b))",
    re.IGNORECASE,
)
_MACHINE_AUTHORS = {
    "windows user",
    "user",
    "admin",
    "administrator",
    "microsoft office user",
    "python-docx",
    "author",
    "unknown",
}


@dataclass(slots=True)
class _Found:
    """Collects evidence in reading order, each span once per place."""

    items: list[Evidence]
    seen: set[tuple[str, str, int, int]]

    def add(self, place: Place, field: str, start: int, end: int, source: str) -> None:
        while start < end and source[start].isspace():
            start += 1
        while end > start and source[end - 1].isspace():
            end -= 1
        key = (place, field, start, end)
        if start < end and key not in self.seen and len(self.items) < MAX_ITEMS:
            self.seen.add(key)
            self.items.append(Evidence(f"e{len(self.items) + 1}", place, field, start, end, source[start:end]))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def find_evidence(
    *, name: str, path: str, document: Document, sidecars: Sequence[tuple[str, str]] = (), in_zip: bool = False
) -> list[Evidence]:
    """Every place where the writer's name or address may stand, in reading order: file name, folders, text, pages.

    `sidecars` (name, line) lay beside the file and name its writer. With `in_zip` the first folder is the zip, whose
    name is the task's.
    """
    name, path = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", path)
    found = _Found([], set())
    stem = PurePosixPath(name).stem if PurePosixPath(name).suffix[1:].isalnum() else name
    anonymous = _ANONYMOUS_FILE.match(name)
    found.add("file_name", "name", anonymous.end() if anonymous else 0, len(stem), name)
    _slot(name, "name", 0, found)
    _folders(path, found, first=1 if in_zip else 0)
    for sidecar, line in sidecars:
        _sidecar(line, f"sidecar:{sidecar}", found)
    _emails(name, "name", found)
    text = document.text
    first = list(_lines(text[: TOP + MARGIN], 0))
    tail = max(0, len(text) - BOTTOM - MARGIN)
    last = list(_lines(text[tail:], tail))
    _labels([line for line in first if line.start <= TOP], document, found)
    _labels([line for line in last if line.start >= len(text) - BOTTOM], document, found)
    _reviewer(name, first[:FIRST_LINES], document, found)
    _tables(document, found)
    _first_lines(first, document, found)
    for index, header in enumerate(document.headers):
        _page_header(header, f"header:{index}", found)
    _sign_off(last, text, found)
    _emails(document.text, "text", found)
    for key, value in document.properties:
        if key in ("author", "last_modified_by") and value.casefold() not in _MACHINE_AUTHORS:
            found.add("property", f"property:{key}", 0, len(value), value)
    return found.items


def _folders(path: str, found: _Found, *, first: int) -> None:
    position = 0
    for number, segment in enumerate(path.split("/")):
        if number >= first and not _ANONYMOUS_FOLDER.match(segment):
            found.add("folder", "path", position, position + len(segment), path)
            _slot(segment, "path", position, found, path)
        position += len(segment) + 1


def _sidecar(line: str, field: str, found: _Found) -> None:
    """`Alva Berg; alvber; alva.berg@elev.example`, as `files.sidecars` writes it."""
    position = 0
    for part in line.split("; "):
        address = _EMAIL.fullmatch(part)
        found.add("email" if address else "sidecar", field, position, position + len(part), line)
        position += len(part) + 2


def _slot(segment: str, field: str, position: int, found: _Found, source: str = "") -> None:
    """The name a learning system put into the name of a file or folder."""
    for pattern in _SLOTS:
        match = pattern.match(segment)
        if match:
            start, end = match.span("name")
            found.add("folder", field, position + start, position + end, source or segment)
            return


def _emails(source: str, field: str, found: _Found) -> None:
    """Addresses: in a heading or at the end they are the writer's; in running text anybody's."""
    for count, match in enumerate(_EMAIL.finditer(source)):
        if count == MAX_EMAILS:
            break
        start = max(source.rfind("\n", 0, match.start()) + 1, match.start() - LONGEST_NAME_LINE)
        end = source.find("\n", match.end())
        after = source[match.end() : end if end >= 0 else None][:LONGEST_NAME_LINE]
        before = source[start : match.start()]
        if _OTHER_LABEL.match(source[start : match.end()]):
            continue
        edge = field != "text" or match.start() <= TOP or match.start() >= len(source) - BOTTOM
        place: Place = "email" if edge and _is_heading(before, after) else "body"
        found.add(place, field, match.start(), match.end(), source)


def _is_heading(before: str, after: str) -> bool:
    """Whether an address stands on a line of its own or beside a name or label, not in a sentence."""
    if ":" in before or "：" in before:
        return _ADDRESS_LABEL.search(before) is not None
    words = [word for word in re.findall(r"[^\W\d_]+", f"{before} {after}") if not word[0].isupper()]
    return len(words) <= 2 and len(before) + len(after) <= LONGEST_NAME_LINE


def _lines(text: str, offset: int) -> Iterator[_Line]:
    """The lines of `text` that hold something; `offset` is where `text` itself begins."""
    position = offset
    for line in text.split("\n"):
        if line.strip():
            yield _Line(position, position + len(line), line)
        position += len(line) + 1


def _labels(lines: list[_Line], document: Document, found: _Found) -> None:
    """`Namn: …`, alone or among other labels on its line, or with the name on the line below."""
    pairs = (lines[index : index + 2] for index in range(len(lines)))
    halves = {index + more for index, pair in enumerate(pairs) for more in _both_halves(pair, document, found)}
    for index, line in enumerate(lines):
        values = _labelled(line.text) if index not in halves else []
        for start, end in values:
            found.add("label", "text", line.start + start, line.start + end, document.text)
        if not values and line.start < BOTTOM:
            for start, end in _by_line(line.text):
                found.add("first_line", "text", line.start + start, line.start + end, document.text)
        below = lines[index + 1] if index + 1 < len(lines) else None
        if not values and below is not None and _is_label_alone(line, below, document):
            found.add("label", "text", below.start, below.end, document.text)


def _reviewer(name: str, lines: list[_Line], document: Document, found: _Found) -> None:
    """`Granskare: …` in a file that calls itself a review."""
    headings = (line.text for line in lines if not _REVIEWER.match(line.text))
    if not any(map(_REVIEW.search, (name, *headings))):
        return
    for line in lines:
        match = _REVIEWER.match(line.text)
        if match:
            start, end = match.span("value")
            found.add("label", "text", line.start + start, line.start + end, document.text)


def _both_halves(pair: list[_Line], document: Document, found: _Found) -> tuple[int, ...]:
    """`Förnamn: …` and `Efternamn: …` one under the other are one name; which of the two lines are such."""
    if len(pair) == 2:
        one, other = pair
        for first, second in ((_GIVEN_LABEL, _FAMILY_LABEL), (_FAMILY_LABEL, _GIVEN_LABEL)):
            match = first.match(one.text)
            if match and second.match(other.text):
                found.add("label", "text", one.start + match.end(), other.end, document.text)
                return (0, 1)
    return ()


def _labelled(line: str) -> list[tuple[int, int]]:
    """Spans of what stands after a label of the writer in `line`."""
    fields = list(_FIELD.finditer(line))
    if not fields or (fields[0].start() > 3 and not re.search(r"[\t|]", line)):
        match = _LABEL.match(line)
        return [match.span("value")] if match and len(match["value"]) <= LONGEST_NAME_LINE else []
    ends = [*(field.start() for field in fields[1:]), len(line)]
    spans = []
    for field, end in zip(fields, ends, strict=True):
        value = line[field.end() : end].rstrip(" \t|;,")
        if field["writer"] and value.strip() and len(value) <= LONGEST_NAME_LINE:
            spans.append((field.end(), field.end() + len(value)))
    return spans


def _by_line(line: str) -> list[tuple[int, int]]:
    match = _BY_LINE.match(line)
    return [match.span("value")] if match else []


def _is_label_alone(line: _Line, below: _Line, document: Document) -> bool:
    return bool(
        _LABEL_CELL.match(line.text.strip())
        and len(below.text) <= LONGEST_NAME_LINE
        and not _OTHER_LABEL.match(below.text)
        and not _is_label(below.text.strip())
        and not _in_table(document, line)
    )


def _is_label(cell: str) -> bool:
    return bool(_LABEL_CELL.match(cell) or _OTHER_CELL.match(cell))


def _tables(document: Document, found: _Found) -> None:
    """Cells near the top. Labels side by side with their values below are paired in order."""
    labels: list[str] = []
    in_labels = False
    # A table that labels the writer says nothing of the writer in its other cells.
    labelled = any(
        _LABEL_CELL.match(document.text[start:end].strip()) for start, end in document.tables if start <= TOP
    )
    other: Place = "body" if labelled else "table"
    for start, end in document.tables:
        if start > TOP:
            break
        cell = document.text[start:end].strip()
        if _is_label(cell):
            labels = [*labels, cell] if in_labels else [cell]
            in_labels = True
            continue
        in_labels = False
        label = labels.pop(0) if labels else ""
        values = _labelled(cell)
        for first, last in values:
            found.add("label", "text", start + first, start + last, document.text)
        if _LABEL_CELL.match(label):
            found.add("label", "text", start, end, document.text)
        elif not values and not label and not _OTHER_LABEL.match(cell) and _is_short(cell):
            found.add(other, "text", start, end, document.text)


def _is_short(text: str) -> bool:
    return len(text) <= LONGEST_NAME_LINE and _WORDY.search(text) is not None


def _in_table(document: Document, line: _Line) -> bool:
    return any(start <= line.start < end for start, end in document.tables)


def _first_lines(lines: list[_Line], document: Document, found: _Found) -> None:
    for line in lines[:FIRST_LINES]:
        if len(line.text) > LONGEST_NAME_LINE or (_SENTENCE.search(line.text.strip()) and len(line.text) > 40):
            break
        if _in_table(document, line) or _labelled(line.text) or _OTHER_LABEL.match(line.text) or "@" in line.text:
            continue
        unknown = _UNKNOWN_LABEL.match(line.text)
        if unknown:
            start, end = unknown.span("value")
            found.add("body", "text", line.start + start, line.start + end, document.text)
        elif _WORDY.search(line.text) or _CLASS.match(line.text):
            found.add("first_line", "text", line.start, line.end, document.text)


def _page_header(header: str, field: str, found: _Found) -> None:
    values = _labelled(header)
    for start, end in values:
        found.add("label", field, start, end, header)
    if not values and not _OTHER_LABEL.match(header) and len(header) <= 2 * LONGEST_NAME_LINE and _WORDY.search(header):
        found.add("page_header", field, 0, len(header), header)
    _emails(header, field, found)


def _sign_off(lines: list[_Line], text: str, found: _Found) -> None:
    """Short lines at the very end; what follows "Yours sincerely" signs a letter in the text and names nobody real."""
    if len(lines) < 3:
        return
    place: Place = "body" if any(_SOURCES.match(line.text) for line in lines[-40:]) else "sign_off"
    for before, line in zip(lines[-SIGN_OFF_LINES - 1 :], lines[-SIGN_OFF_LINES:], strict=False):
        words = line.text.split()
        sentence = line.text.rstrip().endswith((".", "!", "?", "”"))
        short = len(line.text.strip()) <= 60 and (len(words) <= 5 or not sentence)
        if _CLOSING.match(before.text) or _CLOSING.match(line.text):
            continue
        if short and not _OTHER_LABEL.match(line.text) and not _labelled(line.text) and _WORDY.search(line.text):
            unknown: Place = "body" if _UNKNOWN_LABEL.match(line.text) else place
            found.add(unknown, "text", line.start, line.end, text)
