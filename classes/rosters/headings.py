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
    "fornavn|forename|forenames|etunimi|etunimet|vorname|prénom|prenom|nombre",
    "family_name": "efternamn|last name|family_name|surname|family name|lastname|familyname|last|last_name|"
    "etternavn|efternavn|sukunimi|nachname|nom|apellidos|apellido|lastnames|last names",
    "full_name": "namn|elev|elevnamn|fullständigt namn|student|name|full name|display name|elever|deltagare|full_name|"
    "fullname|displayname|hela namnet|för- och efternamn|navn|nimi|studentnamn|participant|pupil|namn på elev|"
    "spelare|player|oppilas|opiskelija|medlem|member|fullt navn|koko nimi|hela namn|elevlista|klasslista",
    "preferred_name": "tilltalsnamn|preferred name|preferred_name|preferred|kallas|nickname|smeknamn|"
    "preferredgivenname|preferred given name|preferred first name|known as|short_name|kutsumanimi|kallenavn",
    "email": "e-post|e-postadress|epost|epostadress|mail|mejl|email|e-mail|email address|e-mail address|mailadress|"
    "skolmejl|mejladress|school e-mail|username (email)|emailaddress|email_address|e-mailadress|"
    "skolmail|elevmail|e-postadresse|epostadresse|sähköposti|e-post adress|e-mail-adresse|email-adresse|"
    "primary email|userprincipalname|user principal name|upn|sähköpostiosoite|emailadress|e-posti|correo|courriel",
    "class": "klass|grupp|grupper|avdelning|undervisningsgrupp|section|class|group|klass/grupp|sections|groups|"
    "sektion|sektioner|cohort1|group1|klasse|gruppe|luokka|ryhmä|homeroom|basgrupp|mentorsgrupp|class name|"
    "section_name|section name|klassnamn",
    "canvas": "canvas id|canvas|canvas user id|canvas-id",
    "sis": "sis user id|sis id|sis-användar-id|sis-id|sis_id|sis användar-id",
    "brightspace": "orgdefinedid|org defined id",
    "github": "github_username|github username|github-användare",
    "student_id": "elev-id|elevid|studentkod|student id|sid|studentnummer|id number|idnumber|id-nummer|student_id|"
    "elevnummer|student number|studentnr|id_number|studentid|elevkod|studentnumber",
    "login": "användarnamn|login|sis login id|username|user name|användar-id|user_name|login id|login_id|brukernavn|"
    "sis-inloggnings-id|inloggningsnamn|inloggning|inloggnings-id|käyttäjätunnus|konto",
    "huleedu": "huleedu-id|huleedu id",
    "sds": "sds id",
    "oneroster": "oneroster id|sourcedid",
    "sakai": "sakai id|sakai",
    "moodle_participant": "moodle participant|moodle-deltagare",
    "protected": "sekretessmarkering|skyddad|skyddad identitet|sekretess|protected|securitymarking|"
    "skyddade personuppgifter|sekretessmarkerad|skyddad id|protected identity|skyddad folkbokföring|security marking",
    "role": "roll|role|roles|roller|typ av användare|user role|rolle|rooli|profil|profile|användartyp|user type|"
    "usertype|medlemstyp|member type|befattning|job title|jobtitle",
}
_KNOWN_BUT_NOT_KEPT = frozenset(
    "id|identifier|identifierare|kön|gender|lösenord|password|födelsedatum|födelseår|birthdate|date of birth|ort|stad|"
    "skola|school|github_id|sortable_name|mobil|sms|pnr|civicno|person-id|personid".split("|")
)
_PRIVATE = re.compile(
    r"personn|^pnr|samordningsn|civicno|person-?id|födelsen|vårdnad|guardian|parent|förälder|målsman|anhörig|närstående|"
    r"telefon|phone|mobil|^tel\b|^tfn|^sms$|lösenord|password|postnummer|postnr|^ort$|hemadress|gatuadress|"
    r"social security|födelsed|birth|fødsels|syntymä|huoltaja|foresatt|værge|kontaktperson|contact|kontaktlärare|"
    r"privat|personal e-?mail|hemmail|hem-e-?post|fyra sista|sista (?:fyra|siffror)|kontrollsiffr|"
    r"\b(?:vh|vårdn|mor|mors|far|fars|mamma|mammas|pappa|pappas|mother|father)\b|\bvh\d|familj|emergency"
)
# Said of columns that are about the student all the same: `E-post (elev)`, `Elevens förnamn`, `Legal First Name`.
_OF_STUDENTS = (
    r"elev(?:en|ens|er|ernas)?|student(?:en|ens|s|'s)?|pupil(?:s|'s)?|legal|skol(?:an|ans)?|school|skola|oppilaan|"
    r"opiskelijan|deltagare|deltagarens|n|er|en|arna|j/n|ja/nej|y/n|obligatorisk"
)
_ABOUT_STUDENTS = re.compile(
    rf"^(?:{_OF_STUDENTS})[\s:_-]+(?=\w)|[\s_-]+(?:{_OF_STUDENTS})$|\s*[\[(](?:{_OF_STUDENTS})[\])]$"
)
_PROTECTED = re.compile(
    r"^(?!.*(?:lösen|password|ombud|samtyck)).*(?:sekre(?:t|$)|sekr\b|skydd|hemlig (?:id|upp)|kvarskriv)"
)
_SURNAME = r"efternamn|last ?name|surname|sukunimi|etternavn|efternavn|last"
_GIVEN = r"förnamn|first ?name|first|fornavn|etunimi|given name"
_BOTH_NAMES = re.compile(
    rf"^(?P<first>{_SURNAME}|{_GIVEN})(?:\s*[,/&+-]\s*|\s+|\s+(?:och|and|ja|og)\s+)(?:{_SURNAME}|{_GIVEN})$"
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
    found = BY_HEADER.get(joined) or BY_HEADER.get(joined.replace(" ", "-")) or BY_HEADER.get(joined.replace(" ", ""))
    if found:
        return found
    if _PROTECTED.search(key):
        return "protected"
    if _order_of_both(key):
        return "full_name"
    rest = _ABOUT_STUDENTS.sub("", key)
    return field_of(rest) if rest and rest != key and not _PRIVATE.search(key) else None


def _order_of_both(key: str) -> str:
    """The first of the two names that a column of whole names is headed with: `Efternamn, Förnamn`; or nothing."""
    named = re.fullmatch(r"(?:[\w ]+)?\((.+)\)", key)
    match = _BOTH_NAMES.match(named[1] if named else key)
    return match["first"] if match else ""


def says_surname_first(header: str) -> bool:
    """Whether the heading of whole names says that they begin with the surname."""
    return bool(re.fullmatch(_SURNAME, _order_of_both(header_key(header))))


def is_private(header: str) -> bool:
    """Whether what stands below is nobody's business here: identity numbers, addresses, telephones, guardians."""
    key = header_key(header)
    if key in BY_HEADER or _PROTECTED.search(key):
        return False
    return bool(_PRIVATE.search(key) or (_ADDRESS.search(key) and not _MAIL.search(key)))


def is_known(header: str) -> bool:
    """Whether the heading is one we know, to be kept or not."""
    return field_of(header) is not None or header_key(header) in _KNOWN_BUT_NOT_KEPT or is_private(header)
