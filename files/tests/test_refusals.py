"""What must not be read, each with its own code, through the real sandbox with its real limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from files import sandbox
from files.extraction.errors import CODES
from files.extraction.limits import Limits
from files.problems import MESSAGES
from files.sandbox import ReaderPool, ReadResult, read_file
from files.tests.bad_files import bad_files
from files.tests.bad_zips import document
from files.tests.documents import TYPES, XML, BadFile, W, par, zipped

STATUS = {"no_text": "no_text", "out_of_memory": "failed", "parse_timeout": "failed"}
"""The end that goes with the problem, where it is not `rejected`."""
KEPT = {"a picture", "old Word"}
"""Not refused: it stays in the batch without text, so that a person can say whose it is."""
MOST_SECONDS, MOST_MB = 20, 768


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderPool]:
    """A pool of its own, whose one reader process must last."""
    own = ReaderPool()
    monkeypatch.setattr(sandbox, "_readers", own)
    yield own
    own.close()


def test_every_bad_file_is_refused_with_its_own_code(pool: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "blob.bin"
    kinds: set[str] = set()
    files = set()
    wrong = []
    readers: set[int] = set()
    for bad in bad_files():
        path.write_bytes(bad.data)
        result = read_file(path, name=bad.name, limits=Limits())
        kinds.add(bad.kind)
        files.add((bad.kind, bad.variant))
        readers.update(reader._process.pid for reader in pool._free if reader._process)
        if not _is_right(bad, result):
            wrong.append((bad.kind, bad.variant, bad.code, result))
    assert wrong == []
    assert len(files) >= 150
    assert len(kinds) >= 60
    # No death among the readers: the first of them read the last file too.
    assert len(readers) == 1


def _is_right(bad: BadFile, result: ReadResult) -> bool:
    return (
        result.problem == bad.code
        and result.status == ("failed" if bad.kind in KEPT else STATUS.get(bad.code, "rejected"))
        and not (result.document and result.document.text)
        and result.seconds <= MOST_SECONDS
        and result.max_rss_mb <= MOST_MB
    )


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == CODES | {"short_text"}


def test_nothing_is_read_from_outside(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("kanariefågel")
    entity = f'<!DOCTYPE x [<!ENTITY y SYSTEM "file://{canary}">]>'
    remote = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9" '
        f'Type="http://x/attachedTemplate" Target="file://{canary}" TargetMode="External"/></Relationships>'
    )
    path = tmp_path / "blob.bin"
    path.write_bytes(document(XML + entity, par("&y;")))
    assert read_file(path, name="a.docx").document is None
    path.write_bytes(
        zipped(
            {
                "[Content_Types].xml": TYPES,
                "word/document.xml": f"<w:document {W}><w:body>{par('hej')}</w:body></w:document>",
                "word/_rels/document.xml.rels": remote,
            }
        )
    )
    result = read_file(path, name="a.docx")
    assert (result.status, result.document and result.document.text) == ("read", "hej")


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "blob.bin"
    os.mkfifo(pipe)
    result = read_file(pipe, name="a.docx")
    assert (result.status, result.problem) == ("failed", "corrupt")
    assert result.seconds < 1
