"""Changed and made-up files: whatever the bytes, a reader gives a document or one of the declared errors.

In this process, without the sandbox that would hide a fault as `corrupt`. `make fuzz` looks longer.
"""

from __future__ import annotations

import os
import unicodedata
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files import samples
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.readers import read_document
from files.tests.documents import ODT_TYPE, par, rtf, word, zipped
from files.tests.good_files import good_files

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
"""Per test; the five kinds take about half a minute together."""
SMALL = Limits(max_bytes=2_000_000, max_chars=200_000, max_pages=30, max_unpacked=5_000_000, max_part=2_000_000)
KINDS = ("docx", "odt", "pdf", "rtf", "txt")
fuzzed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES <= 150
)


@cache
def seeds(kind: str) -> list[bytes]:
    """Small good files to start from: those of this size lose their shape at once."""
    made = samples.make(kind, title="Fågeln", paragraphs=["Det var en gång."] * 3, header="Åsa", author="Åsa")
    return [made, *(good.data for good in good_files() if good.name == f"a.{kind}" and len(good.data) < 20_000)]


def attempt(data: bytes, name: str) -> None:
    """Read it. What is no ExtractionError fails the test; so does a text that may not be stored."""
    try:
        document = read_document(data, name=name, limits=SMALL)
    except (ExtractionError, MemoryError, RecursionError):
        return
    for text in (document.text, *document.headers, *(value for _name, value in document.properties)):
        assert unicodedata.is_normalized("NFC", text)
        assert not set(text) & {"\x00", "\u200b", "\u202e", "\ue000", "\ue001"}
        text.encode()
    assert all(0 <= start <= end <= len(document.text) for start, end in document.tables)


@st.composite
def changed(draw: st.DrawFn, kind: str) -> bytes:
    """A good file with a few bytes replaced, put in, taken out or doubled."""
    data = bytearray(draw(st.sampled_from(seeds(kind))))
    for _change in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from((0, 1, 1, 2, 4, 16, 200)))
        end = min(len(data), start + length)
        put = draw(st.one_of(st.binary(max_size=8), st.just(bytes(data[start:end]) * 2), st.sampled_from(TOKENS)))
        data[start:end] = put
    return bytes(data)


TOKENS = (
    *(b"\x00", b"\xff\xff\xff\xff", b"\x80", b"-1", b"99999999999", b"<", b">", b"<<", b">>", b"[", b"]", b"(", b")"),
    *(b"{", b"}", b"\\", b"\\'", b"\\u-1?", b"\\bin9999 ", b" 0 R", b"endobj", b"stream\n", b"/Kids", b"/Filter"),
    *(b"PK\x01\x02", b"PK\x05\x06", b"<!DOCTYPE", b"&#0;", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xfe\xff"),
)


@pytest.mark.parametrize("kind", KINDS)
@fuzzed
@given(data=st.data())
def test_changed_files(kind: str, data: st.DataObject) -> None:
    attempt(data.draw(changed(kind)), f"a.{kind}")


_NAMES = (
    "body p r t tbl tr tc sdt sdtPr sdtContent ins del moveFrom txbxContent br tab AlternateContent Choice Fallback "
    "rPr vanish hyperlink fldSimple instrText sym footnoteReference"
).split()
_TREES = st.recursive(
    st.text(max_size=9).map(lambda text: "".join(c for c in text if c.isprintable() and c not in "<>&")),
    lambda inside: st.tuples(st.sampled_from(_NAMES), st.lists(inside, max_size=4)).map(
        lambda node: f"<w:{node[0]}>{''.join(node[1])}</w:{node[0]}>"
    ),
    max_leaves=40,
)
_RTF_WORDS = (
    r"\par |\u-10179?|\u55357?|\uc0 |\uc9 |\'e5|\'|\bin3 |\f1 |\fcharset128 |{|}|\header |{\footnote |\cell |\intbl |"
    r"\pard |\v |\v0 |\plain |\*\x |{\info{\author |\shptxt |\ansicpg932 |\mac |å"
).split("|")
_PARTS = (
    "[Content_Types].xml word/document.xml mimetype content.xml _rels/.rels word/header1.xml styles.xml "
    "META-INF/manifest.xml docProps/core.xml"
).split()
_CONTENTS = (b"<a/>", ODT_TYPE, b"<w:document xmlns:w='w'/>", b"<?xml version='1.0'?><a>")


@fuzzed
@given(body=_TREES)
def test_word_trees_of_any_shape(body: str) -> None:
    attempt(word(f"{par('Hej')}{body}", word__header1=f"<hdr>{body}</hdr>".replace("w:", "")), "a.docx")


@fuzzed
@given(words=st.lists(st.one_of(st.sampled_from(_RTF_WORDS), st.text("aåÄ 9;\\{}", max_size=5)), max_size=60))
def test_rich_text_of_any_words(words: list[str]) -> None:
    attempt(rtf("".join(words).encode("latin-1", "replace")), "a.rtf")


@fuzzed
@given(data=st.binary(max_size=400), name=st.sampled_from([*(f"a.{kind}" for kind in KINDS), "a", "a.fodt"]))
def test_any_bytes_under_any_name(data: bytes, name: str) -> None:
    for start in (b"", b"%PDF-1.7\n", b"{\\rtf1 ", b"PK\x03\x04", b"\xff\xfe", b"<?xml version='1.0'?>"):
        attempt(start + data, name)


@fuzzed
@given(
    parts=st.dictionaries(
        st.sampled_from(_PARTS), st.one_of(st.binary(max_size=60), st.sampled_from(_CONTENTS)), max_size=6
    ),
    kind=st.sampled_from(("docx", "odt")),
)
def test_containers_of_any_parts(parts: dict[str, bytes | str], kind: str) -> None:
    attempt(zipped(parts), f"a.{kind}")
