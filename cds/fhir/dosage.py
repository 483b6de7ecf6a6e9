"""A dosage of any release as a ``DosageFact``."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cds.case import When
from cds.chart import Amount, Coded, DosageFact, Timing
from cds.fhir.codes import EMPTY, label
from cds.fhir.dates import ends, starts, when
from cds.fhir.salvage import loads, salvage_as
from cds.fhir.shapes import (
    Dosages,
    DosageView,
    DoseAndRate,
    Range,
    Ratio,
    Repeat,
    Texts,
    TimingView,
    amount,
    many,
    many_or_text,
    number,
)
from cds.memo import remember

MOST_DOSAGES = 200
MEMO = 8192  # different dosages remembered: most orders repeat one that was heard before
_PREFERRED = ("ordered", "calculated")  # of several doseAndRate: what the prescriber wrote, then what it comes to


_decoder = msgspec.json.Decoder(Dosages, strict=False)


def sent_dosages(first: msgspec.Raw, second: msgspec.Raw) -> bytes:
    """The JSON of the first of two elements that was sent; empty when neither was."""
    for sent in (first, second):
        text = bytes(sent)
        if text not in (b"", b"null"):
            return text
    return b""


@remember(MEMO)
def dosage_views(text: bytes) -> tuple[DosageView | str, ...]:
    """The dosages in the JSON of one element; of what has an odd form as much as can be salvaged."""
    if not text:
        return ()
    try:
        return tuple(many_or_text(_decoder.decode(text)))
    except (msgspec.DecodeError, RecursionError, ValueError):
        return tuple(many_or_text(salvage_as(loads(text), Dosages)))


@remember(MEMO)
def dosage_facts(text: bytes, rendered: str | None = None) -> tuple[DosageFact, ...]:
    """All dosages of one resource, from the JSON of their element.

    ``rendered`` is R5's text of them all, used where there is no other text.
    """
    each = dosage_views(text)
    facts = tuple(_fact(one) for one in each[:MOST_DOSAGES])
    if not rendered:
        return facts
    if not facts:
        return (DosageFact(text=rendered),)
    if len(facts) == 1 and not facts[0].text:
        return (_fact(each[0], rendered),)
    return facts


def _fact(sent: DosageView | str, rendered: str = "") -> DosageFact:
    if isinstance(sent, str):
        return DosageFact(text=sent)
    doses = _by_preference(sent.doseAndRate)
    dose, low, high = _dose(sent, doses)
    rate, rate_low, rate_high = _rate(sent, doses)
    return DosageFact(
        sequence=_whole(sent.sequence),
        text=_sig(sent) or rendered,
        timing=timing(sent.timing),
        as_needed=_as_needed(sent),
        route=sent.route or EMPTY,
        method=sent.method or EMPTY,
        site=sent.site or sent.siteCodeableConcept or EMPTY,
        dose=dose,
        dose_low=low,
        dose_high=high,
        rate=rate,
        rate_low=rate_low,
        rate_high=rate_high,
        max_per_period=_maxima(sent.maxDosePerPeriod),
        max_per_administration=amount(sent.maxDosePerAdministration),
    )


def _sig(sent: DosageView) -> str:
    if sent.text or sent.patientInstruction:
        return sent.text or sent.patientInstruction or ""
    more = (*many(sent.additionalInstruction), *many(sent.additionalInstructions))
    return "; ".join(filter(None, (label(one) for one in more)))


def _as_needed(sent: DosageView) -> bool:
    """PRN: a flag, or a reason to take it."""
    return bool(
        sent.asNeededBoolean or sent.asNeeded or sent.asNeededCodeableConcept is not None or many(sent.asNeededFor)
    )


def _by_preference(sent: list[DoseAndRate] | DoseAndRate | None) -> Sequence[DoseAndRate]:
    """The dose as ordered first, then as calculated, then as sent (Epic sends three of them)."""
    return sorted(many(sent), key=_preference)


def _preference(dose: DoseAndRate) -> int:
    kind = dose.type or EMPTY
    names = {coding.code.lower() for coding in kind.codings} | {coding.display.lower() for coding in kind.codings}
    names.add(kind.text.lower())
    return next((at for at, name in enumerate(_PREFERRED) if name in names), len(_PREFERRED))


Amounts = tuple[Amount | None, Amount | None, Amount | None]
_NONE: Amounts = (None, None, None)


def _dose(sent: DosageView, doses: Sequence[DoseAndRate]) -> Amounts:
    for one in doses:
        if one.doseQuantity is not None or one.doseRange is not None:
            return _amounts(one.doseQuantity, one.doseRange)
    plain = sent.doseQuantity or sent.dose or sent.quantityQuantity or sent.quantity
    return _amounts(plain, sent.doseRange or sent.quantityRange)


def _rate(sent: DosageView, doses: Sequence[DoseAndRate]) -> Amounts:
    for one in doses:
        if one.rateQuantity is not None or one.rateRange is not None or one.rateRatio is not None:
            return _amounts(one.rateQuantity or _quotient(one.rateRatio), one.rateRange)
    return _amounts(sent.rateQuantity or _quotient(sent.rateRatio), sent.rateRange)


def _amounts(exact: Amount | None, range_: Range | None) -> Amounts:
    if range_ is None:
        return (amount(exact), None, None) if exact is not None else _NONE
    return amount(exact), amount(range_.low), amount(range_.high)


def _quotient(ratio: Ratio | None) -> Amount | None:
    """A rate as one number: 12 mL per 24 h is 0.5 "mL/h". An unreadable rate keeps no value."""
    if ratio is None or ratio.numerator is None:
        return None
    above, below = ratio.numerator, ratio.denominator or Amount()
    unit = f"{above.unit or above.code}/{below.unit or below.code}"
    code = f"{above.code}/{below.code}" if above.code and below.code else ""
    top, bottom = number(above.value), number(below.value)
    value = number(top / bottom) if top is not None and bottom else None
    return Amount(value, unit, code, above.system if code else "", above.comparator)


def _maxima(sent: list[Ratio] | Ratio | None) -> tuple[tuple[Amount, Amount], ...]:
    if sent is None:
        return ()
    pairs = ((amount(ratio.numerator), amount(ratio.denominator)) for ratio in many(sent))
    return tuple((above, below or Amount()) for above, below in pairs if above is not None)


def timing(sent: TimingView | None) -> Timing | None:
    """A Timing of any release; None when nothing was sent, or when a part of it cannot be read.

    A Timing of which only a part is known must not be reckoned with: "3 times per day" without its 3 is "daily".
    """
    if sent is None or (sent.repeat is not None and not _all_usable(sent.repeat)):
        return None
    events: tuple[When, ...] = ()
    if sent.event is not None:
        events = tuple(moment for moment in map(when, _texts(sent.event)) if moment is not None)
        if len(events) < len(_texts(sent.event)):
            return None
    codes = sent.code or EMPTY
    if sent.repeat is None:
        return Timing(codes=codes, events=events)
    return _repeated(sent.repeat, codes, events)


def _all_usable(repeat: Repeat) -> bool:
    numbers = (repeat.frequency, repeat.frequencyMax, repeat.period, repeat.periodMax, repeat.count, repeat.countMax)
    sent = [one for one in (*numbers, repeat.duration) if one is not None]
    return [number(one) for one in sent] == sent  # NaN and what is too large become None


def _repeated(repeat: Repeat, codes: Coded, events: tuple[When, ...]) -> Timing:
    return Timing(
        frequency=repeat.frequency,
        frequency_max=repeat.frequencyMax,
        period=repeat.period,
        period_max=repeat.periodMax,
        period_unit=repeat.periodUnit or repeat.periodUnits or "",
        count=repeat.count,
        count_max=repeat.countMax,
        time_of_day=_texts(repeat.timeOfDay),
        day_of_week=_texts(repeat.dayOfWeek),
        when=_texts(repeat.when),
        codes=codes,
        events=events,
        bounds_start=starts(repeat.boundsPeriod),
        bounds_end=ends(repeat.boundsPeriod),
        bounds_duration=_bounds(repeat),
        duration=repeat.duration,
        duration_unit=repeat.durationUnit or repeat.durationUnits or "",
    )


def _bounds(repeat: Repeat) -> Amount | None:
    exact = repeat.boundsDuration or repeat.boundsQuantity
    if exact is None and repeat.boundsRange is not None:
        exact = repeat.boundsRange.high
    return amount(exact)


def _texts(sent: Texts) -> tuple[str, ...]:
    return () if sent is None else tuple(many(sent))


def _whole(value: float | None) -> int | None:
    usable = number(value)
    return int(usable) if usable is not None else None
