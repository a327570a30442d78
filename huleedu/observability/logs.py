"""One JSON object per log line, with the request id and without personal data.

Exception messages are left out: a database error quotes the offending values, which are students' names and addresses.
The class of the error and the places in the code say what happened.
"""

from __future__ import annotations

import re
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def error_without_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the classes of the error chain and the frames, without any message."""
    if str(event.get("logger")).startswith("django_structlog."):
        # It writes the message of a task's error beside the error.
        for name in ("error", "exception", "reason"):
            event.pop(name, None)
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        import sys

        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["error"] = " < ".join(_chain(error))
        event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    for name in [name for name, value in event.items() if isinstance(value, BaseException)]:
        event[name] = type(event[name]).__qualname__
    return event


def _chain(error: BaseException) -> list[str]:
    names: list[str] = []
    current: BaseException | None = error
    while current is not None and len(names) < 5:
        names.append(type(current).__qualname__)
        current = current.__cause__ or current.__context__
    return names


_TOKEN = re.compile(r"/(?:[0-9a-z]+-[0-9a-f]{32}|[^/\s?]{37,})(?=[/\s?]|$)")
"""A part of a path that opens something: of a password reset, or longer than an id is and signed."""


def without_tokens(path: str) -> str:
    """A path, or a text with paths in it, without what only the reader of a letter may know."""
    return _TOKEN.sub("/-", path)


_HARMLESS = re.compile(r"[\d.]+s?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Numbers, durations and ids."""
_OF_TASKS = ("name", "id", "description", "runtime", "hostname")
"""What of an event of Celery's trace says nothing of what the task was about."""


def _harmless(value: Any, *, by_celery: bool) -> Any:
    """A value that a library wants in its message: an error only as its class, and of Celery's no free text."""
    if isinstance(value, BaseException):
        return _Bare(type(value).__qualname__)
    if by_celery and not isinstance(value, int | float) and not _HARMLESS.fullmatch(str(value)):
        return _Bare("-")
    return value


class _Bare(str):
    """Text that `%r` writes without quotes."""

    def __repr__(self) -> str:
        return str(self)


def library_message(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Write a library's message anew with values that quote nothing; it has been written with all of them already.

    Celery's trace puts `repr(error)` and a task's arguments into its message, Django an error of a callback.
    """
    values = event.pop("positional_args", ())
    record = event["_record"]
    by_celery = record.name.startswith("celery")
    if isinstance(values, dict):
        values = {
            name: value if name in _OF_TASKS else _harmless(value, by_celery=by_celery)
            for name, value in values.items()
        }
    elif values:
        values = tuple(_harmless(value, by_celery=by_celery) for value in values)
    if values:
        event["event"] = str(record.msg) % values
    return event


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
                "foreign_pre_chain": [library_message, *SHARED, _message_only_from_our_code],
                "pass_foreign_args": True,
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
            # The servers bring handlers of their own, which write tracebacks with the message of the error.
            **{name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.access", "_granian")},
        },
    }


def _message_only_from_our_code(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Libraries may quote a path: cut off its query string and the token of a one-time link."""
    text = event.get("event")
    if isinstance(text, str):
        event["event"] = without_tokens(" ".join(word.split("?", 1)[0] for word in text.split(" ")))
    return event
