"""Logs that an operator can use and that hold nothing of a patient.

Only fields of ``ALLOWED`` are ever written; whatever else is passed is dropped, by name, as the last step before
rendering. Values are ours (ids of services and checks, counts, times), never text from a request. No library for logs:
loading one costs half of what the web framework costs.
"""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

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
        "faults",
    }
)

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log:
    """Lines of JSON on standard error. A log that cannot be written never costs an answer."""

    def __init__(self) -> None:
        self.least = _LEVELS["info"]

    def debug(self, event: str, **fields: Any) -> None:
        """What only a developer looks for."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """What happened as it should."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """What an operator should look at."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """What failed."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if _LEVELS[level] < self.least:
            return
        said = {name: value for name, value in fields.items() if name in ALLOWED}
        said |= {"event": event, "level": level, "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
        with suppress(OSError, ValueError):
            sys.stderr.write(json.dumps(said, default=repr) + "\n")
            sys.stderr.flush()


_log = Log()


def configure(level: str = "info") -> None:
    """Which level is the least that is written."""
    _log.least = _LEVELS[level]


def log() -> Log:
    """The logger."""
    return _log


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
