"""Zips nobody should open, zips that are merely unusual, and names in every encoding."""

from __future__ import annotations

import random
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from files import samples, unpacking
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.zip_names import RawName, decode_names, distinct
from files.extraction.zips import read_directory, unpack
from files.tests.zips import TEXT, Raw, good, quoted_overlap_bomb, raw_zip, same_header_bomb, zip64, zipped

LIMITS = Limits()


def contents(data: bytes, *, limits: Limits = LIMITS) -> dict[str, bytes | str]:
    """Path to bytes, or to the code of the problem."""
    found: dict[str, bytes | str] = {}
    for entry in read_directory(data, limits=limits):
        try:
            packed = data[entry.offset : entry.offset + entry.length]
            found[entry.path] = entry.problem or unpack(packed, entry, limits=limits)
        except ExtractionError as error:
            found[entry.path] = error.code
    return found


# --- hostile -------------------------------------------------------------------------------------------------------

SYMLINK, DEVICE, FIFO = 0o120777, 0o020666, 0o010644
BZIP2 = zipped({"a.txt": TEXT}, method=zipfile.ZIP_BZIP2)
PAIR = (good("Alva Berg.txt"), good("Bo Dahl.txt"))

BAD_ENTRIES: dict[str, tuple[Raw, str]] = {
    "traversal": (Raw(b"../../x.txt"), "unsafe_path"),
    "traversal inside": (Raw(b"a/../../x.txt"), "unsafe_path"),
    "traversal with backslashes": (Raw(b"..\\..\\x.txt"), "unsafe_path"),
    "absolute": (Raw(b"/etc/passwd"), "unsafe_path"),
    "drive letter": (Raw(b"C:\\x.txt"), "unsafe_path"),
    "UNC": (Raw(b"\\\\host\\share\\x.txt"), "unsafe_path"),
    "no name": (Raw(b""), "bad_name"),
    "only dots": (Raw(b"a/..."), "bad_name"),
    "only spaces": (Raw(b"  "), "bad_name"),
    "endless name": (Raw(b"n" * 1001), "bad_name"),
    "NUL in the name": (Raw(b"a.txt\x00.exe"), "bad_name"),
    "nothing to see in the name": (Raw("\u200b\u200b".encode(), flags=0x800), "bad_name"),
    "symlink": (Raw(b"l.txt", b"/etc/passwd", mode=SYMLINK), "unsupported_entry"),
    "device": (Raw(b"d.txt", b"", mode=DEVICE), "unsupported_entry"),
    "fifo": (Raw(b"f.txt", b"", mode=FIFO), "unsupported_entry"),
    "encrypted": (Raw(b"e.txt", flags=1), "password_protected"),
    "AES": (Raw(b"e.txt", method=99, flags=1), "password_protected"),
    "deflate64": (Raw(b"e.txt", method=9), "unsupported_compression"),
    "lzma": (Raw(b"e.txt", method=14), "unsupported_compression"),
    "unknown method": (Raw(b"e.txt", method=77), "unsupported_compression"),
    "nested": (Raw(b"inner.zip", b"PK\x03\x04"), "nested_archive"),
    "nested rar": (Raw(b"inner.RAR"), "nested_archive"),
    "says less than it is": (Raw(b"s.txt", size=5), "corrupt"),
    "says more than it is": (Raw(b"s.txt", size=500), "corrupt"),
    "wrong checksum": (Raw(b"s.txt", crc=1), "corrupt"),
    "broken stream": (Raw(b"s.txt", b"\xff" * 50, method=0, packed=50, size=50, crc=7), "corrupt"),
    "packed bytes beyond the directory": (Raw(b"s.txt", packed=9_999_999), "corrupt"),
    "header elsewhere": (Raw(b"s.txt", offset=3), "corrupt"),
    "header behind the end": (Raw(b"s.txt", offset=0xFFFFFFF0), "corrupt"),
    "another name in the local header": (Raw(b"s.txt", local_name=b"t.txt"), "corrupt"),
    "wide numbers missing": (Raw(b"s.txt", size=0xFFFFFFFF), "corrupt"),
    "ratio": (Raw(b"r.txt", b"a" * 2_000_000), "archive_too_large"),
    "too large a file": (Raw(b"l.txt", random.Random(1).randbytes(30_000), method=0), "file_too_large"),
}


