"""Rich text: one pass over its tokens. Body, tables, headers, notes and text boxes; never comments or deleted text."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])|"
    r"(?P<brace>[{}])|[\r\n]+|(?P<plain>[^\\{}\r\n]+)",
    re.DOTALL,
)
_MAX_DEPTH = 500
_MAX_TOKENS = 1_000_000
"""About five seconds of work, and fifty times what a long essay has."""

_BODY, _HEADER, _NOTE, _BOX, _SHAPE, _INFO, _FONTS, _UPR, _SKIP = (
    "body",
    "header",
    "note",
    "box",
    "shape",
    "info",
    "fonts",
    "upr",
    "skip",
)
_TEXT = frozenset({_BODY, _HEADER, _NOTE, _BOX})
_PROPERTIES = {"author": "author", "operator": "last_modified_by", "title": "title"}
_DESTINATIONS = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"), _HEADER),
    **dict.fromkeys(("shp", "shpinst", "do"), _SHAPE),
    **dict.fromkeys(
        "aftncn aftnsep aftnsepc annotation atnauthor atndate atnicn atnid atnparent atnref atntime atrfend atrfstart "
        "background bkmkend bkmkstart colorschememapping colortbl datafield datastore docvar falt fldinst filetbl "
        "fontemb formfield ftncn ftnsep ftnsepc generator keycode latentstyles listoverridetable listpicture listtable "
        "listtext mmathPr nesttableprops nonesttables objclass objdata objname passwordhash pgptbl pict pntext "
        "private revtbl rsidtbl rxe shprslt sn sp stylesheet sv tc template themedata txe userprops wgrffmtfilter "
        "writereservhash xe xmlnstbl".split(),
        _SKIP,
    ),
    "footnote": _NOTE,
    "info": _INFO,
    "fonttbl": _FONTS,
    "upr": _UPR,
}
"""What a group holds that begins with the word."""
_CHARACTERS = {
    **{
        "par": "\n",
        "sect": "\n",
        "page": "\n",
        "line": "\n",
        "softline": "\n",
        "tab": "\t",
        "emdash": "—",
        "endash": "–",
    },
    **{"emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“"},
    **{"rdblquote": "”", "~": "\u00a0", "_": "-", "{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n"},
}
_CODE_PAGES = {10000: "mac_roman", 65001: "utf-8", 0: "cp1252", 1252: "cp1252"}
_LATIN = frozenset({"cp1252", "mac_roman", "cp437", "cp850"})
_CHARSETS = {
    **{
        0: "cp1252",
        77: "mac_roman",
        128: "cp932",
        129: "cp949",
        134: "gbk",
        136: "cp950",
        161: "cp1253",
        162: "cp1254",
    },
    **{
        163: "cp1258",
        177: "cp1255",
        178: "cp1256",
        186: "cp1257",
        204: "cp1251",
        222: "cp874",
        238: "cp1250",
        255: "cp850",
    },
}


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits and gives back."""

    place: str = _BODY
    font: int | None = None
    skip: int = 1
    """Characters after `\\u` that stand in for it in old readers."""
    unseen: bool = False
    """Hidden or deleted."""
    in_table: bool = False


def read_rtf(data: bytes, *, limits: Limits) -> Document:
    """The document. Raises ExtractionError `too_complex` for absurd nesting, `corrupt` where the end is missing."""
    reader = _Reader(Draft(limits))
    reader.read(data.decode("latin-1"))
    return reader.draft.finish("rtf")


