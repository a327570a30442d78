"""Telling a name that signs from a name that is spoken of. Pure.

`Elsa Holm, NA24B` signs; `Intervju med Elsa Holm` and `Elsa Holm gick hem` speak of somebody. Only words that bind a
name into a phrase and the shape of the line are looked at, in Swedish and English.
"""

from __future__ import annotations

import re

_ABOUT = frozenset(
    "med om till för åt mot hos kring angående över tack kära käre hej hejsan hallå with about to for of on dear hi "
    "hello thanks meeting versus vs".split()
)
"""Words that a name after them is the object of."""
_ROLES = frozenset(
    "lärare läraren lärarinna handledare mentor examinator rektor opponent granskare teacher tutor supervisor "
    "principal instructor examiner reviewer mr mrs ms miss dr herr fru fröken prof professor sa säger said says "
    "vän vännen kompis kompisen bror syster mamma pappa kusin friend brother sister partner cousin".split()
)
"""What somebody is to the writer: beside a name, it is not the writer's."""
_SELF = frozenset("jag me i vi we min my".split())
_BY = frozenset("av by från from".split())
_RESPONSES = frozenset(
    "feedback respons response kamratrespons kamratbedömning review reviews granskning opponering opposition svar "
    "intervju interview kommentar kommentarer comment comments porträtt portrait biografi biography foto photo photos "
    "bild bilder illustration illustrationer karikatyr omslag".split()
)
"""Kinds of texts and pictures that are of, by or for somebody else than who hands them in."""
_OF_ONE = _RESPONSES | frozenset("recension karaktärsanalys tolkning beskrivning skildring minne minnet ära".split())
_MADE = frozenset(
    "skriven skrivet skrivna inlämnad inlämnat insänd gjord gjort författad författat written submitted made done "
    "authored composed prepared created uploaded".split()
)
_DONE_TO_IT = re.compile(r"(?:ad|at|ade|ed|läst|satt|ömd|känd|read)$")
"""`Rättad av`, `proofread by`: what somebody did to the text of another."""
_SIGNS = frozenset("namn name elev student skribent writer författare author".split())
_WORD = re.compile(r"[^\W\d_]+")
_LAST_WORDS = re.compile(r"(?:([^\W\d_]+)[\s_\-]+)?([^\W\d_]+)[\s_\-]*$")
_COPY = re.compile(r"^\W*(?:(?:copy of|kopia av)[ _]+)+", re.IGNORECASE)
"""What a storage service puts before a file's name."""
_SEPARATED_BEFORE = re.compile(r"(?:^|[,;:|/()\[\]<>\"“”–—•*©\t\-]|\S*\d\S*)\s*$")
_SEPARATED_AFTER = re.compile(r"^\s*(?:$|[,;:|/()\[\]<>\"“”–—•*\t.\-]|\S*\d|\S+[ ]\S*\d)")
_SAID_OF = re.compile(
    rf"^\s*[,(–—\-]\s*(?:(?:en|ett|min|mitt|vår|vårt|den|det|som|a|an|the|my|our|who)\s|(?:{'|'.join(sorted(_ROLES))})\b)",
    re.IGNORECASE,
)
"""`Elsa Holm – min bästa vän`, `Elsa Holm (lärare)`."""
_LINES = frozenset({"first_line", "sign_off"})
_CODE = re.compile(r"\S*\d\S*")
_SENTENCE = 3
"""So many words in lower case beside a name are a sentence."""
_BY_LINE = re.compile(r"^\W*(?:(?P<kind>[^\W\d_]+)\s+){0,3}(?:(?i:av|by|från|from)\b|(?<=[/©–—]))[:\s]*(?P<name>\S.*)$")


def stands_as(text: str, start: int, end: int, place: str) -> str:
    """The place that the name at `start:end` of `text` counts for.

    `place` itself where it may sign, `mention` where it may as well be somebody's whom the text is about, `body` where
    it is only spoken of.
    """
    copied = _COPY.match(text)
    head = copied.end() if copied and copied.end() <= start and place not in _LINES else 0
    before, after = text[head:start], text[end:]
    words = _LAST_WORDS.search(before)
    second, last = ((words[1] or "").casefold(), words[2].casefold()) if words else ("", "")
    with_me = last in ("och", "and") and second in _SELF
    if last in _ABOUT or last in _ROLES or _SAID_OF.match(after) or (last in _BY and _is_of(second)) or with_me:
        return "body"
    if place not in _LINES:
        return "mention" if last in _RESPONSES else place
    if place == "sign_off" and last not in _BY | _SIGNS and _WORD.search(_CODE.sub("", before)):
        return "body"
    return place if _signs(text, start, before, after, last) else "body"


def _is_of(kind: str) -> bool:
    """Whether what stands before `av` or `by` says that the text was only read, or is about somebody."""
    return kind in _OF_ONE or (kind not in _MADE and _DONE_TO_IT.search(kind) is not None)


def _signs(text: str, start: int, before: str, after: str, last: str) -> bool:
    """Whether a line is no more than a name, with a class, a date or a word that says it is the writer's."""
    if text[start].isupper():
        lower = [word for word in _WORD.findall(f"{before} {after}") if word[0].islower() and len(word) > 2]
        if len(lower) >= _SENTENCE:
            return False
    signed = last in _SIGNS or last in _BY or _SEPARATED_BEFORE.search(before) is not None
    return signed and _SEPARATED_AFTER.match(after) is not None


def by_line(text: str) -> str:
    """The name in a line that signs: `av Elsa Holm`, `En uppsats av Elsa Holm`, `/Elsa Holm`; or nothing."""
    match = _BY_LINE.match(text)
    return match["name"] if match and not _is_of((match["kind"] or "").casefold()) else ""


def signs_with_one(text: str) -> bool:
    """Whether a line signs with a single name: `Skriven av Elsa`, `/Elsa`, but not `En analys av Kallocain`."""
    match = _BY_LINE.match(text)
    if not match or (match["kind"] and match["kind"].casefold() not in _MADE):
        return False
    return len(_WORD.findall(match["name"])) == 1 and match["name"][0].isupper()


def speaks_of(text: str) -> bool:
    """Whether a line begins by addressing somebody or by saying who somebody is: `Kära Elsa`, `Lärare Holm`."""
    first = _WORD.search(text)
    return first is not None and first[0].casefold() in _ABOUT | _ROLES | _RESPONSES
