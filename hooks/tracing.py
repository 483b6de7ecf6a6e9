"""Traces for operators (OpenTelemetry, the extra ``otel``): where the time of a call went.

Off by default: then nothing is loaded, and ``span`` returns the same empty thing. What a span may say is on a list, as
for logs: names, ids of ours, counts; never an address, an id or a text of a request. Spans record no exceptions, whose
words may quote a request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from multiprocessing.util import Finalize
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hooks.observe import log
from hooks.settings import PREFIX, Settings, SettingsFaults

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

ALLOWED = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "gabaguard.request_id",
        "gabaguard.service",
        "gabaguard.release",
        "gabaguard.relevant",
        "gabaguard.knowledge",
        "gabaguard.findings",
        "gabaguard.not_checked",
        "gabaguard.key",
        "gabaguard.outcome",
    }
)
_SEND_LIMIT = 3.0  # seconds for one batch, all tries together: a stop waits for the last one


class Nothing:
    """A span of nobody."""

    __slots__ = ()

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def set(self, **_: Any) -> None:
        """Say nothing."""


class Span:
    """A span that is current while the block runs. ``set``: attributes, written with two underscores for a dot."""

    __slots__ = ("_context", "_manager", "_span")

    def __init__(self, manager: AbstractContextManager[Any]) -> None:
        self._manager = manager

    def __enter__(self) -> Span:
        self._span = self._manager.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._span.set_status(_error())
        self._manager.__exit__(None, None, None)  # what failed is not its business

    def set(self, **attributes: Any) -> None:
        """Say something that is on the list; anything else is dropped."""
        for name, value in attributes.items():
            if (dotted := name.replace("__", ".")) in ALLOWED:
                self._span.set_attribute(dotted, value)
                if dotted == "http.response.status_code" and value >= 500:
                    self._span.set_status(_error())


_NOTHING = Nothing()
_tracer: Any = None
_to_ehrs = False
_end: Callable[[], object] | None = None


def span(name: str, kind: str = "INTERNAL", parent: Any = None) -> Span | Nothing:
    """A step of the work, child of the one around it or of ``parent`` (``context()`` of another thread)."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.trace import SpanKind

    started = _tracer.start_as_current_span(
        name, context=parent, kind=SpanKind[kind], record_exception=False, set_status_on_exception=False
    )
    return Span(started)


def of_request(traceparent: str) -> Span | Nothing:
    """The span of a request: a child of the caller's, when it names one (``traceparent``; nothing else is read)."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    told = {"traceparent": traceparent}
    return span("request", "SERVER", TraceContextTextMapPropagator().extract(told, context=Context()))


def context() -> Any:
    """Where the work is now, for a child in another thread."""
    if _tracer is None:
        return None
    from opentelemetry.context import get_current

    return get_current()


def header() -> str:
    """The ``traceparent`` for a FHIR server; "" unless the settings send it."""
    if _tracer is None or not _to_ehrs:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def start(settings: Settings, exporter: SpanExporter | None = None) -> None:
    """Trace as the settings say. Raises ``SettingsFaults`` when the extra is not installed.

    ``exporter``: where spans go instead of the collector of the settings.
    """
    global _tracer, _to_ehrs, _end
    if not settings.traces and exporter is None:
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingsFaults([f"{PREFIX}TRACES: needs what `pip install gabaguard[otel]` installs"]) from None
    _tell_faults()
    about = {"service.name": "gabaguard", "service.version": version("gabaguard")}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or _collector(settings)))
    _end = Finalize(None, provider.shutdown, exitpriority=5)  # atexit is not run by the workers of a service
    _tracer, _to_ehrs = provider.get_tracer("gabaguard"), settings.traces_to_ehr


def stop() -> None:
    """Send what waits and trace no more. Only tests need it: a process does so at its end."""
    global _tracer, _to_ehrs, _end
    end, _tracer, _to_ehrs, _end = _end, None, False, None
    if end is not None:
        end()


def _collector(settings: Settings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=settings.traces, timeout=_SEND_LIMIT)


def _error() -> Any:
    from opentelemetry.trace import Status, StatusCode

    return Status(StatusCode.ERROR)


class _Faults(logging.Handler):
    """The library's own complaints, as a line of our log without their words."""

    def emit(self, record: logging.LogRecord) -> None:
        log().warning("traces are not sent", names=[record.name])


def _tell_faults() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.handlers, logger.propagate = [_Faults(logging.WARNING)], False
