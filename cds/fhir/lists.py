"""Lists as facts: what stands on them by reference; what it is, the resources themselves tell."""

from __future__ import annotations

from cds.chart import Coded, ListFact, ListItem
from cds.fhir.clinical_views import List, ListEntry
from cds.fhir.codes import all_coded, merged, referenced
from cds.fhir.dates import when
from cds.fhir.references import Index, pointer, pointers


def list_fact(view: List, path: str, index: Index) -> ListFact:
    """A List as a fact. Entries marked as deleted are no longer on it."""
    entries = [entry for entry in view.entry or () if entry is not None and entry.deleted is not True]
    items = [_item(entry, index) for entry in entries]
    code = all_coded(view.code)
    return ListFact(
        id=view.id or "",
        path=path,
        code=merged((code, Coded((), view.title))) if view.title else code,
        status=(view.status or "").lower(),
        when=when(view.date),
        encounter=pointer(view.encounter, "Encounter"),
        items=tuple(item for item in items if item is not None),
        empty_reason=_code_of(view.emptyReason),
        unreadable=sum(1 for item in items if item is None),
    )


def _item(entry: ListEntry, index: Index) -> ListItem | None:
    names, what = pointers((entry.item,)), referenced(entry.item, index, "Medication")
    return ListItem(names, what) if names or what != Coded() else None


def _code_of(coded: Coded | None) -> str:
    if coded is None:
        return ""
    return next((coding.code.lower() for coding in coded.codings if coding.code), coded.text.strip().lower())
