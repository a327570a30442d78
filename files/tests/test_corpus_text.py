"""The text of every file of the shared corpus beside what LibreOffice, pdftotext, python-docx and others make of it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import docx
import pytest
from striprtf.striprtf import rtf_to_text

from files.extraction.limits import Limits
from files.extraction.readers import read_document

AGREED = 0.99
"""Of the words of all files of a kind; in a single file one of the two may take a table or a header for text."""
AGREED_IN_A_FILE = 0.95
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def by_python_docx(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def by_element_tree(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.parse(io.BytesIO(archive.read("content.xml")))  # noqa: S314  (our own corpus)
    for element in root.iter():
        if element.tag in (f"{TEXT}line-break", f"{TEXT}tab", f"{TEXT}s"):
            element.text = " "
    lines = [element for element in root.iter() if element.tag in (f"{TEXT}p", f"{TEXT}h")]
    return "\n".join("".join(line.itertext()) for line in lines)


def by_striprtf(path: Path) -> str:
    return str(rtf_to_text(path.read_text(encoding="latin-1")))  # type: ignore[no-untyped-call]


def by_pdftotext(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def by_eye(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


OTHERS: dict[str, Callable[[Path], str]] = {
    "docx": by_python_docx,
    "odt": by_element_tree,
    "rtf": by_striprtf,
    "pdf": by_pdftotext,
    "txt": by_eye,
}


def words(text: str) -> Counter[str]:
    """How often each word stands in it. Numbers are no words: page numbers are told from text by one reader only."""
    return Counter(re.findall(r"[^\W\d_]+", text))


def ours(path: Path) -> str:
    """The text, and in a PDF the running lines, which another reader leaves in the text."""
    document = read_document(path.read_bytes(), name=path.name, limits=Limits())
    if document.detected_type != "pdf":
        return document.text
    return "\n".join([document.text, *document.headers])


def by_libreoffice(paths: Sequence[Path], folder: Path) -> list[str]:
    """All at once: LibreOffice takes longer to start than to read."""
    copies = [folder / f"{number}{path.suffix}" for number, path in enumerate(paths)]
    for path, copy in zip(paths, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(folder)]
    subprocess.run([*command, *map(str, copies)], capture_output=True, check=True, timeout=300)
    return [copy.with_suffix(".txt").read_text("utf-8-sig") for copy in copies]


def corpus(shared: Path, kind: str) -> list[Path]:
    return sorted(path for path in (shared / "corpus").rglob(f"*.{kind}") if "files" in path.parts)


def compare(pairs: Iterable[tuple[Path, str]]) -> None:
    """Our words of each path beside those of another reader's text of it."""
    same = total = 0
    strange = {}
    for path, text in pairs:
        here, there = words(ours(path)), words(text)
        agreed, all_words = (here & there).total(), (here | there).total()
        same, total = same + agreed, total + all_words
        if agreed < AGREED_IN_A_FILE * all_words:
            strange[path.name] = (agreed / all_words, (here - there).most_common(5), (there - here).most_common(5))
    assert strange == {}
    assert same >= AGREED * total > 0


@pytest.mark.parametrize("kind", OTHERS)
def test_another_reader_finds_the_same_words(shared: Path, kind: str) -> None:
    if kind == "pdf" and shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    compare((path, OTHERS[kind](path)) for path in corpus(shared, kind))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["docx", "odt", "rtf"])
def test_libreoffice_finds_the_same_words(shared: Path, kind: str, tmp_path: Path) -> None:
    paths = corpus(shared, kind)
    compare(zip(paths, by_libreoffice(paths, tmp_path), strict=True))
