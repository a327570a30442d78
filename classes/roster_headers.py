"""What the columns of class lists are called, in Swedish and English. Pure."""

from __future__ import annotations

import unicodedata

FIELDS = (
    "given_name",
    "family_name",
    "full_name",
    "preferred_name",
    "email",
    "class",
    "canvas",
    "moodle_participant",
    "sakai",
    "sis",
    "brightspace",
    "github",
    "student_id",
    "login",
    "protected",
    "role",
)
"""What a column can be; an unmapped one is not kept. From `canvas` to `login` they are external ids."""
EXTERNAL = frozenset(FIELDS[6:14])

_ALIASES: dict[str, str] = {
    "given_name": "förnamn|fornamn|first name|given_name|given name|firstname|givenname|first|elevens förnamn",
    "family_name": "efternamn|last name|family_name|surname|family name|lastname|familyname|last|elevens efternamn",
    "full_name": "namn|elev|elevnamn|elevens namn|fullständigt namn|student|name|student name|full name|display name|"
    "elever|deltagare",
    "preferred_name": "tilltalsnamn|preferred name|preferred_name|preferred|kallas|nickname",
    "email": "e-post|e-postadress|epost|epostadress|mail|mejl|email|e-mail|email address|e-mail address|mailadress|"
    "skolmejl|mejladress|e-post skola|school e-mail|username (email)",
    "class": "klass|grupp|grupper|avdelning|undervisningsgrupp|section|class|group|klass/grupp|sections",
    "canvas": "canvas id|canvas",
    "sis": "sis user id|sis id",
    "brightspace": "orgdefinedid",
    "github": "github_username|github username",
    "student_id": "elev-id|elevid|studentkod|student id|sid|studentnummer|id number",
    "login": "användarnamn|login|sis login id|username|user name|användar-id|display id",
    "protected": "sekretessmarkering|skyddad|skyddad identitet|sekretess|protected|securitymarking",
    "role": "roll|role|roles|roller",
}
_DISCARDED = frozenset(
    [
        "personnummer",
        "pnr",
        "person-id",
        "personid",
        "samordningsnummer",
        "civicno",
        "födelsedatum",
        "födelsenummer",
        "adress",
        "postnummer",
        "postadress",
        "ort",
        "telefon",
        "telefonnummer",
        "mobil",
        "mobilnummer",
        "vårdnadshavare",
        "vårdnadshavare 1",
        "vårdnadshavare 2",
        "address",
        "phone",
        "guardian",
        "lösenord",
        "password",
        "kön",
        "gender",
    ]
)
BY_HEADER = {header: field for field, headers in _ALIASES.items() for header in headers.split("|")}


def header_key(header: str) -> str:
    """`* E-post:` → `e-post`."""
    return unicodedata.normalize("NFC", header).casefold().strip(" *:.#\ufeff\t")


def field_of(header: str) -> str | None:
    """The field a heading names, None where it is unknown or not to be kept."""
    return BY_HEADER.get(header_key(header))


def is_known(header: str) -> bool:
    """Whether the heading is one we know, to be kept or not."""
    key = header_key(header)
    return key in BY_HEADER or key in _DISCARDED
