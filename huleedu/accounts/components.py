"""What the page of components shows: made-up people and texts, in every state a component has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

GLYPHS = (
    *("certain", "unsure", "conflict", "none", "waiting", "not-in-class", "check", "reading", "lock", "duplicate"),
    *("warning", "info", "cross", "upload", "download", "file", "folder", "search", "undo", "plus", "more", "copy"),
    *("person", "people", "home", "layers", "print", "edit", "trash", "chevron-left", "chevron-right", "chevron-down"),
)
"""Every glyph of the sprite."""


class SampleForm(forms.Form):
    """A field as people meet it."""

    title = forms.CharField(label=gettext_lazy("Title"), help_text=gettext_lazy("What the task is called."))


def components() -> dict[str, Any]:
    """The context of `support/design.html`: what the product's own partial templates take."""
    levels = ("info", "success", "warning", "error")
    said = (
        _("Matches are ready."),
        _("Confirmed."),
        _("Somebody else has just decided on this text."),
        _("The file cannot be opened."),
    )
    return {
        "glyphs": GLYPHS,
        "samples": [_Message(level, text) for level, text in zip(levels, said, strict=True)],
        "field": SampleForm(prefix="plain")["title"],
        "wrong_field": SampleForm({}, prefix="wrong")["title"],
        "chosen": SimpleNamespace(pk=1),
        "candidates": [_candidate(1, "Linnea Öberg", _FOR), _candidate(2, "Linnéa Åberg", _AGAINST)],
        "frame": {"can_change": True},
        "states": [_batch(status) for status in ("collecting", "processing", "completed", "failed")],
    }


class _Message(str):
    """A message as Django's framework hands it to templates."""

    level_tag: str

    def __new__(cls, level: str, text: str) -> _Message:
        made = super().__new__(cls, text)
        made.level_tag = level
        return made


_FOR = (("for", "check", "A", gettext_lazy("The text says the whole name")),)
_AGAINST = (
    ("doubt", "warning", "B", gettext_lazy("The file name says a similar name")),
    ("against", "cross", "", gettext_lazy("Another text is already matched with this student")),
)


def _candidate(number: int, name: str, reasons: Any) -> dict[str, Any]:
    return {
        "student": SimpleNamespace(pk=number, public_id=f"sample-{number}", name=name, email=f"s{number}@elev.example"),
        "key": str(number),
        "reasons": [
            {"kind": kind, "glyph": glyph, "letters": [(letter, letter.lower())] if letter else [], "text": text}
            for kind, glyph, letter, text in reasons
        ],
    }


def _batch(status: str) -> dict[str, Any]:
    words = {
        "collecting": _("collecting"), "processing": _("being assessed"), "completed": _("done"), "failed": _("failed"),
    }  # fmt: skip
    return {"status": status, "is_locked": status != "collecting", "get_status_display": words[status]}
