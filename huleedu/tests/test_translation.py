"""The words people read: all are translated, no avoided word slips in, and days are written as each language does."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation.template import templatize

from huleedu.accounts.models import User

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "huleedu" / "locale" / "sv" / "LC_MESSAGES" / "django"
CODE = [
    path
    for app in ("batches", "classes", "files", "huleedu")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "tests" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
FORMATS = ["TIME_FORMAT", "DAY", "DAY_YEAR", "DAY_TIME", "DATE_TIME", "WEEKDAY"]
SECONDS = ["MOMENT", "CLOCK"]
"""Formats of the timeline and the retry clock; the rest is for people."""
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

ENGLISH = (
    r"essays?|submi\w+|documents?|rosters?|pupils?|approv\w+|validat\w+|percent|scores?|linked|unmatched|todo|"
    r"process(ed|ing)|pars(ed|ing)|completed|dashboard|timeout|nickname|frozen|oops|sorry|please|invalid|late|"
    r"t(ak|ook)\w* (\w+ ){0,2}back"
)
SWEDISH = (
    r"matcha\w*|matchning\w*|inlämning\w*|uppladd\w*|uppsats\w*|essä\w*|dokument\w*|godkän\w*|valider\w*|roster|"
    r"procent|poäng|bevis\w*|okänd\w*|åtgärdas|bearbeta\w*|parsa\w*|slutför\w*|fryst|smeknamn\w*|hemlig\w*|oops|"
    r"hoppsan|tyvärr|vänligen|ogiltig\w*|ni|ert|era|räkna\w*|skyddad identitet\w*|identiteten|byta? (ut )?fil\w*|"
    r"byta ut|slutat|i säkerhet|ta ut allt|t(ar?|og|agit) tillbaka \w*\s?beslut\w*"
)
"""What the interface never says, whole words whatever their case. The last lines are second words for one thing: undo;
gäller, skyddade personuppgifter, ersätta, lämnat klassen, i säkert förvar, registerutdrag, ångra."""
DOCS = r"pupils?|nicknames?|dashboards?|unmatched|oops|please|sorry"
"""What the documents never say; how code is built has more words than the interface."""

ALLOWED = {
    "kollega slutat dela den": "a colleague, not a student of a class",
    "download all submissions": "the words on the buttons of learning platforms",
    **dict.fromkeys(
        [
            "Pictures in the document are often the cause",
            "the document they were made from",
            "The document is built in",
            "Bilder i dokumentet är ofta orsaken",
            "dokumentet de gjordes av",
            "Dokumentet är så invecklat",
        ],
        "what the student wrote in elsewhere: neither the text nor the file of the batch",
    ),
}
"""Phrases with such a word, and why."""


def entries() -> Iterator[tuple[str, str]]:
    """Source and translation of every compiled text; plural forms one by one."""
    with Path(f"{CATALOGUE}.mo").open("rb") as file:
        catalogue: dict[str | tuple[str, int], str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    for key, translated in catalogue.items():
        source = key if isinstance(key, str) else key[0]
        if source:
            yield source.rpartition("\x04")[2], translated


def written(keyword: str) -> set[str]:
    """Every text of the catalogue that follows `keyword`, the header aside."""
    catalogue = Path(f"{CATALOGUE}.po").read_text(encoding="utf-8").split("\n\n", 1)[1]
    found = re.findall(rf'^{keyword} ((?:".*"\n)+)', catalogue, re.M)
    return {"".join(ast.literal_eval(line) for line in block.splitlines()) for block in found}


def test_every_text_has_a_translation_that_somebody_has_looked_at() -> None:
    catalogue = Path(f"{CATALOGUE}.po").read_text(encoding="utf-8")
    assert not re.findall(r'^msgstr(?:\[\d\])? ""\n(?!")', catalogue, re.M)
    assert "fuzzy" not in catalogue
    assert "#~" not in catalogue


def test_the_compiled_catalogue_is_the_one_that_is_kept_as_text() -> None:
    assert {translated for _, translated in entries()} == written(r"msgstr(?:\[\d\])?")


def test_a_translation_has_the_placeholders_of_its_source() -> None:
    plurals = {"The text is decided."}  # "All %(n)s texts are done." in the plural
    wrong = [
        (source, translated)
        for source, translated in entries()
        if source not in plurals and set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(translated))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["en", "sv"])
def test_no_avoided_word_is_used(language: str) -> None:
    avoided = re.compile(rf"\b({ENGLISH if language == 'en' else SWEDISH})\b|!|\w\(s\)", re.I)
    texts = written("msgid(?:_plural)?") if language == "en" else {translated for _, translated in entries()}
    assert [text for text in texts if avoided.search(_without_exceptions(text))] == []


def test_the_documents_say_the_same_words() -> None:
    avoided = re.compile(rf"\b({DOCS})\b", re.I)
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    lines = [(each.name, line) for each in documents for line in each.read_text(encoding="utf-8").splitlines()]
    assert len(documents) > 30
    assert [found for found in lines if avoided.search(found[1])] == []


def _without_exceptions(text: str) -> str:
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return text


def test_swedish_is_set_as_swedish_is() -> None:
    texts = [translated for _, translated in entries()]
    assert [text for text in texts if "“" in text or re.search(r"\d\.\d|\d,\d{3}\b| - |\.\.\.", text)] == []


def test_every_text_marked_in_the_code_has_been_gathered() -> None:
    """makemessages knows its functions by name and does not look into f-strings."""
    known = written("msgid(?:_plural)?")
    missed = [f"{path.relative_to(ROOT)}: {text}" for path in CODE for text in marked(path) if text not in known]
    assert missed == []


def test_templates_ask_for_texts_as_the_catalogue_keeps_them() -> None:
    """With a number or without: gettext may not find what only has a plural, nor ngettext what has none."""
    calls = re.compile(r"""\b(gettext|ngettext)\((u(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))""")
    with Path(f"{CATALOGUE}.mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    asked = [
        (path.relative_to(ROOT), text if function == "gettext" else (text, 0))
        for path in TEMPLATES
        for function, source in calls.findall(templatize(path.read_text(encoding="utf-8")))
        for text in [ast.literal_eval(source)]
    ]
    assert len(asked) > 500
    assert [(str(path), text) for path, text in asked if text not in kept] == []


def marked(path: Path) -> Iterator[str]:
    """What a module hands to gettext, under whatever name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for name in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = node.args[1:] if "pgettext" in node.func.id else node.args  # a context is no text
            yield from (arg.value for arg in texts if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


SWEDISH_DAYS = ["09.42", "tors 26 nov", "tors 26 nov 2026", "tors 26 nov 09.42", "26 nov 09.42", "torsdag 26 november"]
ENGLISH_DAYS = ["09:42", "Thu 26 Nov", "Thu 26 Nov 2026", "Thu 26 Nov 09:42", "26 Nov 09:42", "Thursday 26 November"]


@pytest.mark.parametrize(("language", "days"), [("sv", SWEDISH_DAYS), ("en", ENGLISH_DAYS)])
def test_days_and_times_are_written_as_each_language_does(language: str, days: list[str]) -> None:
    moment = datetime(2026, 11, 26, 9, 42, tzinfo=UTC)
    with translation.override(language):
        assert [formats.date_format(moment, name) for name in FORMATS] == days


def test_templates_write_days_by_the_names_of_formats() -> None:
    named = re.compile(r"""\|(?:date|time|moment):["']([^"']*)|{% now ["']([^"']*)""")
    used = {name for path in TEMPLATES for pair in named.findall(path.read_text(encoding="utf-8")) for name in pair}
    assert used - {"", "c"} <= {*FORMATS, *SECONDS}


def test_days_and_times_stand_where_programs_read_them_too() -> None:
    bare = re.compile(r"""\|(?:date|time):["'](?!c["']|WEEKDAY)""")
    within = re.compile(r'{% now [^%]*%}|aria-label="{{[^}]*}}"')
    pages = [path for path in TEMPLATES if path.suffix == ".html"]
    lines = [(path.name, line) for path in pages for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(pages) > 100
    assert [(name, line) for name, line in lines if bare.search(within.sub("", line))] == []


def test_a_page_is_in_the_language_of_the_person_who_is_signed_in(
    teacher: User, client_for: Callable[[User | None], Client]
) -> None:
    client = client_for(teacher)  # whose browser asks for English
    assert "Nothing needs you right now." in client.get(reverse("batches:overview")).content.decode()
    client.post(reverse("accounts:language"), {"language": "sv", "next": "/"})
    page = client.get(reverse("batches:overview")).content.decode()
    assert '<html lang="sv"' in page
    assert "Inget behöver dig just nu." in page
