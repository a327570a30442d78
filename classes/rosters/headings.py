"""What the columns of class lists are called, in Swedish, English and the neighbours' languages. Pure."""

from __future__ import annotations

import re
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
    "huleedu",
    "oneroster",
    "sds",
    "student_id",
    "login",
    "protected",
    "role",
)
"""What a column can be; an unmapped one is not kept. From `canvas` to `login` they are external ids."""
EXTERNAL = frozenset(FIELDS[6:17])
UNLISTED = "unlisted"
"""A column that says again what another one says: neither kept nor told of."""
STATUS = "status"
"""Whether the row is to be deleted: only in lists whose source is known."""

_ALIASES: dict[str, str] = {
    "given_name": "förnamn|fornamn|first name|given_name|given name|firstname|givenname|first|first_name|"
    "elevens förnamn|fornavn|etunimi|etunimet|vorname|prénom|prenom|nombre|förnamn(en)|studentens förnamn",
    "family_name": "efternamn|last name|family_name|surname|family name|lastname|familyname|last|last_name|"
    "elevens efternamn|etternavn|efternavn|sukunimi|nachname|nom|apellidos|apellido|studentens efternamn",
    "full_name": "namn|elev|elevnamn|elevens namn|fullständigt namn|student|name|student name|full name|display name|"
    "elever|deltagare|full_name|fullname|displayname|hela namnet|för- och efternamn|förnamn och efternamn|navn|nimi|"
    "studentnamn|participant|pupil|pupil name|förnamn efternamn|namn på elev|elev namn|first name / last name|"
    "first name / surname|förnamn / efternamn",
    "preferred_name": "tilltalsnamn|preferred name|preferred_name|preferred|kallas|nickname|smeknamn|"
    "preferredgivenname|preferred given name|preferred first name|known as|short_name",
    "email": "e-post|e-postadress|epost|epostadress|mail|mejl|email|e-mail|email address|e-mail address|mailadress|"
    "skolmejl|mejladress|e-post skola|school e-mail|username (email)|emailaddress|email_address|e-mailadress|"
    "skolmail|skolans e-post|e-post (skola)|elevens e-post|elevmail|e-postadresse|sähköposti|e-post adress|"
    "student email|school email|primary email|userprincipalname|user principal name|elevens e-postadress|"
    "elevens mailadress|upn|e-post elev|email (school)|sähköpostiosoite|emailadress",
    "class": "klass|grupp|grupper|avdelning|undervisningsgrupp|section|class|group|klass/grupp|sections|groups|"
    "sektion|sektioner|cohort1|group1|klasse|gruppe|luokka|basgrupp|mentorsgrupp|class name|section_name|"
    "section name|klassnamn",
    "canvas": "canvas id|canvas|canvas user id|canvas-id",
    "sis": "sis user id|sis id|sis-användar-id|sis-id|sis_id|sis användar-id",
    "brightspace": "orgdefinedid|org defined id",
    "github": "github_username|github username|github-användare",
    "student_id": "elev-id|elevid|studentkod|student id|sid|studentnummer|id number|idnumber|id-nummer|student_id|"
    "elevnummer|student number|studentnr|id_number|studentid|elevkod|studentnumber",
    "login": "användarnamn|login|sis login id|username|user name|användar-id|user_name|login id|login_id|brukernavn|"
    "sis-inloggnings-id|inloggningsnamn|inloggning|käyttäjätunnus|konto",
    "huleedu": "huleedu-id|huleedu id",
    "sds": "sds id",
    "oneroster": "oneroster id|sourcedid",
    "sakai": "sakai id|sakai",
    "moodle_participant": "moodle participant|moodle-deltagare",
    "protected": "sekretessmarkering|skyddad|skyddad identitet|sekretess|protected|securitymarking|"
    "skyddade personuppgifter|sekretessmarkerad|skyddad id|protected identity|skyddad folkbokföring|security marking",
    "role": "roll|role|roles|roller|typ av användare|user role",
}
_KNOWN_BUT_NOT_KEPT = frozenset(
    "id|identifier|identifierare|kön|gender|lösenord|password|födelsedatum|födelseår|birthdate|date of birth|ort|stad|"
    "skola|school|github_id|sortable_name|mobil|sms|pnr|civicno|person-id|personid".split("|")
)
_PRIVATE = re.compile(
    r"personn|^pnr|samordningsn|civicno|person-?id|födelsen|vårdnad|guardian|parent|förälder|målsman|anhörig|närstående|"
    r"telefon|phone|mobil|^tel\b|^tfn|^sms$|lösenord|password|postnummer|postnr|^ort$|hemadress|gatuadress|"
    r"social security|födelsed|birth"
)
_ADDRESS = re.compile(r"adress|address|^street|^c/o")
_MAIL = re.compile(r"e-?post|mail|mejl")
_BRACKETS = re.compile(r"\s*[\[(](?:required|obligatorisk\w*|obl\.?|valfri\w*|optional)[\])]$")
BY_HEADER = {header: field for field, headers in _ALIASES.items() for header in headers.split("|")}
BY_HEADER |= {field: field for field in FIELDS}


def header_key(header: str) -> str:
    """`* E-post:` → `e-post`; `Email Address [Required]` → `email address`."""
    key = unicodedata.normalize("NFC", header).casefold().strip(" *:.#\ufeff\t\"'")
    return _BRACKETS.sub("", " ".join(key.split()))


def field_of(header: str) -> str | None:
    """The field a heading names, None where it is unknown or not to be kept."""
    key = header_key(header)
    if key in BY_HEADER:
        return BY_HEADER[key]
    # `first_name`, `E Post`: the same words joined otherwise
    joined = re.sub(r"[\s_-]+", " ", key)
    return BY_HEADER.get(joined) or BY_HEADER.get(joined.replace(" ", "-")) or BY_HEADER.get(joined.replace(" ", ""))


def is_private(header: str) -> bool:
    """Whether what stands below is nobody's business here: identity numbers, addresses, telephones, guardians."""
    key = header_key(header)
    if key in BY_HEADER:
        return False
    return bool(_PRIVATE.search(key) or (_ADDRESS.search(key) and not _MAIL.search(key)))


def is_known(header: str) -> bool:
    """Whether the heading is one we know, to be kept or not."""
    return field_of(header) is not None or header_key(header) in _KNOWN_BUT_NOT_KEPT or is_private(header)
