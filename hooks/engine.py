"""What every call shares: settings, knowledge, the catalogue and the card maker, made once per set of knowledge."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

from cds.knowledge.load import KnowledgeFaults, load_knowledge
from cds.knowledge.model import Knowledge
from cds.review import signed
from hooks.cards import CardMaker
from hooks.ehr import Ehr
from hooks.knowledge.home import SHIPPED, Home
from hooks.outbound import Outbound
from hooks.reviews import read_reviews
from hooks.services import Service, catalogue, discovery
from hooks.settings import Settings

T = TypeVar("T")


class Engine:
    """Immutable after construction, shared by all threads of a process. Everything that rests on one set of knowledge
    hangs on it, so that all of it is switched at once.
    """

    def __init__(self, settings: Settings, knowledge: Knowledge | None = None, ehr: Ehr | None = None) -> None:
        """``knowledge``: None takes the chosen set; ``ehr``: the one of an earlier engine, with what it has learnt."""
        self.settings = settings
        chosen = chosen_knowledge(settings) if knowledge is None else knowledge
        self.knowledge = signed(chosen, read_reviews(settings.reviews).reviews)
        self.services: Mapping[str, Service] = catalogue()
        self.discovery = discovery(self.services.values())
        self.cards = CardMaker(self.knowledge, settings.base_url)
        self.ehr = ehr or Ehr(
            Outbound([ip_network(each) for each in settings.fhir_networks], ca_file=settings.ca_file),
            seconds=settings.fhir_deadline_ms / 1000,
            post=settings.fhir_search == "post",
        )
        self._derived: dict[Any, Any] = {}

    def with_knowledge(self, knowledge: Knowledge) -> Engine:
        """The same with another set of knowledge."""
        return Engine(self.settings, knowledge, self.ehr)

    def derived(self, make: Callable[[Engine], T]) -> T:
        """What a part of the service makes of this engine, ``make(engine)``, made when first asked for and kept."""
        found: T | None = self._derived.get(make)
        return self._derived.setdefault(make, make(self)) if found is None else found

    def today(self) -> date:
        """The clinical today: frozen by ``GABAGUARD_AS_OF``, else the date where the service runs."""
        return self.settings.as_of or date.today()  # noqa: DTZ011 (the local day is meant)


def served_knowledge(settings: Settings) -> Knowledge:
    """The same for a service, which by its settings does not start with files that differ from their seal."""
    found = chosen_knowledge(settings)
    if found.altered and settings.seal == "require":
        remedy = "`gabaguard knowledge seal` if that is meant (`make install` does it), or GABAGUARD_SEAL=warn"
        raise KnowledgeFaults(f"{name}: differs from the seal; {remedy}" for name in found.altered)
    return found


def chosen_knowledge(settings: Settings) -> Knowledge:
    """The chosen set in the profile of the settings. Raises ``KnowledgeFaults``: never another in its place."""
    home = Home(Path(settings.knowledge))
    name = home.choice().name
    if name == SHIPPED:
        return quietly(lambda: load_knowledge(settings.profile))
    return quietly(lambda: home.load(name, settings.profile))


def quietly(load: Callable[[], T]) -> T:
    """Load knowledge. All of it stays: to look for garbage in it while it grows would be waste."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return load()
    finally:
        if collecting:
            gc.enable()
