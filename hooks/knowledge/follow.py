"""The thread of a worker that looks twice a second whether another set is chosen, and switches when it is good.

The set is read whole, its canaries are run, and only then the engine is replaced. One that is not good leaves the old
in place: log, ``/health/ready``, metric and ``gabaguard knowledge status`` say why.
"""

from __future__ import annotations

import gc
import os
import threading
from multiprocessing.util import Finalize

from cds.knowledge.load import KnowledgeFaults, ingredients_of
from cds.terminology.load import forget_parsed
from hooks.canaries import Canaries
from hooks.engine import quietly
from hooks.knowledge.current import Current, Refusal
from hooks.knowledge.examine import sings
from hooks.knowledge.home import Home, choice_of, fingerprint, now
from hooks.knowledge.workers import Sign, Told
from hooks.observe import fault, log
from hooks.sites import Sites

LOOK_EVERY = 0.5  # seconds


class Follower:
    """Follows the choice of a home for one worker."""

    def __init__(self, current: Current, home: Home, seen: bytes) -> None:
        """``seen``: the choice as it was when the engine of ``current`` was made."""
        self._current = current
        self._home = home
        begun = choice_of(seen)
        self._name, self._at = begun.name, begun.at
        self._seen = seen
        self._since = now()
        self._code = fingerprint()
        self._sign = Sign(home.root)
        self._silent: tuple[str, ...] = ()

    def start(self) -> None:
        """Follow until the process ends."""
        self._tell()
        threading.Thread(target=self._run, name="knowledge", daemon=True).start()
        Finalize(None, self._sign.end, exitpriority=10)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_EVERY):
            try:
                self.look()
                self.listen()
                self._sign.beat()
            except Exception as error:  # whatever it is, look again
                log().error("the chosen knowledge cannot be looked at", **fault(error))

    def listen(self) -> None:
        """Run the canaries, at the start and then every minute; tell the log when another falls silent."""
        silent = self._current.engine.derived(Canaries).silent()
        if silent and silent != self._silent:
            log().error("canaries are silent", names=list(silent))
        self._silent = silent

    def look(self) -> None:
        """Switch if another set is chosen and good."""
        wanted = self._home.wanted()
        if wanted == self._seen:
            return
        self._seen = wanted
        name = "?"
        try:
            choice = choice_of(wanted)
            name, self._at = choice.name, choice.at
            self._take(name)
        except KnowledgeFaults as refusal:
            self._refuse(name, refusal.faults)
        except Exception as error:
            self._refuse(name, (f"{name}: cannot be used ({type(error).__name__})",))
        self._tell()

    def _take(self, name: str) -> None:
        if fingerprint() != self._code:
            raise KnowledgeFaults(["the version on the disk is not the one that runs: restart the service"])
        old = self._current.engine
        knowledge = quietly(lambda: self._home.load(name, old.settings.profile))
        if knowledge.altered and old.settings.seal == "require":
            raise KnowledgeFaults([f"{file}: differs from its seal" for file in knowledge.altered])
        if knowledge.version != old.knowledge.version:
            engine = old.with_knowledge(knowledge)
            sings(engine)
            engine.derived(Sites)
            self._current.switch(engine)
            self._since = now()
            log().info("knowledge switched", knowledge=knowledge.version)
        else:
            self._current.switch(old)
        self._name = name
        _forget()

    def _refuse(self, name: str, faults: tuple[str, ...]) -> None:
        self._current.refused = Refusal(name, faults)
        kept = self._current.engine.knowledge.version
        log().error("knowledge refused, the old is kept", knowledge=kept, names=[name], faults=list(faults[:20]))

    def _tell(self) -> None:
        current = self._current
        refused = current.refused
        told = Told(
            pid=os.getpid(),
            port=current.engine.settings.port,
            name=self._name,
            version=current.engine.knowledge.version,
            since=self._since,
            at=self._at,
            refused=refused.name if refused else "",
            faults=refused.faults[:20] if refused else (),
        )
        self._sign.tell(told)


def _forget() -> None:
    """Let go of the old set. It is cyclic and was frozen at the start, so it has to be looked for: some 30 ms, once."""
    ingredients_of.cache_clear()
    forget_parsed()
    gc.unfreeze()
    gc.collect()
    gc.freeze()
