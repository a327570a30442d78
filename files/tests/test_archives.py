"""Zips of every learning platform: who made them, what is a text and what lies beside one."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pytest

from files import unpacking
from files.archives import Listing, sort_out
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.readers import read_document
from files.extraction.zips import read_directory, unpack
from files.sidecars import parse_index, parse_metadata, parse_receipt, parse_table
from files.tests.zips import (
    zipped,
)

LIMITS = Limits()
STAMP = "2026-01-02-10-10-10"
RECEIPT = (
    "Name: Åsa Berg (asaber)\nAssignment: Saga\nDate Submitted: Friday, 2 January 2026 10:10:10 o'clock CET\n"
    "Current Mark: \n\nSubmission Field:\n{typed}\n\nComments:\nThere are no student comments for this assignment.\n\n"
    "{files}"
)
NOTHING_TYPED = "There is no student submission text data for this assignment."
FILES = "Files:\n\tOriginal filename: saga.docx\n\tFilename: Saga_asaber_attempt_saga.docx\n"
GRADES = (
    '"Saga","SCORE_GRADE_TYPE"\n""\n"Display ID","ID","Last Name","First Name","grade","Submission date"\n'
    '"ab1","u-77","Berg","Åsa","",""\n"bd2","u-78","Dahl","Bo","",""\n'
)
WITH_FILE = RECEIPT.format(typed=NOTHING_TYPED, files=FILES)
METADATA = """---
submission_12:
  :submitters:
  - :name: "\\u00c5sa Berg"
    :sid: '4711'
    :email: asa.berg@elev.example
  :created_at: 2026-01-02 10:10:10 Z
  :results:
    tests:
    - name: Somebody Else
'Bo Dahl.pdf':
  :submitters:
  - :name: Bo Dahl
    :sid:
  - :name: 'Cia O''Ek'
