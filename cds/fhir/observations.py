"""Observations, and each of their components, as ``ObservationFact``."""

from __future__ import annotations

from collections.abc import Callable

from cds.case import When
from cds.chart import EVERYTHING, Amount, Coded, ObservationFact
from cds.fhir.clinical_views import Component, Observation, Specimen
from cds.fhir.codes import EMPTY, all_coded, label, shortened
from cds.fhir.dates import ends, spanning, starts, when
from cds.fhir.references import Index, shown
from cds.fhir.shapes import Range, Ratio, amount, many


def observation_facts(
    view: Observation,
    path: str,
    index: Index,
    facts: list[ObservationFact],
    wanted: Callable[[Coded], bool] = EVERYTHING.observation,
) -> None:
    """Adds the Observation itself, unless it only carries components, and each component by its own code.

    Those of a code that is not ``wanted`` are left out: most values of a long record.
    """
    itself = wanted(shortened(view.code)) and (not view.component or _has_value(view))
    parts = [(at, part) for at, part in enumerate(view.component or ()) if wanted(shortened(part.code))]
    if not itself and not parts:
        return
    status, moment = (view.status or "").lower(), _moment(view)
    specimen = _specimen(view, index) if view.specimen is not None else ""
    if itself:
        facts.append(_fact(view, view, path, status, moment, specimen))
    for at, component in parts:
        facts.append(_fact(view, component, f"{path}.component[{at}]", status, moment, specimen))


def _fact(
    view: Observation, part: Observation | Component, path: str, status: str, moment: When | None, specimen: str
) -> ObservationFact:
    interpretation, quantity = part.interpretation, part.valueQuantity
    return ObservationFact(
        view.id or "",
        path,
        shortened(part.code),
        status,
        amount(quantity) if quantity is not None else _number(part),
        "" if quantity is not None else part.valueString or _text(part),
        part.valueCodeableConcept or EMPTY,
        None if quantity is not None else _date(part),
        moment,
        specimen,
        view.method or EMPTY,
        all_coded(interpretation) if interpretation is not None else EMPTY,
    )


def _date(part: Observation | Component) -> When | None:
    """A date as value; DSTU2 and many others send it as a text that is one."""
    return when(part.valueDateTime) or spanning(part.valuePeriod) or when(part.valueString)


def _has_value(part: Observation) -> bool:
    return any(
        one is not None
        for one in (
            part.valueQuantity,
            part.valueCodeableConcept,
            part.valueString,
            part.valueBoolean,
            part.valueInteger,
            part.valueRange,
            part.valueRatio,
            part.valueDateTime,
            part.valuePeriod,
            part.dataAbsentReason,
        )
    )


def _number(part: Observation | Component) -> Amount | None:
    return amount(Amount(part.valueInteger)) if part.valueInteger is not None else None


def _text(part: Observation | Component) -> str:
    """Values that are words, or that need words: a range, a ratio, yes or no."""
    if part.valueBoolean is not None:
        return "true" if part.valueBoolean else "false"
    if part.valueRange is not None:
        return _range_in_words(part.valueRange)
    return _ratio_in_words(part.valueRatio) if part.valueRatio is not None else ""


def _range_in_words(range_: Range) -> str:
    return " - ".join(filter(None, (_in_words(range_.low), _in_words(range_.high))))


def _ratio_in_words(ratio: Ratio) -> str:
    return " : ".join(filter(None, (_in_words(ratio.numerator), _in_words(ratio.denominator))))


def _in_words(quantity: Amount | None) -> str:
    if quantity is None or quantity.value is None:
        return ""
    return f"{quantity.comparator}{quantity.value:g} {quantity.unit or quantity.code}".strip()


def _moment(view: Observation) -> When | None:
    """When it was true of the patient; for a period its end; failing that, when it was issued."""
    found = when(view.effectiveDateTime) or ends(view.effectivePeriod) or starts(view.effectivePeriod)
    if found is None and view.effectiveTiming is not None:
        events = [moment for moment in map(when, many(view.effectiveTiming.event)) if moment is not None]
        found = max(events, key=lambda moment: moment.last, default=None)
    return found or when(view.effectiveInstant) or when(view.issued)


def _specimen(view: Observation, index: Index) -> str:
    words = shown(view.specimen)
    if words:
        return words
    found = index.find(view.specimen, "Specimen", view.contained)
    return label(found.type) if isinstance(found, Specimen) else ""