@pytest.mark.parametrize("kind", BAD_ENTRIES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_entry_is_refused_with_its_own_code_and_fails_no_other(kind: str, place: int) -> None:
    bad, code = BAD_ENTRIES[kind]
    entries = list(PAIR)
    entries.insert(place, bad)
    limits = Limits(max_bytes=20_000) if kind == "too large a file" else LIMITS
    found = contents(raw_zip(*entries), limits=limits)
    assert sorted(value for value in found.values() if isinstance(value, str)) == [code]
    assert {path: found[path] for path in ("Alva Berg.txt", "Bo Dahl.txt")} == {
        "Alva Berg.txt": PAIR[0].data,
        "Bo Dahl.txt": PAIR[1].data,
    }


def lying_end(data: bytes, **fields: int) -> bytes:
    at = data.rfind(b"PK\x05\x06")
    names = ("disk", "first", "here", "total", "size", "offset")
    values = dict(zip(names, struct.unpack_from("<HHHHLL", data, at + 4), strict=True)) | fields
    return data[: at + 4] + struct.pack("<HHHHLL", *values.values()) + data[at + 20 :]


GOOD = raw_zip(*PAIR)
BAD_ZIPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty_file"),
    "no zip": (lambda: b"no zip at all" * 99, "corrupt"),
    "cut off": (lambda: GOOD[:-30], "corrupt"),
    "cut in half": (lambda: GOOD[: len(GOOD) // 2], "corrupt"),
    "another file behind": (lambda: raw_zip(*PAIR, after=b"<html>"), "corrupt"),
    "two archives": (lambda: raw_zip(*PAIR, comment=raw_zip(good("C.txt"))), "corrupt"),
    "PDF in front": (lambda: b"%PDF-1.4\n" + GOOD, "type_mismatch"),
    "program in front": (lambda: b"MZ" + bytes(99) + GOOD, "type_mismatch"),
    "page in front": (lambda: b"<html>" + GOOD, "type_mismatch"),
    "too many": (lambda: raw_zip(*(Raw(b"%d.txt" % n, b"") for n in range(2001))), "too_many_entries"),
    "too many, says few": (
        lambda: lying_end(raw_zip(*(Raw(b"%d.txt" % n, b"") for n in range(2001))), here=1, total=1),
        "too_many_entries",
    ),
    "says many": (lambda: lying_end(GOOD, here=60_000, total=60_000), "too_many_entries"),
    "second disk": (lambda: lying_end(GOOD, disk=1), "corrupt"),
    "counts differ": (lambda: lying_end(GOOD, here=1), "corrupt"),
    "directory before the beginning": (lambda: lying_end(GOOD, size=0xFFFFFF), "corrupt"),
    "directory elsewhere": (lambda: lying_end(GOOD, size=40), "corrupt"),
    "offset behind": (lambda: lying_end(GOOD, offset=0xFFFFFF), "corrupt"),
    "one header for many": (lambda: same_header_bomb(400), "archive_overlap"),
    "streams that quote the next header": (lambda: quoted_overlap_bomb(200), "archive_overlap"),
    "too much together": (
        lambda: raw_zip(*(Raw(b"%d.txt" % n, b"a" * 900_000) for n in range(20))),
        "archive_too_large",
    ),
    "two zips one behind the other": (lambda: raw_zip(good("a.txt")) + raw_zip(good("b.txt")), "corrupt"),
}


@pytest.mark.parametrize("kind", BAD_ZIPS)
def test_a_hostile_zip_is_refused_as_a_whole(kind: str) -> None:
    make, code = BAD_ZIPS[kind]
    limits = Limits(max_unpacked=10_000_000)
    with pytest.raises(ExtractionError, match=f"^{code}$"):
        read_directory(make(), limits=limits)


def test_a_zip_that_is_too_large_is_not_looked_into() -> None:
    with pytest.raises(ExtractionError, match="file_too_large"):
        read_directory(GOOD, limits=Limits(max_zip_bytes=len(GOOD) - 1))


def test_two_entries_on_one_header_take_nobody_else_with_them() -> None:
    twin = Raw(b"twin.txt", TEXT.encode(), offset=0, local_name=b"Alva Berg.txt")
    found = contents(raw_zip(*PAIR, good("Cia Ek.txt"), good("Dan Falk.txt"), twin))
    assert found.pop("twin.txt") == "archive_overlap"
    assert len(found) == 4
    assert all(isinstance(value, bytes) for value in found.values())
    same = Raw(PAIR[0].name, PAIR[0].data, flags=0x800, offset=0)
    twins = [entry.problem for entry in read_directory(raw_zip(*PAIR, good("Cia Ek.txt"), same), limits=LIMITS)]
    assert twins == ["archive_overlap", None, None, "archive_overlap"]


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (raw_zip(*PAIR, prepended=b"\n\n\n"), ["Alva Berg.txt", "Bo Dahl.txt"]),
        (raw_zip(*PAIR, comment=b"sent by the school"), ["Alva Berg.txt", "Bo Dahl.txt"]),
        (raw_zip(*PAIR, after=bytes(512)), ["Alva Berg.txt", "Bo Dahl.txt"]),
        (raw_zip(Raw(b"d.txt", descriptor=True), *PAIR), ["d.txt", "Alva Berg.txt", "Bo Dahl.txt"]),
        (raw_zip(Raw(b"stored.txt", method=0)), ["stored.txt"]),
        (raw_zip(Raw(b"empty.txt", b"", method=0)), ["empty.txt"]),
        (raw_zip(Raw(b"gap.txt", prefix=b"unused"), good("a.txt")), ["gap.txt", "a.txt"]),
        (zip64(b"wide.txt", TEXT.encode()), ["wide.txt"]),
        (zip64(b"wide.txt", TEXT.encode() * 2), ["wide.txt"]),
        (BZIP2, ["a.txt"]),
        (
            raw_zip(Raw(b"k/", b"", method=0), Raw(b"k\\a.txt"), Raw(b"other", b"", method=0, mode=0o040755)),
            ["k/a.txt"],
        ),
        (raw_zip(Raw(b"n" * 400 + b".txt")), ["n" * 400 + ".txt"]),
        (raw_zip(Raw(b"CON.txt"), Raw(b"ab:c?.txt")), ["CON.txt", "ab:c?.txt"]),
    ],
)
def test_unusual_but_honest_zips_are_opened(data: bytes, paths: list[str]) -> None:
    found = contents(data)
    assert list(found) == paths
    assert all(isinstance(value, bytes) for value in found.values())


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_zip_gives_codes_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(raw_zip(*PAIR, Raw(b"d.txt", descriptor=True), Raw(b"s.txt", method=0)))
    for _change in range(chance.choice([1, 3, 20])):
        at = chance.randrange(len(data))
        data[at : at + chance.choice([0, 1, 4])] = chance.randbytes(chance.choice([1, 4]))
    try:
        found = contents(bytes(data))
    except ExtractionError:
        return
    for value in found.values():
        assert isinstance(value, str) or len(value) <= LIMITS.max_bytes


