"""What every call shares: settings, knowledge, the catalogue and the card maker, made once per process."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_network

from cds.knowledge.load import load_knowledge
from cds.knowledge.model import Knowledge
from hooks.cards import CardMaker
from hooks.ehr import Ehr
from hooks.outbound import Outbound
from hooks.services import Service, catalogue, discovery
from hooks.settings import Settings


class Engine:
    """Immutable after construction, shared by all threads of a process."""

    def __init__(self, settings: Settings, knowledge: Knowledge | None = None) -> None:
        self.settings = settings
        self.knowledge = _load(settings.profile) if knowledge is None else knowledge
        self.services: Mapping[str, Service] = catalogue()
        self.discovery = discovery(self.services.values())
        self.cards = CardMaker(self.knowledge, settings.base_url)
        self.ehr = Ehr(
            Outbound([ip_network(each) for each in settings.fhir_networks], ca_file=settings.ca_file),
            seconds=settings.fhir_deadline_ms / 1000,
            post=settings.fhir_search == "post",
        )

    def today(self) -> date:
        """The clinical today: frozen by ``GABAGUARD_AS_OF``, else the date where the service runs."""
        return self.settings.as_of or date.today()  # noqa: DTZ011 (the local day is meant)


def _load(profile: str) -> Knowledge:
    """The knowledge of a profile. All of it stays: to look for garbage in it while it grows would be waste."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return load_knowledge(profile)
    finally:
        if collecting:
            gc.enable()
