"""Why a student may have written a text, and what the clues to two students disagree about, in sentences.

Every code of `batches.matching.REASONS` has three: it speaks for the student, it is a doubt, it speaks against.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from batches.matching.disagreement import Disagreement, Kind
from files.evidence import Evidence

LONGEST_QUOTE = 60
"""Characters of the file that a sentence quotes."""

_CHECK = gettext_lazy("Check this one yourself")

SENTENCES: dict[str, tuple[str | Promise, str | Promise, str | Promise]] = {
    "external_id": (
        gettext_lazy("Number {where} is the student's"),
        gettext_lazy("Number {where} may be the student's"),
        gettext_lazy("Number {where} is not the student's"),
    ),
    "email_equal": (
        gettext_lazy("E-mail {where} equals the class list"),
        gettext_lazy("E-mail {where} may be somebody else's"),
        gettext_lazy("E-mail {where} is another student's"),
    ),
    "email_local": (
        gettext_lazy("School account {where} equals the class list"),
        gettext_lazy("School account {where} may be somebody else's"),
        gettext_lazy("School account {where} is another student's"),
    ),
    "alias": (
        gettext_lazy("Also written as {where}"),
        gettext_lazy("May also be written as {where}"),
        gettext_lazy("Is not written as {where}"),
    ),
    "full_name": (
        gettext_lazy("First name and surname, {where}"),
        gettext_lazy("First name and surname, {where}, may be somebody else's"),
        gettext_lazy("First name and surname, {where}, do not fit"),
    ),
    "concatenated_name": (
        gettext_lazy("Name written as one word, {where}"),
        gettext_lazy("Name written as one word, {where}, may be somebody else's"),
        gettext_lazy("Name written as one word, {where}, does not fit"),
    ),
    "initials": (
        gettext_lazy("Name with an initial, {where}"),
        gettext_lazy("Initial, {where}, may be short for another name"),
        gettext_lazy("Initial, {where}, does not fit"),
    ),
    "family_name": (
        gettext_lazy("Surname {where}"),
        gettext_lazy("Surname {where} may be somebody else's"),
        gettext_lazy("Surname {where} does not fit"),
    ),
    "given_name": (
        gettext_lazy("First name {where}"),
        gettext_lazy("First name {where} may be somebody else's"),
        gettext_lazy("First name {where} does not fit"),
    ),
    "namesake": (
        gettext_lazy("Nobody else in the class has this name"),
        gettext_lazy("Another student of the class has the same name"),
        gettext_lazy("Another student with this name fits better"),
    ),
    "tied": (
        gettext_lazy("Fits nobody else as well"),
        gettext_lazy("Fits {others} just as well"),
        gettext_lazy("Fits {others} better"),
    ),
    "shared": (
        gettext_lazy("{where} fits nobody else"),
        gettext_lazy("{where} may also be {others}"),
        gettext_lazy("{where} fits {others} better"),
    ),
    "rival_named": (
        gettext_lazy("No other student is named"),
        gettext_lazy("{where} may name another student"),
        gettext_lazy("{where} names another student"),
    ),
    "other_name": (
        gettext_lazy("No label names anybody outside the class"),
        gettext_lazy("{where} may be somebody outside the class"),
        gettext_lazy("{where} is nobody in the class list"),
    ),
    "already_matched": (
        gettext_lazy("Has another text in this batch, of which this would be a version"),
        gettext_lazy("May already have a certain match"),
        gettext_lazy("Already has a certain match"),
    ),
    "no_other_text": (
        gettext_lazy("Has no other text in this batch"),
        gettext_lazy("May have another text in this batch"),
        gettext_lazy("Has another text in this batch"),
    ),
    "only_one_left": (
        gettext_lazy("The only student left without a text"),
        gettext_lazy("One of few students left without a text"),
        gettext_lazy("Not the only student left without a text"),
    ),
    "property_only": (
        gettext_lazy("Named in the file's properties as well"),
        gettext_lazy("Named only in passing or in the file's properties, which may tell whose computer it was"),
        gettext_lazy("The file's properties name somebody else"),
    ),
    "slip": (
        gettext_lazy("Spelled as in the class list"),
        gettext_lazy("Spelled a little differently from the class list"),
        gettext_lazy("Spelled too differently from the class list"),
    ),
    "protected": (_CHECK, _CHECK, _CHECK),
}
"""Code to its sentences for, in doubt and against. `{where}` is the quoted span and its place, `{others}`
the students whom it fits too."""


def sentence(
    code: str, supports: bool | None, *, evidence: Sequence[Evidence] = (), text: str = "", others: Sequence[str] = ()
) -> str:
    """What the reason says, e.g. `Surname “Berg” in line 1`.

    `text` is the file's, to count lines in; without it the sentence says "in the text". `others`: students as they are
    called; without any it says "somebody else".
    """
    for_it, doubt, against = SENTENCES[code]
    chosen = for_it if supports else doubt if supports is None else against
    said = str(chosen).format(where=where(evidence, text), others=_listed(others) or _("somebody else"))
    return " ".join(said.split())


def where(evidence: Sequence[Evidence], text: str) -> str:
    """The quoted spans and their places: `“Emil A. Berg” in line 1 and “Emil A” in the file name`."""
    places: dict[str, list[str]] = {}
    for item in evidence:
        quote = Truncator(" ".join(item.text.split())).chars(LONGEST_QUOTE)
        place = place_of(item, text)
        if place not in places.setdefault(quote, []):
            places[quote].append(place)
    return _listed([_("“{quote}” {place}").format(quote=q, place=_listed(found)) for q, found in places.items()])


def place_of(item: Evidence, text: str) -> str:
    """`in line 3`, `in the file name` …"""
    kind = item.field.partition(":")[0]
    if kind == "text" and item.end > len(text):
        return _("in the text")
    if kind == "text":
        return _("in line {number}").format(number=text.count("\n", 0, item.start) + 1)
    return {
        "name": _("in the file name"),
        "path": _("in the folder name"),
        "header": _("in the page header"),
        "property": _("in the file's properties"),
        "sidecar": _("in the list beside the file"),
    }[kind]


def places_of(evidence: Sequence[Evidence], text: str) -> str:
    """`In the file name and in line 1`."""
    return capfirst(_listed(list(dict.fromkeys(place_of(item, text) for item in evidence))))


NAMED_BY: dict[Kind, tuple[str | Promise, str | Promise]] = {
    "number": (pgettext_lazy("clue", "number"), gettext_lazy("the number")),
    "email": (pgettext_lazy("clue", "e-mail"), gettext_lazy("the e-mail")),
    "sidecar": (pgettext_lazy("clue", "list"), gettext_lazy("the list beside the file")),
    "text": (pgettext_lazy("clue", "text"), gettext_lazy("the text")),
    "page_header": (pgettext_lazy("clue", "header"), gettext_lazy("the page header")),
    "folder": (pgettext_lazy("clue", "folder"), gettext_lazy("the folder name")),
    "file_name": (pgettext_lazy("clue", "file name"), gettext_lazy("the file name")),
    "property": (pgettext_lazy("clue", "properties"), gettext_lazy("the file's properties")),
}
"""Each kind of clue to its name in a note, which is short, and in a sentence."""
_NOT_NAMES = frozenset({"number", "email"})


def disagreement_note(found: Disagreement | None) -> str:
    """In few words: `Name and e-mail disagree`, `Header and file name disagree`, `Two students: file name`."""
    if found is None:
        return _("The clues disagree")
    first, second = found.leading
    if first == second:
        return _("Two students: {clue}").format(clue=NAMED_BY[first][0])
    words = [
        pgettext("clue", "name") if kind not in _NOT_NAMES and other in _NOT_NAMES else str(NAMED_BY[kind][0])
        for kind, other in ((first, second), (second, first))
    ]
    return capfirst(_("{first} and {second} disagree").format(first=words[0], second=words[1]))


def disagreement_sentence(found: Disagreement | None, first: str, second: str) -> str:
    """To whom which clues point: `The clues point to two students: the file name to …, the page header to …`.

    `first` and `second` are the students as they are called.
    """
    if found is None:
        return _("The clues point to two students.")
    if found.first == found.second:
        said = _("The clues point to two students: {clues} to both {first} and {second}.")
        return said.format(clues=_named_by(found.first), first=first, second=second)
    said = _("The clues point to two students: {clues} to {first}, {other_clues} to {second}.")
    named = {"clues": _named_by(found.first), "other_clues": _named_by(found.second)}
    return said.format(first=first, second=second, **named)


def tie_sentence(students: Sequence[str]) -> str:
    """Of a conflict in which the clues do not disagree: whom they fit alike. `students` as they are called."""
    if len(students) < 2:
        return _("The clues point to two students.")
    if len(students) == 2:
        said = _("The clues point to two students: they fit {students} alike.")
    else:
        said = _("The clues point to several students: they fit {students} alike.")
    return said.format(students=_listed(students))


def _named_by(kinds: Sequence[Kind]) -> str:
    return _listed([str(NAMED_BY[kind][1]) for kind in kinds])


def _listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("{first} and {last}").format(first=", ".join(parts[:-1]), last=parts[-1])