# --- names ---------------------------------------------------------------------------------------------------------

SWEDISH = ["Åsa Öberg ärtan.docx", "Björn Åkerström.docx", "vanlig.docx"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "cp437", "cp1252"])
@pytest.mark.parametrize("flag", [False, True])
def test_swedish_letters_survive_every_encoding(encoding: str, flag: bool) -> None:
    names = [RawName(name.encode(encoding), is_utf8=flag) for name in SWEDISH]
    assert decode_names(names) == SWEDISH


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (unicodedata.normalize("NFD", "Åsa Öberg.docx").encode(), "Åsa Öberg.docx"),
        ("Åsa Öberg.docx".encode().decode("cp437").encode(), "Åsa Öberg.docx"),
        ("Åsa Öberg.docx".encode().decode("cp850").encode(), "Åsa Öberg.docx"),
        ("asa åäö.docx".encode().decode("cp1252").encode(), "asa åäö.docx"),
        (unicodedata.normalize("NFD", "Åsa.docx").encode().decode("cp437").encode(), "Åsa.docx"),
        ("Søren Ærø.docx".encode("cp850"), "Søren Ærø.docx"),
        (b"#U00c5sa.docx", "Åsa.docx"),
        ("Nguyễn Thị Hoa.docx".encode(), "Nguyễn Thị Hoa.docx"),
        ("Łukasz Żak.docx".encode(), "Łukasz Żak.docx"),
        (b"#Uppsats #U1 klar.docx", "#Uppsats #U1 klar.docx"),
        (b"\xff\xfe\x00\xd8", None),
    ],
)
def test_names_are_repaired(raw: bytes, name: str | None) -> None:
    (decoded,) = decode_names([RawName(raw, is_utf8=False)])
    assert decoded == name or name is None
    assert unicodedata.is_normalized("NFC", decoded)
    decoded.encode()


