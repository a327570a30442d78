"""How fast thirty ordinary files are read: the product's way beside the bare libraries, in one run.

    python benchmarks/read.py [FOLDER]

Prints files per second of both, their ratio (median of three) and the peak memory of a child that reads 300 pages.
Without a folder the files are made here. Both ways read every file once before they are measured.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import docx
from lxml import etree
from pypdf import PdfReader
from striprtf.striprtf import rtf_to_text

from files import samples
from files.authorship import find_evidence
from files.sandbox import read_file

FILES, ROUNDS = 30, 3
WORDS = "det var en gång fågel som flög över ån och ingen visste vart den på väg när hösten kom till byn".split()


def make_files(folder: Path) -> Iterator[Path]:
    """Thirty essays of 600 to 900 words, docx as a library writes it (with styles and theme) and the other kinds."""
    source = random.Random(1)  # noqa: S311  (the same essays every time)
    for number in range(FILES):
        kind = ("docx", "docx", "pdf", "odt", "rtf", "txt")[number % 6]
        story = [" ".join(source.choices(WORDS, k=source.randint(60, 90))).capitalize() + "." for _ in range(10)]
        path = folder / f"essay {number}.{kind}"
        if kind == "docx":
            document = docx.Document()
            for paragraph in story:
                document.add_paragraph(paragraph)
            document.save(str(path))
        else:
            path.write_bytes(samples.make(kind, title="Fågeln", paragraphs=story, header="Alva Berg"))
        yield path


def read_bare(path: Path) -> str:
    """The text by nothing but the library of the file's kind."""
    data = path.read_bytes()
    if path.suffix == ".docx":
        return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)
    if path.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if path.suffix == ".odt":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(map(str, etree.fromstring(archive.read("content.xml")).itertext()))
    if path.suffix == ".rtf":
        return str(rtf_to_text(data.decode("latin-1")))  # type: ignore[no-untyped-call]
    return data.decode()


def read_as_product(path: Path) -> str:
    """The text as a worker gets it: sandbox, cleaning and evidence."""
    result = read_file(path, name=path.name)
    if result.document is None:
        return ""
    find_evidence(name=path.name, path="", document=result.document)
    return result.document.text


def rate(read: Callable[[Path], str], paths: list[Path]) -> float:
    """Files per second, median of the rounds."""
    rates = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        texts = [read(path) for path in paths]
        rates.append(len(paths) / (time.perf_counter() - began))
        assert all(texts), "a file gave no text"  # noqa: S101
    return statistics.median(rates)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made)
        known = {f".{kind}" for kind in samples.KINDS}
        paths = [path for path in sorted(folder.rglob("*")) if path.suffix in known] or list(make_files(folder))
        for read in (read_bare, read_as_product):
            list(map(read, paths))
        bare, product = rate(read_bare, paths), rate(read_as_product, paths)
        long = Path(made) / "long.pdf"
        long.write_bytes(samples.make("pdf", title="Lång", paragraphs=["fågel " * 700] * 290))
        peak = read_file(long, name="long.pdf")
        sys.stdout.write(
            f"{len(paths)} files, median of {ROUNDS}\n"
            f"bare libraries  {bare:7.1f} files/s\n"
            f"product         {product:7.1f} files/s\n"
            f"ratio           {product / bare:7.0%}\n"
            f"long pdf        {peak.status}, {peak.seconds:.1f} s, {peak.max_rss_mb:.0f} MB\n"
        )


if __name__ == "__main__":
    main()
