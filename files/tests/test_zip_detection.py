"""A zip of essays is known by what is in it, whatever it is called."""

from __future__ import annotations

import io
from typing import Any

import pytest

from files.management.commands.extract_essay import read_paths
from files.tests.bad_files import OFFICE
from files.tests.documents import SENTENCE, odt, par, python_docx, word
from files.tests.zips import good, raw_zip, zip64, zipped
from files.zip_detection import is_zip

ZIPS = {
    "ordinary": zipped({"Alva Berg.txt": SENTENCE}),
    "of one docx": zipped({"Alva Berg.docx": word(par(SENTENCE))}, method=0),
    "wide": zip64(b"a.txt", b"text"),
    "with descriptors": raw_zip(good()),
    "with a comment": raw_zip(good(), comment=b"[Content_Types].xml"),
    "of nothing": zipped({}),
}
DOCUMENTS = {
    "docx": word(par(SENTENCE)),
    "docx by a library": python_docx(SENTENCE),
    "odt": odt(f"<text:p>{SENTENCE}</text:p>"),
    **{kind: OFFICE[kind] for kind in ("xlsx", "pptx", "epub", "jar", "pages", "key")},
}


@pytest.mark.parametrize("kind", ZIPS)
@pytest.mark.parametrize(
    "name", ["export", "export.ZIP.1", "klass 9A.zip", "Saga.ZIP", "inlämningar 3.2", "export.zip (1)"]
)
def test_a_zip_by_any_name(name: str, kind: str) -> None:
    file = io.BytesIO(ZIPS[kind])
    assert is_zip(name, file)
    assert file.tell() == 0


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_without_an_ending_is_no_zip(kind: str) -> None:
    assert not is_zip("essay", io.BytesIO(DOCUMENTS[kind]))


@pytest.mark.parametrize("name", ["essay.docx", "essay.odt", "essay.xlsx", "essay.txt"])
def test_what_the_name_promises_is_looked_into_as_that(name: str) -> None:
    assert not is_zip(name, io.BytesIO(ZIPS["ordinary"]))


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"PK is a school", b"PK\x01\x02" * 50_000])
def test_anything_may_stand_in_the_file(content: bytes) -> None:
    assert is_zip("export", io.BytesIO(content)) == content.startswith(b"PK\x03\x04")
    assert is_zip("export.zip", io.BytesIO(content))


def test_the_command_opens_it(tmp_path: Any) -> None:
    path = tmp_path / "export"
    path.write_bytes(ZIPS["ordinary"])
    (answer,) = read_paths([path])
    assert (answer["detected_type"], [entry["status"] for entry in answer["entries"]]) == ("zip", ["accepted"])
