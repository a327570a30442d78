"""A very long text in the review: how it begins is in the page, the rest comes when one scrolls there."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from batches.models import Batch, Essay, EssayStudentAssociation
from batches.tests.making import make_essays
from batches.tests.reviewing import url
from classes.models import Student
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
BUDGET = 40_000
"""Bytes of a page, compressed."""
LINES = [f"Line {number}: " + " ".join(f"word{number * 7919 % (31 + n)}" for n in range(40)) for number in range(600)]
NAME = "Nora Dahlgren"


@pytest.fixture
def long_text(batch: Batch, students: list[Student]) -> Essay:
    """Two hundred thousand characters, with a clue in the first line and one far on."""
    text = "\n".join([f"Name: {NAME}", *LINES, f"Written by {NAME}"])
    ends = [len("Name: "), text.rindex(NAME)]
    evidence = [
        {
            "id": key,
            "field": "text",
            "start": start,
            "end": start + len(NAME),
            "place": "body",
            "text": NAME,
        }
        for key, start in zip(("m1", "m2"), ends, strict=True)
    ]
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    EssayFile.objects.filter(pk=essay.file_id).update(text=text)
    reasons = [
        {"code": code, "for": True, "evidence": [key]} for code, key in (("full_name", "m1"), ("given_name", "m2"))
    ]
    candidates = [{"student": students[0].pk, "confidence": 0.9, "reasons": reasons}]
    EssayStudentAssociation.objects.filter(essay=essay).update(evidence=evidence, candidates=candidates)
    return essay


def test_the_page_holds_how_a_long_text_begins_and_the_way_to_the_whole(
    client_for: ClientFor, teacher: User, batch: Batch, long_text: Essay
) -> None:
    page = client_for(teacher).get(url("review-text", batch, long_text)).content.decode()
    assert len(gzip.compress(page.encode())) < BUDGET
    assert LINES[20] in page
    assert LINES[100] not in page
    whole = url("text", batch, long_text)
    assert f'<a href="{whole}">Whole text</a>' in page
    assert set(re.findall(r'href="([^"]*#clue-\w+)"', page)) == {"#clue-m1", f"{whole}#clue-m2"}
    own_page = client_for(teacher).get(whole).content.decode()
    assert all(line in own_page for line in LINES)
    assert 'id="clue-m2"' in own_page
    assert 'id="rest"' not in own_page


def test_the_rest_comes_piece_by_piece(
    client_for: ClientFor,
    teacher: User,
    stranger: User,
    batch: Batch,
    long_text: Essay,
    django_assert_max_num_queries: Any,
) -> None:
    address, headers = url("review-text", batch, long_text), {"HX-Request": "true", "HX-Target": "rest"}
    client = client_for(teacher)
    parts = [client.get(address).content.decode()]
    while more := re.search(r'id="rest" hx-get="([^"]+)"', parts[-1]):
        with django_assert_max_num_queries(3):  # session, person, text
            parts.append(client.get(more[1], headers=headers).content.decode())
    assert len(parts) > 5
    read = "".join(parts)
    assert [line for line in LINES if read.count(f">{line}<") != 1] == []
    assert read.count('id="clue-m2"') == 1
    assert client_for(stranger).get(f"{address}?from=20", headers=headers).status_code == 404
    for beyond in ("9" * 5000, "-1", "x", ""):
        assert client.get(address, {"from": beyond}, headers=headers).status_code == 200
