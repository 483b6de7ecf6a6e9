"""Logs that an operator can use and that hold nothing of a patient.

Only fields of ``ALLOWED`` are ever written; whatever else is passed is dropped, by name, as the last step before
rendering. Values are ours (ids of services and checks, counts, times), never text from a request.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import PurePath
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "bytes_in",
        "bytes_out",
        "service",
        "release",
        "relevant",
        "cards",
        "findings",
        "not_checked",
        "refused",
        "error",
        "at",
        "check",
        "host",
        "port",
        "workers",
        "version",
        "knowledge",
        "names",
        "fetched",
        "client",
        "cause",
        "keys",
    }
)

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def allowed_only(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in event.items() if name in ALLOWED}


class _StandardError:
    """Writes lines to standard error. A log that cannot be written never costs an answer."""

    def __init__(self, *_: Any) -> None:
        self.debug = self.info = self.warning = self.error = self.write

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def configure(level: str = "info") -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allowed_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_StandardError,
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    """The logger."""
    return structlog.get_logger()


def new_request_id() -> str:
    """An id that ties an answer to its log line. Ours, so that it cannot carry anything of the caller."""
    return uuid.uuid4().hex


def fault(error: BaseException) -> dict[str, str]:
    """What may be told of an exception: its type and line. Not its words, which may quote a request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    told = {"error": type(error).__name__}
    if trace is not None:
        told["at"] = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return told
