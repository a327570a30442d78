"""The kinds of lists that school systems write, made here: what each gives, and what hostile ones do not."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from classes.rosters.cleaning import cleaned
from classes.rosters.grid import RosterError, load_grid
from classes.rosters.names import split_full_name
from classes.rosters.parsing import ParsedRoster, parse_grid, parse_roster
from classes.rosters.reading import read_grid
from huleedu.common.spreadsheet import plain_cell, safe_cell


def people(parsed: ParsedRoster) -> list[tuple[str, str, str | None]]:
    return [(row.given_name, row.family_name, row.email) for row in parsed.rows]


def zipped(**files: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/") + ("" if "." in name else ".csv"), data)
    return out.getvalue()


ASA = ("Åsa", "Öberg", "asa@elev.example")

KINDS: dict[str, tuple[str, str, list[dict[str, str]]]] = {
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Uppsats (1)\n,,,,,Manual Posting\n    Points Possible,,,,,10\n"
        '"Öberg, Åsa",4301,s1,asa@elev.example,SA24D,\n"Student, Test",9,,,SA24D,\n',
        "canvas_gradebook",
        [{"canvas": "4301", "sis": "s1"}],
    ),
    "canvas with short logins": (
        'Student,ID,SIS Login ID,Section\n"Öberg, Åsa",4301,asaobe,SA24D\n',
        "canvas_gradebook",
        [{"canvas": "4301", "login": "asaobe"}],
    ),
    "canvas sis": (
        "user_id,login_id,first_name,last_name,email,status\nu1,asaobe,Åsa,Öberg,asa@elev.example,active\n"
        "u2,boek,Bo,Ek,bo@elev.example,deleted\n",
        "canvas_sis",
        [{"sis": "u1", "login": "asaobe"}],
    ),
    "moodle worksheet": (
        "Identifierare;Fullständigt namn;E-postadress;Status;Betyg\nDeltagare 77;Åsa Öberg;asa@elev.example;Ja;\n",
        "moodle_worksheet",
        [{"moodle_participant": "77"}],
    ),
    "moodle participants": (
        "First name,Last name,Email address,Roles,Groups\nÅsa,Öberg,asa@elev.example,Student,\n"
        "Lars,L,lars@personal.example,Non-editing teacher,\n",
        "moodle_participants",
        [{}],
    ),
    "moodle upload": (
        "username,firstname,lastname,email,idnumber,cohort1\nasaobe,Åsa,Öberg,asa@elev.example,17,SA24D\n",
        "moodle_upload",
        [{"login": "asaobe", "student_id": "17"}],
    ),
    "sakai": (
        '"Uppsats","SCORE_GRADE_TYPE"\n""\n"Display ID","ID","Last Name","First Name","grade"\n'
        '"asaobe","u","Öberg","Åsa",""\n',
        "sakai_grades",
        [{"sakai": "asaobe"}],
    ),
    "brightspace": ("OrgDefinedId,Last Name,First Name,Email\n#5,Öberg,Åsa,asa@elev.example\n", "brightspace",
                    [{"brightspace": "5"}]),
    "github": ('"identifier","github_username","github_id","name"\n"asa@elev.example","ao","1","Åsa Öberg"\n',
               "github_classroom", [{"github": "ao"}]),
    "github with numbers": ('"identifier","github_username","github_id","name"\n"s-17","ao","1","Åsa Öberg"\n',
                            "github_classroom", [{"github": "ao", "student_id": "s-17"}]),
    "gradescope": ("First Name,Last Name,SID,Email,Sections\nÅsa,Öberg,17,asa@elev.example,A\n", "gradescope",
                   [{"student_id": "17"}]),
    "markus": ("c5asa,9A,Öberg,Åsa,836100,asa@elev.example\n", "markus", [{"login": "c5asa", "student_id": "836100"}]),
    "google": ("Last Name,First Name,Email Address,Bok\nÖberg,Åsa,asa@elev.example,8\n", "google_classroom", [{}]),
    "google workspace": ("First Name [Required],Last Name [Required],Email Address [Required]\n"
                         "Åsa,Öberg,asa@elev.example\n",
                         "google_classroom", [{}]),
    "digiexam": ("epost, förnamn, efternamn, studentkod\nasa@elev.example, Åsa, Öberg, k7\n", "csv",
                 [{"student_id": "k7"}]),
    "norwegian": ("Fornavn;Etternavn;E-postadresse\nÅsa;Öberg;asa@elev.example\n", "csv", [{}]),
    "name and guardians": ("Tilltalsnamn;Efternamn;E-post;Vårdnadshavare 1 e-post\n"
                           "Åsa;Öberg;asa@elev.example;m@hem.example\n",
                           "csv", [{}]),
    "google with rows about tasks": (
        "Last Name,First Name,Email Address,Bok\nDate,,,2025-11-02\nPoints,,,10\nClass Average,,,7\n"
        "Öberg,Åsa,asa@elev.example,8\n", "google_classroom", [{}],
    ),
    "below a title": (
        "Rapport\nSkolan\n\nKlass: SA24D\nNr;Elev;Personnr;E-post\n1;Öberg, Åsa;20070101-2384;asa@elev.example\n",
        "csv", [{}],
    ),
    "surname first": ("Namn;E-post\nÖberg Åsa;asa@elev.example\n", "csv", [{}]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_text(kind: str) -> None:
    text, source, numbers = KINDS[kind]
    parsed = parse_roster(text.encode())
    assert parsed.source == source
    assert [(row.given_name, row.family_name) for row in parsed.rows] == [("Åsa", "Öberg")]
    assert parsed.rows[0].email in ("asa@elev.example", None)
    assert [dict(row.external_ids) for row in parsed.rows] == numbers


ONEROSTER_USERS = (
    "sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,identifier,email,phone\n"
    "u1,,true,o,student,asaobe,Åsa,Öberg,17,asa@elev.example,070\nu2,tobedeleted,true,o,student,b,Bo,Ek,18,b@elev.example,\n"
    "u3,,true,o,teacher,l,Lars,L,1,l@p.example,\nu4,,false,o,student,c,Ci,C,19,c@elev.example,\n"
    "u5,,true,o,student,d,Di,D,20,d@elev.example,\n"
)
ENROLMENTS = "sourcedId,status,classSourcedId,userSourcedId,role\ne1,,c1,u1,student\ne2,,c1,nobody,student\n"
CLASSES = "sourcedId,title\nc1,Svenska\n"


def test_oneroster() -> None:
    manifest = "propertyName,value\noneroster.version,1.1\n"
    data = zipped(manifest=manifest, users=ONEROSTER_USERS, enrollments=ENROLMENTS, classes=CLASSES)
    parsed = parse_roster(data)
    assert (parsed.source, parsed.discarded_columns) == ("oneroster_1.1", ())
    assert people(parsed) == [ASA]
    assert parsed.rows[0].school_class == "Svenska"
    assert dict(parsed.rows[0].external_ids) == {"login": "asaobe", "oneroster": "u1", "student_id": "17"}
    assert {(p.file, p.line, p.code) for p in parsed.problems} == {
        ("enrollments.csv", 3, "orphan_enrollment"), ("users.csv", 3, "to_be_deleted"),
        ("users.csv", 4, "not_a_student"),
        ("users.csv", 5, "to_be_deleted"), ("users.csv", 6, "not_enrolled"),
    }  # fmt: skip
    assert parse_grid(load_grid(read_grid(data).dump())) == parsed


def test_roles_in_a_file_of_their_own() -> None:
    users = "sourcedId,enabledUser,username,givenName,familyName,email,preferredGivenName\n"
    users += "u1,true,a,Åsa,Öberg,asa@elev.example,Ossa\nu3,true,l,Lars,L,l@p.example,\n"
    roles = "sourcedId,status,userSourcedId,roleType,role\nr1,,u1,primary,student\nr2,,u3,primary,teacher\n"
    parsed = parse_roster(zipped(users=users, roles=roles, classes=CLASSES, enrollments=ENROLMENTS))
    assert people(parsed) == [ASA]
    assert parsed.rows[0].preferred_name == "Ossa"


@pytest.mark.parametrize("folder", ["", "export__"])
def test_school_data_sync(folder: str) -> None:
    two: dict[str, str] = {
        f"{folder}users": "sourcedId,username,givenName,familyName\ns1,asa@elev.example,Åsa,Öberg\n"
        "t1,l@p.example,Lars,L\n",
        f"{folder}roles": "userSourcedId,orgSourcedId,role\ns1,o,student\nt1,o,teacher\n",
    }
    one = {f"{folder}student": "SIS ID,School SIS ID,Username,First Name,Last Name\ns1,o,asa@elev.example,Åsa,Öberg\n"}
    for files in (two, one):
        parsed = parse_roster(zipped(**files))
        assert people(parsed) == [ASA]
        assert dict(parsed.rows[0].external_ids) == {"sds": "s1"}
        assert parsed.source == "sds"


def test_a_zip_with_one_list_is_that_list() -> None:
    assert people(parse_roster(zipped(**{"klass.csv": "Förnamn;Efternamn;E-post\nÅsa;Öberg;asa@elev.example\n"}))) == [
        ASA
    ]


def _broken_zip() -> bytes:
    data = bytearray(zipped(users=ONEROSTER_USERS * 50))
    data[60:400] = b"\x00" * 340
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(**{f"f{n}": "x" for n in range(1_001)}), "corrupt"),
        (zipped(users="a" * 20_000_000), "corrupt"),
        (zipped(**{"inner.csv": zipped(users="x"), "b.csv": "x"}), "unsupported_type"),
        (zipped(**{"inner.csv": zipped(users="x")}), "unsupported_type"),
        (zipped(users="first,second\n1,2\n"), "unsupported_type"),
        (zipped(**{"essay.docx": "x"}), "unsupported_type"),
        (_broken_zip(), "corrupt"),
    ],
    ids=["entries", "ratio", "two", "nested", "other users", "no list", "broken"],
)
def test_hostile_zips(data: bytes, code: str) -> None:
    with pytest.raises(RosterError) as caught:
        parse_roster(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Åsa Öberg asa@elev.example", [ASA]),
        ("Åsa Öberg (asa@elev.example)", [ASA]),
        ("1. Åsa Öberg\n2. Bo Ek\n", [("Åsa", "Öberg", None), ("Bo", "Ek", None)]),
        ("• Åsa Öberg\n• Bo Ek\n", [("Åsa", "Öberg", None), ("Bo", "Ek", None)]),
        ("Åsa Öberg, Bo Ek, Lo Ahl", [("Åsa", "Öberg", None), ("Bo", "Ek", None), ("Lo", "Ahl", None)]),
        ("asa@elev.example, bo@elev.example", [("", "", "asa@elev.example"), ("", "", "bo@elev.example")]),
        ('"Öberg, Åsa" <asa@elev.example>', [ASA]),
        ("Öberg, Åsa <asa@elev.example>, Ek, Bo <bo@elev.example>", [ASA, ("Bo", "Ek", "bo@elev.example")]),
        ("Öberg, Åsa <asa@elev.example>\nEk, Bo <bo@elev.example>", [ASA, ("Bo", "Ek", "bo@elev.example")]),
        ("SA24D\nÅsa Öberg\nBo Ek\n", [("Åsa", "Öberg", None), ("Bo", "Ek", None)]),
        ("asaobe,Öberg,Åsa\nboek,Ek,Bo\n", [("Åsa", "Öberg", None), ("Bo", "Ek", None)]),
        ("Suriya\nBo Ek\n", [("Suriya", "", None), ("Bo", "Ek", None)]),
    ],
)
def test_pasted(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert people(parse_roster(text)) == expected


@pytest.mark.parametrize(
    ("full", "email", "expected"),
    [
        ("Anna Karin Berg", "annakarin.berg@elev.example", ("Anna Karin", "Berg")),
        ("Anna Karin Berg", "", ("Anna", "Karin Berg")),
        ("Anna von Älgskog", "", ("Anna", "von Älgskog")),
        ("Ali de la Cruz", "", ("Ali", "de la Cruz")),
        ("Suriya", "", ("Suriya", "")),
        ("Berg Ek, Anna Karin", "", ("Anna Karin", "Berg Ek")),
        ("", "", ("", "")),
    ],
)
def test_whole_names(full: str, email: str, expected: tuple[str, str]) -> None:
    assert split_full_name(full, email=email) == expected


@pytest.mark.parametrize("value", ["=1+1", "+46", "-Bo", "@SUM", "'=1", "''-x", "Bo", "'t Hooft", "", "O'Brien"])
def test_formulas_are_neutralised_and_come_back(value: str) -> None:
    assert not safe_cell(value).startswith(("=", "+", "-", "@"))
    assert plain_cell(safe_cell(value)) == value


def test_what_is_private_is_not_kept_as_a_draft() -> None:
    text = (
        "Förnamn;Efternamn;E-post;Telefon;Hemadress;Vårdnadshavare;Personnummer;Sekretess\n"
        "Åsa;Öberg;asa@elev.example;070-1;Gatan 1;Eva;19121212-1212;nej\nBo;Ek;bo@elev.example;070-2;Gatan 2;Ulf;1;ja\n"
    )
    kept = cleaned(read_grid(text))
    draft = kept.grid.dump().decode()
    for word in ("070", "Gatan", "Eva", "Ulf", "1212", "Bo", "bo@elev"):
        assert word not in draft, word
    parsed = parse_grid(load_grid(kept.grid.dump()))
    assert people(parsed) == [ASA]
    assert [problem.code for problem in parsed.problems] == ["protected"]
    assert parsed.discarded_columns == ("Telefon", "Hemadress", "Vårdnadshavare", "Personnummer")
    assert kept.removed == 1


def test_numbers_as_text_and_a_formula_without_its_value() -> None:
    from openpyxl import Workbook

    book = Workbook()
    first: Any = book.active
    first.append(["Schema", "Tid"])
    sheet = book.create_sheet("Elever")
    headings = ["Elev-ID", "Förnamn", "Efternamn", "E-post"]
    for row in (["Klass SA24D"], [], headings, ["00535700", "Åsa", "Öberg", ASA[2]],
                [17.0, "Bo", "Ek", '=LOWER("B")'], [], ["Totalt", 2]):  # fmt: skip
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    parsed = parse_roster(out.getvalue())
    assert (parsed.sheet, parsed.header_line) == ("Elever", 3)
    assert people(parsed) == [ASA, ("Bo", "Ek", None)]
    assert [dict(row.external_ids)["student_id"] for row in parsed.rows] == ["00535700", "17"]
    assert parsed.ignored == ((7, "footer"),)


# --- lists put together from two places ------------------------------------------------------------------------------


def _address(given: str, family: str) -> str:
    return f"{given}.{family}@elev.example".lower().replace(" ", "")


BY_COMMA = [("Emil", "Berg"), ("Sara", "Lund"), ("Bo", "Ek")]
BY_SPACE = [("Jasmin", "Karimi"), ("Ali", "Hassan"), ("Lo", "Dahl")]
IN_TWO = [("Amir", "Haddad"), ("Elias", "von Sydow"), ("Ida", "Nilsson")]
COMMA, SPACE, TWO = (
    [shape.format(given=given, family=family) + "\t" + _address(given, family) for given, family in names]
    for shape, names in (("{family}, {given}", BY_COMMA), ("{given} {family}", BY_SPACE), ("{family}\t{given}", IN_TWO))
)
MIXED: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "mostly whole names": ([*COMMA, *SPACE, *TWO], [*BY_COMMA, *BY_SPACE, *IN_TWO]),
    "mostly two names": ([*TWO, *COMMA[:1]], [*IN_TWO, *BY_COMMA[:1]]),
    "as many of each": ([*SPACE, *TWO], [*BY_SPACE, *IN_TWO]),
    "filled up as Excel does": ([*COMMA, *(f"{line}\t" for line in SPACE), *TWO], [*BY_COMMA, *BY_SPACE, *IN_TWO]),
    "headings of a whole name": (["Namn\tE-post", *SPACE, *TWO], [*BY_SPACE, *IN_TWO]),
    "headings of two names": (["Efternamn\tFörnamn\tE-post", *TWO, *SPACE], [*IN_TWO, *BY_SPACE]),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_rows_of_two_shapes_lose_nothing(name: str) -> None:
    lines, names = MIXED[name]
    parsed = parse_roster("\n".join(lines))
    assert people(parsed) == [(given, family, _address(given, family)) for given, family in names]
    assert {problem.code for problem in parsed.problems} <= {"extra_cells"}
    fields = [column.field for column in parsed.columns if column.field]
    assert len(fields) == len(set(fields))


def test_a_single_name_beside_an_empty_cell_is_one_in_a_list_of_two_shapes() -> None:
    singles = ["\tSuriya\tsuriya@elev.example", "Xi\t\txi@elev.example"]
    parsed = parse_roster("\n".join([*SPACE, *TWO, *singles]))
    assert [f"{row.given_name}{row.family_name} {row.email}" for row in parsed.rows[-2:]] == [
        "Suriya suriya@elev.example",
        "Xi xi@elev.example",
    ]
    assert not parsed.problems


@pytest.mark.parametrize("surname_first", [False, True])
def test_how_whole_names_are_written_says_nothing_of_two_names(surname_first: bool) -> None:
    parsed = parse_roster("\n".join([*COMMA, *SPACE, *TWO]), surname_first=surname_first)
    assert people(parsed)[-1] == ("Ida", "Nilsson", "ida.nilsson@elev.example")


@pytest.mark.parametrize("said", ["saknas", "ingen", "-"])
def test_the_address_of_another_is_not_taken_for_a_missing_one(said: str) -> None:
    parsed = parse_roster("\n".join(["Namn\tE-post\t", f"Anna Berg\t{said}\tmum@hem.example", *SPACE, *COMMA]))
    assert people(parsed)[0] == ("Anna", "Berg", None)
    assert [(problem.code, problem.value) for problem in parsed.problems if problem.line == 2] == [("bad_email", said)]


def test_an_address_in_a_name_is_told() -> None:
    parsed = parse_roster("Förnamn;Efternamn;E-post\nAnna;anna@hem.example;anna.berg@elev.example\n")
    assert [problem.code for problem in parsed.problems] == ["suspicious_name"]
