"""What the service said live, from the audit store, to be shown beside a replay.

The store's rows hold no data of patients: they can be counted, not judged again.
"""

from __future__ import annotations

from cds.knowledge.load import load_knowledge
from hooks.errors import StoreUnavailable
from hooks.insights import Insights, Line, insights_of
from hooks.population.gather import CannotReplayError
from hooks.population.results import Audited
from hooks.settings import load_settings
from hooks.store import Store


def audited() -> Audited:
    """All calls that are kept in the store of the settings. Raises ``CannotReplayError`` when it cannot be read."""
    settings = load_settings()
    if settings.database_url == "off":
        raise CannotReplayError("there is no audit store: GABAGUARD_DATABASE_URL is off")
    try:
        store = Store(settings.database_url)
        try:
            return counted(insights_of(store, load_knowledge(settings.profile).overrides))
        finally:
            store.close()
    except StoreUnavailable as error:
        raise CannotReplayError("the audit store (GABAGUARD_DATABASE_URL) cannot be read now") from error


def counted(found: Insights) -> Audited:
    """All knowledge versions together, by check."""
    sums: dict[str, Line] = {}
    for version in found.versions.values():
        for check, line in version.checks.items():
            whole = sums.setdefault(check, Line())
            for name in _COUNTS:
                setattr(whole, name, getattr(whole, name) + getattr(line, name))
    rows = [(check, one.fired, one.shown, one.not_checked, one.accepted, one.overridden) for check, one in sums.items()]
    return Audited(
        calls=sum(version.calls for version in found.versions.values()),
        cards=sum(version.cards for version in found.versions.values()),
        by_check=sorted(rows, key=lambda row: (-row[2], -row[1], row[0])),
    )


_COUNTS = ("fired", "shown", "not_checked", "accepted", "overridden")
