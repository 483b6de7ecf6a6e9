"""Numbers for operators, as Prometheus reads them. No patient, no text of a request: ids of checks, levels, reasons.

With several workers the numbers of all are added up (``PROMETHEUS_MULTIPROC_DIR``, which ``serve`` sets). The library
is loaded by the first call, not by the start.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from hooks.respond import Answer

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Histogram

    from hooks.audit import Audit

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
# Seconds. The first are what answering takes; the last what a slow FHIR server may take.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The metrics of one process."""

    def call(self, service: str, seconds: float, answer: Answer) -> None:
        """Count one call of a service and what was said."""
        self._calls.labels(service, str(answer.status)).inc()
        self._seconds.labels(service).observe(seconds)
        judged = answer.judged
        if judged is None:
            return
        for finding in judged.report.findings:
            shown = "yes" if finding.shown and finding.indicator > 0 else "no"
            self._findings.labels(finding.check, finding.indicator.name.lower(), shown).inc()
        for item in judged.report.not_checked:
            self._unchecked.labels(item.check, item.reason.value).inc()
        for outcome, keys in judged.fetched.items():
            self._fetched.labels(outcome).inc(len(keys))

    def feedback(self, service: str, outcome: str) -> None:
        """Count one item of feedback."""
        self._feedback.labels(service, outcome).inc()

    def text(self, memory: Audit | None, more: bytes = b"") -> tuple[bytes, str]:
        """What ``/metrics`` answers, and its media type. ``more``: lines that are made elsewhere."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        _ = self._calls, self._seconds, self._findings, self._unchecked, self._fetched, self._feedback
        registry = self._registry
        if os.environ.get(DIRECTORY):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        found: bytes = generate_latest(registry)
        return found + _of_memory(memory) + more, CONTENT_TYPE_LATEST

    # -- made by the first call ---------------------------------------------------------------------------------------

    @cached_property
    def _registry(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry

        return CollectorRegistry()

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        from prometheus_client import Counter

        return Counter(f"gabaguard_{name}", words, labels, registry=self._registry)

    @cached_property
    def _calls(self) -> Counter:
        return self._counter("calls", "Calls answered.", "service", "status")

    @cached_property
    def _seconds(self) -> Histogram:
        from prometheus_client import Histogram

        words = "Seconds from a call's arrival to its answer."
        return Histogram("gabaguard_call_seconds", words, ("service",), registry=self._registry, buckets=_BUCKETS)

    @cached_property
    def _findings(self) -> Counter:
        return self._counter("findings", "Findings, on a card or told only.", "check", "indicator", "shown")

    @cached_property
    def _unchecked(self) -> Counter:
        return self._counter("not_checked", "Questions that could not be answered.", "check", "reason")

    @cached_property
    def _fetched(self) -> Counter:
        return self._counter("fetched", "Keys asked of FHIR servers, by how it ended.", "outcome")

    @cached_property
    def _feedback(self) -> Counter:
        return self._counter("feedback", "Feedback stored.", "service", "outcome")


def _of_memory(memory: Audit | None) -> bytes:
    """Of this worker only: what waits to be written, and what was dropped."""
    if memory is None:
        return b""
    lines = (
        "# HELP gabaguard_audit_waiting Calls of the answering worker that are not yet written.",
        "# TYPE gabaguard_audit_waiting gauge",
        f"gabaguard_audit_waiting {memory.waiting}",
        "# HELP gabaguard_audit_dropped Calls of the answering worker that could not be written.",
        "# TYPE gabaguard_audit_dropped gauge",
        f"gabaguard_audit_dropped {memory.dropped}",
    )
    return ("\n".join(lines) + "\n").encode()