def test_the_name_kept_as_unicode_beside_the_old_one_counts() -> None:
    old = b"?sa.docx"
    extra = struct.pack("<HHBL", 0x7075, 5 + len("Åsa.docx".encode()), 1, zlib.crc32(old)) + "Åsa.docx".encode()
    assert decode_names([RawName(old, is_utf8=False, extra=extra)]) == ["Åsa.docx"]
    stale = extra.replace(struct.pack("<L", zlib.crc32(old)), bytes(4))
    assert decode_names([RawName(old, is_utf8=False, extra=stale)]) == ["?sa.docx"]
    assert decode_names([RawName(old, is_utf8=False, extra=extra[:7])]) == ["?sa.docx"]


def test_names_no_disk_could_hold_side_by_side_are_told_apart() -> None:
    nfd = unicodedata.normalize("NFD", "k/Åsa.docx")
    assert distinct(["a.docx", "A.DOCX", "a.docx", "a (2).docx", "k/Åsa.docx", nfd, "k/x", "K/X"]) == [
        "a.docx", "A (2).DOCX", "a (3).docx", "a (2) (2).docx", "k/Åsa.docx", nfd.replace(".docx", " (2).docx"), "k/x",
        "K/X (2)",
    ]  # fmt: skip


# --- in the child --------------------------------------------------------------------------------------------------


def test_the_child_lists_and_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    document = samples.make("docx", title="Saga", paragraphs=[TEXT])
    path.write_bytes(
        zipped({"Åsa Berg - Saga.docx": document, "Bo Dahl - Saga.txt": TEXT, "../x": "", ".DS_Store": ""})
    )
    opened = unpacking.list_zip(path, name="a.zip", limits=LIMITS)
    assert [(listed.path, listed.status, listed.problem) for listed in opened.listing.files] == [
        ("Åsa Berg - Saga.docx", "accepted", None),
        ("Bo Dahl - Saga.txt", "accepted", None),
        ("../x", "rejected", "unsafe_path"),
        (".DS_Store", "ignored", None),
    ]
    assert opened.seconds > 0
    assert opened.max_rss_mb > 0
    entry = opened.listing.files[0].entry
    assert unpacking.unpack_entry(path, entry, limits=LIMITS) == document
    with pytest.raises(ExtractionError, match="corrupt"):
        unpacking.unpack_entry(path, opened.listing.files[1].entry, limits=Limits(max_bytes=10))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: same_header_bomb(1500), "archive_overlap"),
        (lambda: quoted_overlap_bomb(1500), "archive_overlap"),
        (lambda: raw_zip(Raw(b"a.txt", b"a" * 40_000_000)), "archive_too_large"),
        (lambda: b"PK\x05\x06" * 5000, "corrupt"),
        (lambda: zipped({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}), "type_mismatch"),
    ],
)
def test_a_bomb_costs_the_child_little(tmp_path: Path, make: Callable[[], bytes], problem: str) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(make())
    opened = unpacking.list_zip(path, name="bomb.zip", limits=LIMITS)
    assert opened.listing.problem == problem
    assert opened.seconds < 5
    assert opened.max_rss_mb < 200


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "read"},
        {"status": "read", "problem": None, "listing": {}},
        {"status": "read", "problem": "x", "listing": {"source": "nobody", "problem": None, "files": []}},
        {"status": "read", "problem": "no such code"},
    ],
)
def test_an_answer_of_another_shape_is_a_damaged_zip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Any
) -> None:
    monkeypatch.setattr(unpacking, "ask", lambda *_args, **_kwargs: answer)
    assert unpacking.list_zip(tmp_path / "a.zip", name="a.zip", limits=LIMITS).listing.problem == "corrupt"
    with pytest.raises(ExtractionError, match="corrupt"):
        unpacking.unpack_entry(tmp_path / "a.zip", read_directory(GOOD, limits=LIMITS)[0], limits=LIMITS)
