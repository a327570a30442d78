"""A child can import nothing: whatever a reader needs must be there before the fork."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from files.extraction import server
server.warm_up()
before = set(sys.modules)
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.readers import read_document
for line in sys.stdin:
    name, data = json.loads(line)
    try:
        read_document(bytes.fromhex(data), name=name, limits=Limits())
    except ExtractionError:
        pass
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_reading_imports_nothing_after_the_warm_up() -> None:
    from files.tests.documents import SENTENCE, locked_pdf, odt, par, pdf, python_docx, word
    from files.tests.good_files import good_files
    from files.tests.test_readers import _PARTS, _RTF

    documents: list[tuple[str, bytes]] = [
        ("a.docx", python_docx(SENTENCE, header="x", table=["a", "b"])),
        ("a.pdf", pdf([SENTENCE], ["sida två"])),
        ("a.pdf", locked_pdf(user="", owner="hemligt")),
        ("a.pdf", locked_pdf(user="hemligt", owner="x")),
        ("a.pdf", pdf([SENTENCE])[:-300]),
        ("a.pdf", b"%PDF-1.4 and nothing more"),
        ("a.odt", odt(f"<text:p>{SENTENCE}</text:p>")),
        *(("a.docx", word(body)) for _name, body, _text in _PARTS),
        *(("a.rtf", data) for _name, data, _text in _RTF),
        *(("a.txt", SENTENCE.encode(code)) for code in ("utf-8", "utf-16", "cp1252", "mac_roman", "cp850", "utf-32")),
        ("a.docx", word(par("x"))[:80]),
        *((good.name, good.data) for good in good_files()),
    ]
    lines = "".join(json.dumps([name, data.hex()]) + "\n" for name, data in documents)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=lines, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
