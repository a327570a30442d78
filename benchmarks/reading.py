"""How fast thirty ordinary files are read: the product's way beside the bare libraries, in one run.

    make bench-reading [ARGS=FOLDER]

Prints files per second (median of three rounds) of the bare libraries in one process, of the product's sandbox one file
after the other, and of the product's way for a batch (`extract_essay`, which reads two at a time as a worker does);
the ratios; processor time per file; and the peak memory of a child that reads 300 pages. Without a folder the files are
made here. Each way has read every file once before it is measured.
"""

# ruff: noqa: E402  (Django is set up before the product is imported)
from __future__ import annotations

import io
import os
import random
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import docx
from lxml import etree
from pypdf import PdfReader
from striprtf.striprtf import rtf_to_text

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huleedu.settings")
django.setup()

from files import samples
from files.authorship import find_evidence
from files.management.commands.extract_essay import read_paths
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


@dataclass(frozen=True, slots=True)
class Speed:
    """Files per second, and processor milliseconds per file, children included."""

    files: float
    cpu_ms: float


def measure(read: Callable[[list[Path]], list[str]], paths: list[Path]) -> Speed:
    """The median of the rounds, after one that does not count."""
    read(paths)
    rounds = []
    for _round in range(ROUNDS):
        began, spent = time.perf_counter(), _cpu()
        assert all(read(paths)), "a file gave no text"  # noqa: S101
        rounds.append((len(paths) / (time.perf_counter() - began), (_cpu() - spent) / len(paths) * 1000))
    return Speed(statistics.median(rate for rate, _ms in rounds), statistics.median(ms for _rate, ms in rounds))


def _cpu() -> float:
    """Processor seconds of this process and of the readers it has started, wherever they are in their work."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = os.sysconf("SC_CLK_TCK")
    readers = 0
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        readers += sum(map(int, Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return own.ru_utime + own.ru_stime + readers / ticks


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made)
        known = {f".{kind}" for kind in samples.KINDS}
        paths = [path for path in sorted(folder.rglob("*")) if path.suffix in known] or list(make_files(folder))
        bare = measure(lambda paths: [read_bare(path) for path in paths], paths)
        single = measure(lambda paths: [read_as_product(path) for path in paths], paths)
        batch = measure(lambda paths: [answer["text"] for answer in read_paths(paths)], paths)
        long = Path(made) / "long.pdf"
        long.write_bytes(samples.make("pdf", title="Lång", paragraphs=["fågel " * 700] * 290))
        peak = read_file(long, name="long.pdf")
    sys.stdout.write(f"{len(paths)} files, median of {ROUNDS}\n")
    for label, speed in (("bare libraries", bare), ("product, one by one", single), ("product, a batch", batch)):
        line = f"{speed.files:7.1f} files/s  {speed.files / bare.files:5.0%}  {speed.cpu_ms:5.1f} ms CPU a file"
        sys.stdout.write(f"{label:20}{line}\n")
    sys.stdout.write(f"a pdf of 300 pages  {peak.status}, {peak.seconds:.1f} s, {peak.max_rss_mb:.0f} MB\n")


if __name__ == "__main__":
    main()
