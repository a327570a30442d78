"""Text as it may be stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from files.extraction.cleaning import clean_line, clean_text, remove_personal_numbers
from files.pasted import pasted_document
from huleedu.common.text import clean_line as common_line


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\r\nb\rc\u2028d\x0be\x85f", "a\nb\nc\nd\ne\nf"),
        ("a \t\nb\u00a0", "a\nb"),
        ("\n\n a\n\n\n\n\nb \n\n", "a\n\nb"),
        ("Å\x00s\x07a\x9f", "Åsa"),
        ("\u202eA\u2066l\u200fv\u061ca", "Alva"),
        ("A\u200bl\u2060v\ufeffa\u00ad", "Alva"),
        ("e\u0301 A\u030a", "é Å"),
        ("\ud83d\ude00 \ud83d x", "😀  x"),
        ("tag\U000e0041", "tag"),
        ("noll\ufffe\uffff", "noll"),
    ],
)
def test_clean_text(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@pytest.mark.parametrize("cleaner", [clean_text, clean_line, common_line])
def test_a_tower_of_marks_takes_no_time_and_ends(cleaner: Callable[[str], str]) -> None:
    """Putting marks in order takes quadratic time: two million of them would hold a process for an hour."""
    tower = "a" + "\u0301\u0316" * 250_000
    began = time.process_time()
    assert len(cleaner(f"Alva {tower} Berg")) < 50
    assert time.process_time() - began < 5
    assert cleaner("e\u0323\u0302" * 40 + "—" * 40 + "🙂" * 40) == "ệ" * 40 + "—" * 40 + "🙂" * 40


def test_clean_line_is_one_line() -> None:
    assert clean_line(" Alva\t\tBerg \n NA24B ") == "Alva Berg NA24B"


@pytest.mark.parametrize(
    "written",
    [
        "080131-1234",
        "0801311234",
        "20080131-1234",
        "200801311234",
        "20080131 1234",
        "080131+1234",
        "080131–1234",
        "080131\u20111234",
        "080131 - 1234",
        "080191-1231",
        "20080131-9999",
        "08 01 31 12 34",
        "08 01 31-12 34",
        "08 01 31 1234",
        "20 08 01 31 12 34",
        "08\u00a001\u00a031\u00a012\u00a034",
        "O8O131-1234",
        "2oo80131-1234",
        "08O1311234",
        "080101-123O",
        "20080131_1234",
        "080131_1234",
        "20080131.1234",
        "20080131/1234",
        "20080131  1234",
        "20080131 _ 1234",
        "2008-01-31-1234",
        "2008-01-31 1234",
        "2008 - 01 - 31 - 1234",
        "2008.01.31.1234",
        "2008_01_31_1234",
        "2008/01/31/1234",
        "2008/01/31-1234",
        "08-01-31-1234",
        "2008 01 31 1234",
        "2008-01-91_1231",
        "2 0 0 8 0 1 3 1 1 2 3 4",
        "0 8 0 1 3 1 - 1 2 3 4",
        "２００８０１３１－１２３４",
        "２００８０１３１＿１２３４",
        "٢٠٠٨٠١٣١-١٢٣٤",
        "20080131\ufe581234",
        "20080131\u202f1234",
    ],
)
def test_personal_numbers_are_removed_and_counted(written: str) -> None:
    assert remove_personal_numbers(f"Alva ({written}), igen {written}.") == (
        "Alva ([personnummer]), igen [personnummer].",
        2,
    )


@pytest.mark.parametrize(
    "written",
    [
        "0701234567",
        "1914-1918",
        "2026-11-26",
        "080131-1235",
        "99999999-9999",
        "123456789012345",
        "5126852956",
        "070 131 12 34",
        "08-01 31 12 34",
        "08 12 34 56 78",
        "08 50 82 70 00",
        "08 01 31 12 35",
        "08 01 31 12 34 56",
        "99 08 01 31 12 34",
        "20080131-O999",
        "O80131-1235",
        "Oooooo-oooo",
        "20080131_1235",
        "2008-01-31-1235",
        "2008-01_31-1234",
        "4301_99120",
        "news.example/2008/01/31/1234",
        "1 2 0 0 8 0 1 3 1 1 2 3 4",
        "2008-01-31 12.34",
    ],
)
def test_other_numbers_stay(written: str) -> None:
    assert remove_personal_numbers(written) == (written, 0)


def test_a_number_is_found_where_something_alike_stands_before_it() -> None:
    assert remove_personal_numbers("2026-11-20 2008-01-31-1234 é 1234") == ("2026-11-20 [personnummer] é 1234", 1)


@pytest.mark.parametrize("written", ["IMG_%Y%m%d_{}.jpg", "Scan %Y%m%d {}", "%Y-%m-%d-{}", "%Y%m%d{}", "%y%m%d_{}"])
def test_a_day_of_late_and_a_time_are_no_number(written: str) -> None:
    """Cameras and scanners name files so; every tenth has a right check digit."""
    day = datetime.now(UTC) - timedelta(days=40)
    names = [day.strftime(written).format(f"{hour:02}{minute:02}") for hour in range(24) for minute in range(60)]
    assert [name for name in names if remove_personal_numbers(name)[1]] == []


def test_a_day_of_late_counts_as_these_numbers_are_written() -> None:
    """Somebody's little sister: with a dash and a right check digit alone."""
    day = datetime.now(UTC) - timedelta(days=40)
    found = [n for n in range(2400) if remove_personal_numbers(f"{day:%Y%m%d}-{n:04}")[1]]
    assert len(found) == 240


def test_a_pasted_text_is_cleaned_alike() -> None:
    document = pasted_document("A\u030asa\x00 20080131-1234\r\nskrev")
    assert (document.text, document.personnummer_removed) == ("Åsa [personnummer]\nskrev", 1)


@pytest.mark.parametrize(
    "hostile",
    [" " * 2_000_000 + "x", "\n" * 2_000_000, "1" * 2_000_000, "a\u030a" * 500_000, "12_" * 700_000, "1 " * 900_000],
)
def test_cleaning_takes_linear_time(hostile: str) -> None:
    began = time.process_time()
    remove_personal_numbers(clean_text(hostile))
    assert time.process_time() - began < 3
