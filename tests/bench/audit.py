"""What noting a call costs, as a ratio to answering without: ``python -m tests.bench.audit`` (part of ``make bench``).

Two things are told apart: what the caller waits for (handing the call to the thread), and all work of the process, that
of the thread included (making the row, writing it), as CPU time per call.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from hooks.audit import Audit
from hooks.engine import Engine
from hooks.respond import respond
from hooks.services import service_for_hook
from hooks.settings import Settings
from tests.bench.synthetic import AS_OF, call

SIZE = 10_000  # bytes of a request: the smallest, where noting weighs most
ROUNDS, CALLS = 7, 300


def main() -> int:
    """Measure both and print one line."""
    with tempfile.TemporaryDirectory(prefix="gabaguard-bench-") as folder:
        settings = Settings(as_of=AS_OF, database_url=str(Path(folder) / "bench.sqlite"))
        engine = Engine(settings)
        service = service_for_hook("medication-prescribe")
        assert service is not None
        body = call(SIZE)
        plain: list[float] = []
        noted: list[float] = []
        waits: list[float] = []
        memory = Audit(settings)
        memory.note("r", "", service.id, 1.0, respond(body, service, engine))
        memory.flush(30)  # libraries loaded, tables made
        for _ in range(ROUNDS):
            began = time.process_time()
            for _ in range(CALLS):
                respond(body, service, engine)
            plain.append((time.process_time() - began) / CALLS)
            memory = Audit(settings)
            began, waited = time.process_time(), 0.0
            for _ in range(CALLS):
                answer = respond(body, service, engine)
                handed = time.thread_time()
                memory.note("r", "", service.id, 1.0, answer)
                waited += time.thread_time() - handed
            assert memory.flush(30)
            assert not memory.dropped
            noted.append((time.process_time() - began) / CALLS)
            waits.append(waited / CALLS)
            memory.store.close()
    best, with_it, wait = min(plain), min(noted), min(waits)
    print(
        f"audit: answer {best * 1000:.3f} ms CPU; handing over {wait * 1000:.4f} ms ({(best + wait) / best:.3f} of no "
        f"audit); all work of the process {with_it * 1000:.3f} ms ({with_it / best:.2f} of no audit)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
