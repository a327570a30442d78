"""One JSON object per log line, with the request id and without personal data.

Exception messages are left out: a database error quotes the offending values, which are pupils' names and addresses.
The class of the error and the places in the code say what happened.
"""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def error_without_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the classes of the error chain and the frames, without any message."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        import sys

        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["error"] = " < ".join(_chain(error))
        event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    event.pop("exception", None)
    return event


def _chain(error: BaseException) -> list[str]:
    names: list[str] = []
    current: BaseException | None = error
    while current is not None and len(names) < 5:
        names.append(type(current).__qualname__)
        current = current.__cause__ or current.__context__
    return names


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    error_without_message,
]


def logging_config(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error through structlog. Also configures structlog itself."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED, _message_only_from_our_code],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # django-structlog writes a line per request with its status; Django's own would repeat it with the query.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING"},
            # Python's warnings on a hostile document quote its text.
            "pypdf": {"level": "CRITICAL"},
            "py.warnings": {"level": "CRITICAL"},
        },
    }


def _message_only_from_our_code(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Libraries may quote a query string in a path: cut it off."""
    text = event.get("event")
    if isinstance(text, str) and "?" in text:
        event["event"] = " ".join(word.split("?", 1)[0] for word in text.split(" "))
    return event
