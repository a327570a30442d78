"""Whether and how the words of a string name one student. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from batches.matching.names import (
    MISPRINT,
    Name,
    Part,
    Token,
    find_initial,
    find_joined,
    find_part,
    find_word,
    fold,
    is_short_for,
)

NAMED = frozenset({"label", "folder", "table", "page_header", "property", "sign_off"})
"""Places that hold little but a name: a name-like word there that does not fit a student speaks against them."""
FOLDED_INITIAL = 0.8
SLIP = 0.85
"""Names that agree less exactly than this are taken for misspelt."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The level at which words name a student, which words, and how exactly."""

    level: str
    used: frozenset[int]
    exactness: float


def fit(written: list[Token], name: Name, *, place: str) -> Hit | None:
    """The best level at which `written` names the student."""
    joined = find_joined(written, name)
    if joined:
        return Hit("concatenated_name", joined.used, joined.exactness)
    if not name.family or not name.given:
        return _single(written, name, place=place)
    exact, slipped = (_both(written, name, place=place, slips=slips) for slips in (False, True))
    if slipped and (exact is None or len(slipped.used) > len(exact.used)):
        return slipped
    if exact:
        return exact
    return _part_and_initial(written, name, place=place)


def _part_and_initial(written: list[Token], name: Name, *, place: str) -> Hit | None:
    """One of the two names, alone or with the other's initial or pet form."""
    given = _given(written, name)
    family = find_part(written, name.family) or find_part(written, name.solid) or find_word(written, name.family)
    for part, other in ((given, name.family), (family, (*name.given, *name.preferred))):
        initial = find_initial(written, other, beside=part.used) if part else None
        if part and initial:
            certain = initial.exactness > FOLDED_INITIAL or part.exactness < 1
            return Hit("initials" if certain else "nickname", part.used | initial.used, min(part.exactness, 0.9))
    if family:
        return _family(written, family, name, place=place)
    if given and not _beside(written, given, place=place):
        return Hit("given_name", given.used, given.exactness)
    return None


def _family(written: list[Token], family: Part, name: Name, *, place: str) -> Hit:
    """The family name alone, or beside a pet form of the given name or a given name of somebody else."""
    for index in (min(family.used) - 1, max(family.used) + 1):
        if 0 <= index < len(written) and is_short_for(written[index].text, (*name.given, *name.preferred)):
            return Hit("nickname", family.used | {index}, family.exactness)
    level = "other_given" if _beside(written, family, place=place, initials=True) else "family_name"
    return Hit(level, family.used, family.exactness)


def _given(written: list[Token], name: Name, *, free: frozenset[int] = frozenset(), slips: bool = False) -> Part | None:
    """The whole given name, the preferred one, or the first word of several."""
    for form in (name.given, name.preferred, name.given[:1]):
        part = find_part(written, form, free=free, slips=slips)
        if part and form:
            shortened = form == name.given[:1] != name.given
            return Part(part.used, part.exactness - 0.05) if shortened else part
    return None


def _both(written: list[Token], name: Name, *, place: str, slips: bool) -> Hit | None:
    """Given and family name where they stand nearest to each other: two of one family may be named."""
    best: tuple[int, Hit] | None = None
    taken: frozenset[int] = frozenset()
    while found := _family_part(written, name, free=taken, slips=slips):
        family, lost = found
        given = _given_near(written, name, family, slips=slips)
        if given and not (lost and _goes_on(written, given.used | family.used, name, place=place)):
            used = given.used | family.used
            exactness = min(given.exactness, family.exactness)
            level = "full_name" if not slips else "misprint" if exactness >= MISPRINT else "slip"
            hit = Hit(level, used, exactness - lost)
            if best is None or _gap(used) < best[0]:
                best = _gap(used), hit
        taken |= family.used
    return best[1] if best else None


def _goes_on(written: list[Token], used: frozenset[int], name: Name, *, place: str) -> bool:
    """Whether a name that is none of the student's stands beside: `Eva Berg Ek` is no Eva Sand Berg."""
    own = {fold(word) for word in (*name.given, *name.family, *name.preferred)}
    near = (min(used) - 1, max(used) + 1)
    beside = [written[index] for index in near if 0 <= index < len(written)]
    return place in NAMED | {"first_line"} and any(_may_be_name(t) and fold(t.text) not in own for t in beside)


def _family_part(written: list[Token], name: Name, *, free: frozenset[int], slips: bool) -> tuple[Part, float] | None:
    """The family name or one of its words, and what that word alone is less exact by."""
    for form in (name.family, name.solid):
        part = find_part(written, form, free=free, slips=slips)
        if part:
            return part, 0.0
    word = find_word(written, name.family, free=free) if len(name.family) > 1 else None
    return (word, 0.05) if word else None


def _given_near(written: list[Token], name: Name, family: Part, *, slips: bool) -> Part | None:
    """The given name nearest to the family name, where somebody else's may stand elsewhere."""
    best: Part | None = None
    taken = family.used
    while given := _given(written, name, free=taken, slips=slips):
        gap = _gap(given.used | family.used)
        if gap <= 2 and (best is None or gap < _gap(best.used | family.used)):
            best = given
        taken |= given.used
    return best


def _gap(used: frozenset[int]) -> int:
    """Words between the parts: at most two are a middle name, more are another person."""
    return max(used) - min(used) + 1 - len(used)


def _single(written: list[Token], name: Name, *, place: str) -> Hit | None:
    """A student with one name only: it counts as the whole name where no other name stands beside it."""
    whole = name.given or name.family
    part = find_part(written, whole)
    if part is None:
        other = find_part(written, name.preferred) or find_part(written, whole, slips=True)
        return Hit("given_name", other.used, other.exactness) if other else None
    rest = [token for index, token in enumerate(written) if index not in part.used and _may_be_name(token)]
    alone = place in NAMED | {"first_line"} and not rest
    return Hit("single_name" if alone else "given_name", part.used, part.exactness)


def _may_be_name(token: Token) -> bool:
    return token.text[:1].isupper() and len(fold(token.text)) > 1 and not token.in_code


def _may_begin_name(token: Token) -> bool:
    """A name, or an initial that is not the student's."""
    return _may_be_name(token) or (token.is_initial and not token.in_code)


def _beside(written: list[Token], part: Part, *, place: str, initials: bool = False) -> bool:
    """Whether a place that holds little but a name has a capitalised word beside the part: somebody else's name."""
    if place not in NAMED | {"first_line"}:
        return False
    near = (min(part.used) - 1, max(part.used) + 1)
    named = _may_begin_name if initials else _may_be_name
    return any(0 <= index < len(written) and named(written[index]) for index in near)
