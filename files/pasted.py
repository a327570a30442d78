"""A text that a person pasted, cleaned as if it had been read from a file."""

from __future__ import annotations

from files.evidence import Document
from files.extraction.cleaning import clean_text, remove_personal_numbers


def pasted_document(text: str) -> Document:
    """The document of a pasted text."""
    cleaned, removed = remove_personal_numbers(clean_text(text))
    return Document(detected_type="txt", text=cleaned, personnummer_removed=removed)
