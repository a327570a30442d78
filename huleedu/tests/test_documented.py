"""What the operator's papers promise: every setting is named where an operator looks for it."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from huleedu.common.errors import STATUS

ROOT = settings.BASE_DIR
NAMES = sorted(set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "huleedu" / "settings.py").read_text())))


def test_the_settings_are_found() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "MAX_FILE_BYTES"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_in_the_example_and_explained(name: str) -> None:
    assert re.search(rf"^#?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE), f".env.example: {name}"
    explained = (ROOT / "docs" / "operations" / "settings.md").read_text()
    assert f"`{name}`" in explained, f"docs/operations/settings.md: {name}"


def test_every_code_that_the_api_answers_is_explained_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (`[^|]+) \| \S", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)} == STATUS


def test_links_between_the_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert len(documents) > 10
    assert broken == []
