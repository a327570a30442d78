"""Reading request bodies."""

from __future__ import annotations

import json
import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON escapes it. After an odd number of backslashes it is a backslash and five characters."""


class SafeJSONParser(JSONParser):
    """JSON without what PostgreSQL cannot store: NUL and lone surrogates are refused, so is absurd nesting."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Raises ParseError (400) where DRF's own parser would let a later 500 through."""
        try:
            data = super().parse(stream, media_type, parser_context)
            text = json.dumps(data, ensure_ascii=False)
            text.encode("utf-8")
        except (exceptions.ParseError, RecursionError, UnicodeEncodeError, ValueError) as error:
            # What the framework says of it is English; the place it names is worth passing on.
            said, cause = _("The request body is not valid JSON."), error.__context__
            where = f" ({cause.lineno}:{cause.colno})" if isinstance(cause, json.JSONDecodeError) else ""
            raise exceptions.ParseError(said + where) from error
        if _NUL.search(text):
            raise exceptions.ParseError(_("The request body holds a NUL character."))
        return data
