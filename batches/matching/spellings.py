"""Which spelling a decision teaches: the name in a file by which the machine did not know the student. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batches.matching import RosterStudent
from batches.matching.find import RosterIndex, find_all
from batches.matching.names import fold, tokens
from batches.matching.weights import names
from files.evidence import Evidence

_FROM = ("label", "folder", "table", "page_header", "first_line", "sign_off")
"""Places that hold little but a name, the most telling first."""
_PERHAPS_A_TITLE = frozenset({"table", "page_header", "first_line", "sign_off"})
_END = re.compile(r"\s*[,;(|\t/–].*$|\s+\S*\d.*$|_.*$")
"""What may follow the name: a class, a date."""
_MOST_WORDS = 4


def spelling_to_learn(
    evidence: Sequence[Evidence], student: RosterStudent, others: Sequence[RosterStudent]
) -> Evidence | None:
    """The span to remember for `student`, cut to the name; None where nothing may be learnt.

    Nothing that is the student's name already, and nothing that names another student in any way.
    """
    for place in _FROM:
        for item in evidence:
            if item.place == place and item.id.startswith("e"):
                span = _cut(item)
                if span is not None and _is_the_students_alone(span, student, others):
                    return span
    return None


def says(evidence: Sequence[Evidence], span: Evidence) -> bool:
    """Whether another text's evidence holds the same words in the same place."""
    said = fold(span.text)
    return any(item.place == span.place and fold(_END.sub("", item.text).strip()) == said for item in evidence)


def _cut(item: Evidence) -> Evidence | None:
    """The name in the span, if it looks like one: two to four words, or one with a capital letter, and no code."""
    text = _END.sub("", item.text).strip()
    words = tokens(text)
    named = any(word.text[:1].isupper() for word in words)
    whole = "".join(word.text for word in words)
    if not 1 <= len(words) <= _MOST_WORDS or not named or len(whole) < 2 or any(c.isdigit() for c in text):
        return None
    if item.place in _PERHAPS_A_TITLE and (len(words) < 2 or not all(word.text[:1].isupper() for word in words)):
        return None
    if item.place == "first_line" and text == item.text.strip():
        return None
    return Evidence(item.id, item.place, item.field, item.start, item.start + len(text), text)


def _is_the_students_alone(span: Evidence, student: RosterStudent, others: Sequence[RosterStudent]) -> bool:
    own = {
        fold(word.text)
        for name in (student.given_name, student.family_name, student.preferred_name)
        for word in tokens(name)
    }
    if all(fold(word.text) in own for word in tokens(span.text)):
        return False
    alone = Evidence("e1", "label", span.field, 0, len(span.text), span.text)
    search = find_all([alone], RosterIndex([student, *others]))
    named = {finding.student for finding in search.findings}
    known = any(names(finding) and finding.exactness >= 0.85 for finding in search.findings)
    return named <= {student.key} and not known
