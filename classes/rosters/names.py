"""Names and addresses as lists have them: which part is which, and what is odd about them. Pure.

Nothing is assumed of the number of words, of scripts, or that there is a surname.
"""

from __future__ import annotations

import re
import unicodedata

# No address gets past this that Django's own validator would refuse when the list is applied.
_WORD = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+[A-Za-z0-9-]{{1,62}}[A-Za-z0-9]", re.ASCII)
# Possessive throughout: a cell may be long, and going back in it takes quadratic time.
NAME_AND_MAIL = re.compile(r"^\"?(?P<name>[^<>\"]*+)\"?\s*+<(?:mailto:)?(?P<mail>[^<>@\s]++@[^<>@\s]++)>$")
NAME_THEN_MAIL = re.compile(
    r"^(?P<name>[^<>@\"]*[^<>@\"\s,;:])[\s,;:]++[(\[]?(?P<mail>[^\s<>@(),;:]++@[^\s<>@()]+?)[)\]]?$"
)
MAX_NAME = 150
"""Characters a name may have."""
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_ADDRESS_IN = re.compile(r"\w@\w")
_NO_LETTERS = re.compile(r"^[^\w]*$")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PARTICLES = frozenset(
    ["af", "av", "von", "van", "der", "den", "de", "la", "las", "los", "du", "da", "di", "dos", "del", "della", "le",
     "zu", "zur", "vom", "el", "al", "ul", "bin", "ibn", "bint", "abu", "ben", "st", "st.", "ter", "ten"]
)  # fmt: skip


def plain(text: str) -> str:
    """Letters and digits without accents or case, to compare names with addresses."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae").replace("ł", "l"))
    return "".join(c for c in decomposed if c.isalnum())


def split_full_name(full: str, *, email: str = "", surname_first: bool = False) -> tuple[str, str]:
    """Given and family name of a whole name. A comma settles it; else the address, a particle, or the first word.

    It stays a guess for some: the preview lets people mend it.
    """
    if "," in full:
        family, _comma, given = full.partition(",")
        return given.strip(), family.strip()
    words = full.split()
    if len(words) < 2 or len(full) > 2 * MAX_NAME:
        # The preview refuses what is too long for a name: no guessing then, which compares every way to cut it.
        return (words[0], " ".join(words[1:])) if words else ("", "")
    if surname_first:
        cut = next((n for n in range(len(words) - 1, 0, -1) if _starts(email, words[n:])), len(words) - 1)
        return " ".join(words[cut:]), " ".join(words[:cut])
    cut = _cut(words, email)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _cut(words: list[str], email: str) -> int:
    """How many words the given name has."""
    particle = next((n for n, word in enumerate(words) if n and word.casefold() in _PARTICLES), 0)
    if particle:
        return particle
    return next((n for n in range(len(words) - 1, 1, -1) if _starts(email, words[:n])), 1)


def _starts(email: str, words: list[str]) -> bool:
    """Whether the address begins with these words and then a separator."""
    first = re.split(r"[._]", email.partition("@")[0])[0]
    return bool(first) and plain(first) == plain("".join(words))


# How Swedish surnames end. One says nothing; of many it shows where the surnames stand.
_ENDS_SURNAMES = re.compile(
    r"(?:sson|berg|borg|ström|strand|lund|gren|qvist|kvist|dahl|holm|stedt|stad|mark|vall|wall|löf|feldt|gård|sjö|bäck|"
    r"heim|hed|blad|stig|rud|ås|sen|inen|ić|vić|ski|dóttir|oğlu)$"
)


def surname_votes(values: list[str]) -> int:
    """How many of the words end as Swedish surnames do."""
    return sum(bool(_ENDS_SURNAMES.search(value.casefold())) for value in values)


def is_surname_first(pairs: list[tuple[str, str]]) -> bool:
    """Of whole names and addresses: whether the surname stands first, as most addresses say; else how they end."""
    votes = 0
    whole = [full.split() for full, _email in pairs if "," not in full and " " in full]
    if whole and not any(email for _full, email in pairs):
        first, last = (surname_votes([words[place] for words in whole]) for place in (0, -1))
        return len(whole) > 2 and first - last > len(whole) * 0.2
    for full, email in pairs:
        words = full.split()
        local = plain(email.partition("@")[0])
        if len(words) > 1 and local and "," not in full:
            votes += local.startswith(plain(words[-1])) - local.startswith(plain(words[0]))
    return votes > len(whole) / 2


def oddities(given: str, family: str, *, is_odd: bool) -> list[str]:
    """Codes of what should be told about a name; `is_odd`: something invisible was taken out of the row."""
    both = f"{given} {family}"
    told = []
    if given.startswith(_FORMULA) or family.startswith(_FORMULA):
        told.append("formula_like")
    scripts = {unicodedata.name(c, "?").split()[0] for c in both if c.isalpha()}
    mixed = len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1
    if mixed or is_odd or "<" in both or _ADDRESS_IN.search(both) or _NO_LETTERS.match(both):
        told.append("suspicious_name")
    return told
