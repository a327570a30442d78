"""Figures of one text, for the built-in phase `nlp`. Pure."""

from __future__ import annotations

import re
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=[\s\"”'’)]|$)")
_PARAGRAPH = re.compile(r"\n\s*\n|\n")
LONG_WORD = 7
"""A long word has more than six letters: C.-H. Björnsson, *Läsbarhet* (1968), who defined LIX."""
WORDS_PER_MINUTE = 200
"""Adults read 175 to 300 of plain English silently (M. Brysbaert, *How many words do we read per minute?*, 2019); the
young and those who read a second language fewer."""

# The commonest function words that the other language lacks.
_SWEDISH = frozenset("och att det som en är på för av inte med den till har jag de ett om men var".split())
_ENGLISH = frozenset("the and of to a is that it was for on are with as they be at this have from".split())


def measure_text(text: str) -> dict[str, Any]:
    """Words, sentences, paragraphs, LIX, lexical variety (distinct words / words), long words, minutes, language."""
    words = [word.casefold() for word in _WORD.findall(text)]
    sentences = max(1, len(_SENTENCE_END.findall(text))) if words else 0
    long_words = sum(len(word) >= LONG_WORD for word in words)
    count = len(words)
    return {
        "words": count,
        "sentences": sentences,
        "paragraphs": sum(1 for part in _PARAGRAPH.split(text) if part.strip()),
        "long_words": long_words,
        "lix": round(count / sentences + 100 * long_words / count, 1) if count else 0.0,
        "lexical_variety": round(len(set(words)) / count, 3) if count else 0.0,
        "reading_minutes": round(count / WORDS_PER_MINUTE, 1),
        "language": _language(words),
    }


def _language(words: list[str]) -> str | None:
    """`sv`, `en`, or None where the function words do not decide."""
    swedish = sum(word in _SWEDISH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if swedish == english:
        return None
    return "sv" if swedish > english else "en"
