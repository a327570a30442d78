"""The one error reading raises."""

CODES = frozenset(
    "empty_file no_text too_long file_too_large unsupported_type type_mismatch macro_file corrupt password_protected "
    "unsafe_xml archive_too_large archive_overlap too_many_entries nested_archive no_usable_entries unsupported_entry "
    "unsafe_path unsupported_compression too_complex too_many_pages parse_timeout out_of_memory encoding_unknown "
    "binary_text bad_name infected duplicate".split()
)


class ExtractionError(Exception):
    """The file cannot or must not be read. `code` is one of `CODES`; no message, which could quote the file."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        if code not in CODES:
            raise ValueError(f"unknown problem code {code}")
        self.code = code
