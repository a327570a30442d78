"""Good but unusual files: each is read, with its letters, its names and nothing that is not its text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from files.extraction.limits import Limits
from files.sandbox import ReadResult, read_file
from files.tests.documents import GoodFile
from files.tests.good_files import good_files


def test_every_unusual_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "blob.bin"
    kinds = set()
    wrong = []
    for good in good_files():
        path.write_bytes(good.data)
        result = read_file(path, name=good.name, limits=Limits())
        kinds.add(good.kind)
        if fault := _fault(good, result):
            wrong.append((good.kind, fault, result.document and result.document.text[:300]))
    assert wrong == []
    assert len(kinds) >= 60


def _fault(good: GoodFile, result: ReadResult) -> str:
    """What is wrong with the result, empty where nothing is."""
    if result.status != "read" or result.document is None:
        return f"{result.status} {result.problem}"
    text = result.document.text
    flat = " ".join(text.split())
    if missing := [line for line in good.text.split("\n") if line not in flat]:
        return f"missing: {missing}"
    if found := [word for word in good.absent if word in text]:
        return f"not to be there: {found}"
    if missing := [line for line in good.headers if line not in result.document.headers]:
        return f"no such header: {missing} but {result.document.headers}"
    return "" if unicodedata.is_normalized("NFC", text) and "\ufffd" not in text else "unclean text"