class _Reader:
    """One pass: text is collected per place (body, header, note, box) and handed over at the end of a paragraph."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._stack: list[_State] = []
        self._state = _State()
        self._code_page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._default_font: int | None = None
        self._buffers: dict[str, list[str]] = {place: [] for place in (*_TEXT, *_PROPERTIES)}
        self._notes: list[str] = []
        self._boxes: list[str] = []
        self._bytes = bytearray()
        self._to_skip = 0
        self._starred = False

    def read(self, source: str) -> None:
        """All of `source`, up to the brace that closes the document."""
        position = tokens = 0
        while match := _TOKEN.match(source, position):
            tokens += 1
            if tokens > _MAX_TOKENS or len(self._stack) > _MAX_DEPTH:
                raise ExtractionError("too_complex")
            position = match.end()
            kind = match.lastgroup
            if match["word"] is not None:
                number = int(match["number"]) if match["number"] else None
                if match["word"] == "bin":
                    position += max(0, number or 0)
                else:
                    self._word(match["word"], number)
            elif kind == "hex":
                self._byte(bytes.fromhex(match["hex"]))
            elif kind == "plain":
                self._plain(match["plain"])
            elif kind == "symbol":
                self._symbol(match["symbol"])
            elif kind == "brace" and not self._brace(match["brace"]):
                return
        raise ExtractionError("corrupt")

    def _brace(self, brace: str) -> bool:
        """False where the document ends."""
        self._flush_bytes()
        self._to_skip, self._starred = 0, False
        if brace == "{":
            self._stack.append(self._state)
            return True
        ended = self._state.place
        if not self._stack:
            raise ExtractionError("corrupt")
        self._state = self._stack.pop()
        if ended != self._state.place:
            self._end_place(ended)
        if self._stack:
            return True
        if any(self._buffers[_BODY]) or self._bytes or self._boxes:
            self._end_paragraph()
        for note in self._notes:
            self.draft.add(note)
        return False

    def _end_place(self, place: str) -> None:
        text = "".join(self._buffers.get(place, ()))
        if place in self._buffers and place != _BODY:
            self._buffers[place] = []
        if place == _HEADER:
            for line in text.split("\n"):
                self.draft.header(line)
        elif place == _NOTE:
            self._notes.append(text.strip())
        elif place == _BOX:
            self._boxes.append(text)
        elif place in _PROPERTIES:
            self.draft.property(_PROPERTIES[place], text)

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in _CHARACTERS:
            self._add(_CHARACTERS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word == "u" and number is not None:
            self._add(chr(number % 0x10000))
            self._to_skip = self._state.skip
        elif self._to_skip > 0 and word not in _DESTINATIONS:
            self._to_skip -= 1
        elif self._enter(word, starred=starred):
            self._flush_bytes()
        elif word in _CHARACTERS:
            self._add(_CHARACTERS[word])
            if word == "par" and self._state.place == _BODY:
                self._end_paragraph()
        elif word in ("cell", "nestcell") and self._state.place == _BODY:
            self._end_paragraph(in_table=True)
        else:
            self._flush_bytes()
            self._format(word, number)

    def _enter(self, word: str, *, starred: bool) -> bool:
        """Whether the word says what the group holds; then the state knows."""
        place = self._state.place
        new = _DESTINATIONS.get(word)
        if place == _SKIP:
            return word in _DESTINATIONS
        if place == _UPR:
            # The same text twice: what old readers show, and behind `ud` the true one.
            if word == "ud":
                outer = next((state.place for state in reversed(self._stack) if state.place != _UPR), _BODY)
                self._state = replace(self._state, place=outer)
            return word in _DESTINATIONS or word == "ud"
        if place == _INFO and word != "upr":
            new = word if word in _PROPERTIES else _SKIP
        elif place == _SHAPE and word in ("shptxt", "dptxbxtext"):
            new = _BOX
        elif new is None and starred:
            new = _SKIP
        if new is None:
            return False
        self._state = replace(self._state, place=new)
        return True

    def _format(self, word: str, number: int | None) -> None:
        state = self._state
        if word == "f":
            self._state = replace(state, font=number)
        elif word == "fcharset" and state.place == _FONTS and state.font is not None:
            self._fonts[state.font] = _CHARSETS.get(number or 0, self._code_page)
        elif word in ("v", "deleted"):
            self._state = replace(state, unseen=number != 0)
        elif word == "plain":
            self._state = replace(state, unseen=False, font=self._default_font)
        elif word in ("pard", "intbl"):
            self._state = replace(state, in_table=word == "intbl")
        elif word == "uc":
            self._state = replace(state, skip=max(0, min(number or 0, 10)))
        elif word == "deff":
            self._default_font = number
        elif word in ("ansicpg", "mac", "pc", "pca"):
            self._code_page = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}.get(word) or _code_page(number)

    def _plain(self, text: str) -> None:
        skipped = min(self._to_skip, len(text))
        self._to_skip -= skipped
        rest = text[skipped:]
        if rest.isascii():
            self._add(rest)
        else:
            self._bytes += rest.encode("latin-1")

    def _byte(self, byte: bytes) -> None:
        if self._to_skip > 0:
            self._to_skip -= 1
        else:
            self._bytes += byte

    def _flush_bytes(self) -> None:
        """Bytes are decoded together: a letter may take two of them."""
        if self._bytes:
            raw, self._bytes = bytes(self._bytes), bytearray()
            self._add(self._decode(raw))

    def _decode(self, raw: bytes) -> str:
        font = self._state.font if self._state.font is not None else self._default_font
        said = self._fonts.get(font, self._code_page) if font is not None else self._code_page
        # UTF-8 that nobody announced: in these codes its pairs of bytes stand for what nobody writes (`Ã¥`).
        for encoding in ("utf-8" if len(raw) > 1 and said in _LATIN else said, said, "cp1252"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")

    def _add(self, text: str) -> None:
        if self._bytes:
            self._flush_bytes()
        buffer = self._buffers.get(self._state.place)
        if buffer is not None and not self._state.unseen:
            buffer.append(text)

    def _end_paragraph(self, *, in_table: bool = False) -> None:
        self._flush_bytes()
        text = "".join(self._buffers[_BODY]).removesuffix("\n")
        self._buffers[_BODY] = []
        self.draft.add(text, in_table=in_table or self._state.in_table)
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.draft.add(box.strip("\n"))


def _code_page(number: int | None) -> str:
    name = _CODE_PAGES.get(number or 0, f"cp{number}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