"""
WORKSHEET = (
    "\ufeffIdentifier,Full name,ID number,Email address,Status,Grade\r\n"
    "Participant 7112,Åsa Berg,20080131-1234,asa.berg@elev.example,Submitted,-\r\n"
    "Deltagare 7113,Bo Dahl,,,Submitted,-\r\n"
)


def listing(data: bytes, *, name: str = "submissions.zip", limits: Limits = LIMITS) -> Listing:
    """As the child lists it."""

    def read(entry: Any) -> bytes:
        return unpack(data[entry.offset : entry.offset + entry.length], entry, limits=limits)

    return sort_out(read_directory(data, limits=limits), zip_name=name, read=read)


# --- who made it ---------------------------------------------------------------------------------------------------

LAYOUTS: dict[str, tuple[str, dict[str, str], str, int, int]] = {
    "canvas": (
        "e.zip",
        {
            "åkerströmannakarin_4301_99101_Uppsats (2).docx": "",
            "dahlbo_LATE_4302_99102_saga-1.docx": "",
            "ekcia_4303_text.html": "<p>x",
            "nguyễnminh_4304_link.html": "<a>",
        },
        "canvas",
        4,
        4,
    ),
    "canvas, anonymous": (
        "e.zip",
        {"anon_Ab3xZ_98765_file.docx": "", "LATE_anon_Cd4yQ_98766_file.docx": "", "anon_Ef5zR_98767_file.docx": ""},
        "canvas",
        3,
        3,
    ),
    "canvas, unpacked and packed again": (
        "e.zip",
        {
            "submissions/bergalva_4301_99101_x.docx": "",
            "submissions/dahlbo_4302_99102_x.docx": "",
            "submissions/notes.txt": "",
        },
        "canvas",
        2,
        3,
    ),
    "looks like canvas, is not": ("e.zip", {"svenska_1_2_kap.docx": ""}, "plain", 0, 1),
    "numbers of chapters are not canvas": (
        "e.zip",
        {"svenska_1_2_kap.docx": "", "svenska_2_2_kap.docx": "", "svenska_3_2_kap.docx": ""},
        "plain",
        0,
        3,
    ),
    "moodle, folders": (
        "e.zip",
        {
            "Åsa Berg_7112_assignsubmission_file/saga.docx": "",
            "Bo Dahl_7113_assignsubmission_file_/del 1/saga.docx": "",
            "Cia Ek_7114_assignsubmission_onlinetext/onlinetext.html": "<p>x",
            "Participant_9_assignsubmission_file/a.txt": "",
        },
        "moodle",
        4,
        4,
    ),
    "moodle, flat": (
        "e.zip",
        {"Åsa Berg_7112_assignsubmission_file_saga.docx": "", "Bo Dahl_7113_assignsubmission_file_min_saga.docx": ""},
        "moodle",
        2,
        2,
    ),
    "moodle, with feedback and worksheet": (
        "e.zip",
        {
            "Åsa Berg_7112_assignsubmission_file/saga.docx": "",
            "Åsa Berg_7112_assignfeedback_file/saga.docx": "",
            "Grades-EN1-1.csv": WORKSHEET,
        },
        "moodle",
        1,
        1,
    ),
    "blackboard": (
        "gradebook_x.zip",
        {f"Sa_ga_asaber_attempt_{STAMP}_saga.docx": "", f"Sa_ga_asaber_attempt_{STAMP}.txt": WITH_FILE},
        "blackboard",
        1,
        1,
    ),
    "blackboard, typed": (
        "gradebook_x.zip",
        {f"Saga_asaber_attempt_{STAMP}.txt": RECEIPT.format(typed="Det var en gång en fågel.", files="")},
        "blackboard",
        1,
        1,
    ),
    "brightspace, flat": (
        "e.zip",
        {
            "123-456 - Anna-Lisa O'Berg - Nov 26, 2025 933 PM - saga.docx": "",
            "124-456 - Bo Dahl - 26 november 2025 0933 - s.docx": "",
            "index.html": "<html>",
        },
        "brightspace",
        2,
        2,
    ),
    "brightspace, folder of its own": (
        "e.zip",
        {
            "Saga Download Nov 27, 2025/123-456 - N0123 - Nov 26, 2025 933 PM - saga.docx": "",
            "Saga Download Nov 27, 2025/124-456 - N0124 - Nov 26, 2025 934 PM - s.docx": "",
            "Saga Download Nov 27, 2025/index.html": "<html>",
        },
        "brightspace",
        2,
        2,
    ),
    "brightspace, folders": (
        "e.zip",
        {"123-456 - Åsa Berg - Nov 26, 2025 933 PM/saga.docx": "", "index.html": "<html>"},
        "brightspace",
        1,
        1,
    ),
    "google, by the zip's name": ("Saga-20260102T101010Z-1-001.zip", {"a.docx": "", "b.docx": ""}, "google", 0, 2),
    "google, copies of a template": (
        "e.zip",
        {"Åsa Berg - Saga.docx": "", "Bo Dahl - Saga.docx": "", "Saga - Cia Ek.docx": "", "x.docx": ""},
        "google",
        3,
        4,
    ),
    "teams": (
        "e.zip",
        {
            "Student Work/Submitted files/Åsa Berg/Saga/Version 1/a.docx": "",
            "Student Work/Submitted files/Bo Dahl/Saga/Version 2/b.docx": "",
        },
        "teams",
        2,
        2,
    ),
    "teams, in another language": (
        "e.zip",
        {"提出済み/Åsa Berg/Saga/バージョン1/a.docx": "", "提出済み/Bo Dahl/Saga/バージョン1/b.docx": ""},
        "teams",
        2,
        2,
    ),
    "itslearning": ("e.zip", {"Berg_Åsa (asaber)/a.docx": "", "Dahl_Bo Karl (bodah)/b.docx": ""}, "itslearning", 2, 2),
    "sakai": (
        "e.zip",
        {
            "Saga/Berg, Åsa(ab1)/Submission attachment(s)/a.docx": "",
            "Saga/Berg, Åsa(ab1)/timestamp.txt": "2026",
            "Saga/Berg, Åsa(ab1)/Feedback Attachment(s)/f.docx": "",
            "Saga/Berg, Åsa(ab1)/comments.txt": "",
            "Saga/Dahl, Bo(bd2)/Dahl, Bo(bd2)_submissionText.html": "<p>x",
            "Saga/grades.csv": GRADES,
        },
        "sakai",
        2,
        2,
    ),
    "gradescope": (
        "assignment_1_export.zip",
        {"assignment_1_export/submission_12/a.pdf": "", "assignment_1_export/submission_metadata.yml": METADATA},
        "gradescope",
        1,
        1,
    ),
    "plain folders": ("e.zip", {"Åsa Berg/a.docx": "", "Bo Dahl/b.docx": "", "Grupp 1/c.docx": ""}, "plain", 0, 3),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_platform_is_recognised(layout: str) -> None:
    name, files, source, recognised, accepted = LAYOUTS[layout]
    made = zipped({"__MACOSX/._x": "", ".DS_Store": "", "~$a.docx": "", **files})
    found = listing(made, name=name)
    assert (found.source, found.recognised) == (source, recognised)
    assert sum(listed.status == "accepted" for listed in found.files) == accepted
    assert sum(listed.is_system for listed in found.files) == 3
    assert found.system == (".DS_Store", "__MACOSX", "~$…")
    assert source in unpacking.SOURCES


def test_a_text_that_is_called_like_a_receipt_is_still_a_text() -> None:
    stem = f"Saga_asaber_attempt_{STAMP}"
    files = {f"{stem}_x_attempt_{STAMP}.txt": "Det var en gång.", f"{stem}.txt": WITH_FILE}
    found = {listed.path: listed.status for listed in listing(zipped(files)).files}
    assert found == {f"{stem}_x_attempt_{STAMP}.txt": "accepted", f"{stem}.txt": "ignored"}


def sidecars(layout: str) -> dict[str, tuple[tuple[str, str], ...]]:
    name, files, *_rest = LAYOUTS[layout]
    return {listed.path: listed.sidecars for listed in listing(zipped(files), name=name).files if listed.sidecars}


INDEX = """<html><head><title>Saga - School</title></head><body><h1>Saga</h1><p>Downloaded Nov 27, 2025</p>
<table><tr><th>Name</th><th>Files</th></tr><tr><td>&Aring;sa O&#39;Berg</td><td><a href="{one}">saga.docx</a></td>
<td>Nov 26, 2025 9:33 PM</td></tr><tr><td><b>Bo Dahl</b></td><td><a class="x" href='{other}'>s.docx</a></td></tr>
</table>
<a href="https://example.org/">help</a></body></html>"""


def test_the_list_of_brightspace_names_writers_and_is_no_text() -> None:
    one, other = "123-456 - N0123 - Nov 26, 2025 933 PM/saga.docx", "124-456 - N0124 - Nov 26, 2025 934 PM/s.docx"
    index = INDEX.format(one=quote(one), other=other)
    found = listing(zipped({one: "", other: "", "index.html": index})).files
    assert [(listed.status, listed.sidecars) for listed in found] == [
        ("accepted", (("index.html", "Åsa O'Berg"),)),
        ("accepted", (("index.html", "Bo Dahl"),)),
        ("ignored", ()),
    ]
    elsewhere = listing(zipped({"Alva.docx": "", "Bo.docx": "", "index.html": index})).files
    assert [listed.status for listed in elsewhere] == ["accepted"] * 3, "a web page somebody handed in"


def test_what_lies_beside_a_text_names_its_writer() -> None:
    assert sidecars("moodle, with feedback and worksheet") == {
        "Åsa Berg_7112_assignsubmission_file/saga.docx": (
            ("Grades-EN1-1.csv", "Åsa Berg; [personnummer]; asa.berg@elev.example"),
        )
    }
    stem = f"Sa_ga_asaber_attempt_{STAMP}"
    assert sidecars("blackboard") == {f"{stem}_saga.docx": ((f"{stem}.txt", "Åsa Berg; asaber"),)}
    assert sidecars("blackboard, typed") == {}
    assert sidecars("sakai") == {
        "Saga/Berg, Åsa(ab1)/Submission attachment(s)/a.docx": (("grades.csv", "Åsa Berg"),),
        "Saga/Dahl, Bo(bd2)/Dahl, Bo(bd2)_submissionText.html": (("grades.csv", "Bo Dahl"),),
    }
    assert sidecars("gradescope") == {
        "assignment_1_export/submission_12/a.pdf": (
            ("submission_metadata.yml", "Åsa Berg; 4711; asa.berg@elev.example"),
        )
    }


def test_receipts_grade_lists_and_metadata() -> None:
    receipt = parse_receipt(RECEIPT.format(typed=NOTHING_TYPED, files=FILES).encode())
    assert (receipt.writer, receipt.has_files, receipt.text) == ("Åsa Berg; asaber", True, "")
    typed = parse_receipt(RECEIPT.format(typed="Det var\nen gång.", files="").encode("utf-16"))
    assert (typed.has_files, typed.text) == (False, "Det var\nen gång.")
    assert parse_receipt(b"Dear Name: (\x00").writer == ""
    # Cut lines, few rows: a pupil who calls a file so keeps nobody waiting.
    began = time.monotonic()
    for data in (b"Name: x" + b" " * 900_000, b"Submission Field:\n" * 50_000, b"\n" * 900_000, b"a,b\n" * 250_000):
        assert parse_receipt(data).writer == ""
        assert parse_table(data) == {}
        assert parse_metadata(data) == {}
        assert parse_index(data) == {}
    assert time.monotonic() - began < 10
    canvas = 'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Berg, Åsa",4301,s1,asaber,SA\n'
    assert parse_table(canvas.encode())["4301"] == "Berg, Åsa; asaber"
    swedish = "Identifierare;Fullständigt namn;E-postadress\nDeltagare 12;Åsa Berg;a@b.example\n"
    assert parse_table(swedish.encode("cp1252"))["12"] == "Åsa Berg; a@b.example"
    assert parse_table(GRADES.encode()) == {"ab1": "Åsa Berg", "u-77": "Åsa Berg", "bd2": "Bo Dahl", "u-78": "Bo Dahl"}
    assert parse_table(b"a,b\n1,2\n") == {}
    assert parse_table(b'"\x00' * 999) == {}
    assert parse_metadata(METADATA.encode()) == {
        "submission_12": "Åsa Berg; 4711; asa.berg@elev.example",
        "Bo Dahl.pdf": "Bo Dahl; Cia O'Ek",
    }
    assert parse_metadata(b"\xff\xfe\x00[[[: &a *b") == {}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<html><head><title>t</title></head><p>Hej på dig</p><div>rad<br>två</div>".encode(),
            "Hej på dig\n\nrad\n\ntvå",
        ),
        ("<p>Åsa &amp; Örjan &lt;3".encode("cp1252"), "Åsa & Örjan <3"),
        (b"no tags", "no tags"),
        (b"<p>a<script>b</script><style>c</style><!-- d -->e</p>", "ae"),
        (b"<p>" * 5000 + b"deep", "deep"),
        (b"<p> </p>", ""),
    ],
)
@pytest.mark.parametrize("name", ["onlinetext.html", "bergalva_4301_text.html", "Berg(ab1)_submissionText.html"])
def test_a_text_that_was_typed_into_the_platform_is_read(name: str, page: bytes, text: str) -> None:
    assert read_document(page, name=name, limits=LIMITS).text == text


@pytest.mark.parametrize("name", ["page.html", "bergalva_4301_link.html"])
def test_no_other_web_page_is_read(name: str) -> None:
    with pytest.raises(ExtractionError, match="unsupported_type"):
        read_document(b"<html><p>x", name=name, limits=LIMITS)
