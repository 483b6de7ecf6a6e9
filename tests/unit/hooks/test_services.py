"""Discovery is complete, and its templates stay within what every client can fill."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl

import pytest

from hooks.services import ESSENTIAL, SUPPLEMENTARY, Service, catalogue, discovery, service_for_hook

SERVICES = list(catalogue().values())
ONLY = {"medication-refill": {"dispenses"}, "encounter-discharge": {"discharge"}, "patient-view": {"dispenses"}}
TOKENS = {"context.patientId", "context.encounterId", "context.userId"}
PARAMETERS = {"patient", "status", "code", "clinical-status", "clinicalstatus", "_sort", "_sort:desc", "_count"}


def test_each_hook_has_a_service_and_a_dstu2_twin() -> None:
    hooks = ["medication-prescribe", "order-select", "order-sign"]
    hooks += ["medication-refill", "encounter-discharge", "patient-view"]
    assert [s.id for s in SERVICES] == [f"gabaguard-{hook}{twin}" for hook in hooks for twin in ("", "-dstu2")]


def test_discovery_is_derived_and_stable() -> None:
    assert discovery(SERVICES) == discovery(SERVICES)
    entries = json.loads(discovery(SERVICES))["services"]
    assert [entry["id"] for entry in entries] == [service.id for service in SERVICES]
    for entry in entries:
        assert set(entry) == {"id", "hook", "title", "description", "prefetch", "usageRequirements"}
        assert re.fullmatch(r"[a-z0-9-]+", entry["id"])
        assert set(entry["prefetch"]) == {*ESSENTIAL, *SUPPLEMENTARY, *ONLY.get(entry["hook"], ())}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
def test_templates_stay_in_the_common_subset(service: Service) -> None:
    """Read by id or search by equality; tokens of primitive context fields only; no _include, chain or modifier."""
    for template in service.prefetch.values():
        assert set(re.findall(r"\{\{(.*?)\}\}", template)) <= TOKENS
        path, _, query = template.partition("?")
        assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{context\.\w+\}\})?", path)
        assert {name for name, _ in parse_qsl(query, keep_blank_values=True)} <= PARAMETERS
        assert not re.search(r"[=,](ne|sa|eb|ap)\d", query)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
def test_the_twin_speaks_dstu2(service: Service) -> None:
    text = " ".join(service.prefetch.values())
    twin = service.id.endswith("-dstu2")
    assert ("MedicationOrder" in text) is twin
    assert ("MedicationRequest" in text) is not twin
    assert ("_sort:desc=date" in text) is twin
    assert ("clinicalstatus=" in text) is twin


def test_old_hooks_find_their_service() -> None:
    assert service_for_hook("order-review") == catalogue()["gabaguard-order-sign"]
    assert service_for_hook("order-sign", dstu2=True) == catalogue()["gabaguard-order-sign-dstu2"]
    assert service_for_hook("appointment-book") is None
