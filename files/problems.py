"""What each problem code says to a teacher: what happened, then what to do."""

from __future__ import annotations

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from files.actions import size_limit
from files.models import EssayFile

MESSAGES: dict[str, Promise] = {
    "empty_file": _("The file is empty. Ask for the file again, or paste the text."),
    "no_text": _("There is no text in the file; its pages may be pictures. Ask for the document they were made from."),
    "too_long": _("The text is far too long. Open the file and see if it is the right one."),
    "file_too_large": _(
        "The file is {size} MB. The limit is {limit} MB. Pictures in the document are often the cause."
    ),
    "unsupported_type": _("We cannot read this kind of file. Ask for docx, pdf, odt, rtf or txt, or paste the text."),
    "type_mismatch": _("The file is not what its ending says. It may be damaged or have the wrong ending."),
    "macro_file": _("The file holds macros, so we do not open it. Ask for a copy saved as docx."),
    "corrupt": _("The file cannot be opened. It may be damaged or have the wrong ending."),
    "password_protected": _(
        "The file is locked with a password, so we cannot read it. Ask for a copy without password, or paste the text."
    ),
    "unsafe_xml": _("The file was stopped as unsafe. Ask for a new copy saved as docx or pdf."),
    "archive_too_large": _("Unpacked, the file would be far too large, so it was stopped as unsafe."),
    "archive_overlap": _("The file was stopped as unsafe: its parts lie over each other."),
    "too_many_entries": _("The file has too many parts, so it was stopped as unsafe."),
    "nested_archive": _("A zip inside a zip is not opened. Unpack it and drop the files."),
    "no_usable_entries": _("There was no text in the zip."),
    "unsupported_entry": _("This part of the zip cannot be used."),
    "unsafe_path": _("The file has an unsafe path in the zip and was left out."),
    "unsupported_compression": _("The zip is packed in a way we cannot open. Pack it again as an ordinary zip."),
    "too_complex": _(
        "The document is built in so complicated a way that reading it was stopped. Paste the text instead."
    ),
    "too_many_pages": _("The file has too many pages."),
    "parse_timeout": _("Reading took too long and was stopped. Try again, or paste the text."),
    "out_of_memory": _("Reading needed too much memory and was stopped. Paste the text instead."),
    "encoding_unknown": _("The letters of the file cannot be read. Save it as UTF-8 or as docx, or paste the text."),
    "binary_text": _("The file is not text, though its ending says so."),
    "bad_name": _("The file has a name that cannot be used."),
    "infected": _("The file was stopped by the virus scanner."),
    "duplicate": _("Same content as another file. We kept one."),
    "short_text": _("We found only {n} characters. Open the file and see if the text is there."),
}
"""The contract's codes; each has exactly one message."""

ZIP_MESSAGES: dict[str, Promise] = {
    "too_many_entries": _("The zip holds more than a batch can take: at most {files} texts. Split it in two."),
    "archive_too_large": _("Unpacked, the zip would be far too large, or there is no room left for so much."),
    "file_too_large": _("The zip is {size} MB. The limit is {limit} MB. Split it in two."),
    "type_mismatch": _("The file is not a zip of texts, though its ending says so. It may have the wrong ending."),
    "password_protected": _("The zip is locked with a password. Unpack it and drop the folder."),
}
"""Said instead where the file is a zip of texts."""


UNREADABLE_MESSAGES: dict[str, Promise] = {
    "doc": _("An old Word file (.doc) is not opened. Save it as docx, or paste the text."),
    "picture": _("This is a picture: there is no text to read. Paste the text."),
}
"""Said in place of `unsupported_type` where it is known what the file is; it stays, and a person can match it."""


def message_for(file: EssayFile) -> str:
    """The sentence for the file's problem or warning, empty where there is none."""
    code = file.problem or file.warning
    if code == "short_text":
        return _little_text(file)
    special = ZIP_MESSAGES.get(code) if file.is_zip else None
    if code == "unsupported_type":
        special = special or UNREADABLE_MESSAGES.get(file.detected_type)
    text = special or MESSAGES.get(code)
    limits = {"limit": size_limit(is_zip=file.is_zip) // 1_000_000, "files": settings.MAX_FILES_PER_BATCH}
    return str(text).format(size=-(-file.size // 1_000_000), **limits) if text else ""


def _little_text(file: EssayFile) -> str:
    """How much was found: `characters` where the file's row was read with them, otherwise counted in its text."""
    n: int | None = getattr(file, "characters", None)
    n = len(file.text.strip()) if n is None else n
    one = _("We found only {n} character. Open the file and see if the text is there.")
    return str(one if n == 1 else MESSAGES["short_text"]).format(n=n)
