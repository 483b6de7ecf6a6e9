"""Injections given close together: olanzapine and a benzodiazepine (``olanzapine-im-parenteral-benzo`` and its facts).

Only a single dose with a time of day tells when it is given; a standing or as-needed order may be given at any time.
"""

from __future__ import annotations

from datetime import datetime

from cds.case import Known, Maybe, Reason, Unknown, When
from cds.checks.facts import on_list
from cds.checks.listed import answer, given_lately
from cds.checks.registry import check, fact
from cds.findings import Outcome
from cds.knowledge.model import Check, Fact, Side
from cds.view import Present, View

Scope = tuple[Present, ...]

SPO2 = "spo2"
_ADMINISTERED = "administered only"  # how the case marks a drug known from its administrations alone


@check("olanzapine-im-parenteral-benzo")
def olanzapine_im_parenteral_benzo(view: View, check: Check) -> Outcome:
    """What is ordered or listed, and what was given and closed since yesterday; the facts tell how far apart."""
    hours = view.knowledge.facts["injections-within-24-hours"].numbers["hours"].value
    sides = Side(classes=("benzodiazepine",), ingredients=("olanzapine",))
    return answer(view, check, given_lately(view, sides, hours / 24 + 1))


def _when(item: Present) -> When | None:
    """When it is, or was last, given; None when that is not a single moment."""
    if item.order is not None:
        return item.order.starts if item.order.single_dose else None
    if item.use is None:  # pragma: no cover (what is present comes from an order or a use)
        return None
    single, given = item.use.single_dose, _ADMINISTERED in item.use.note
    known = item.use.unchanged_since if given and not single else item.use.started if single or given else None
    return known.value if isinstance(known, Known) else None


def _minutes(scope: Scope) -> Maybe[tuple[float, float]]:
    """The least and the greatest distance in minutes that what is known of both times allows."""
    whens = [_when(item) for item in scope]
    found = [when for when in whens if when is not None]
    if len(found) < len(whens) or len(found) != 2:
        return Unknown(Reason.ABSENT, "the times of the two injections are not known")
    one, other = sorted(found, key=lambda when: when.first)
    if one.at is not None and other.at is not None:
        apart = _distance(one.at, other.at)
        return Known((apart, apart))
    least = max(0, (other.first - one.last).days - 1) * 1440.0
    return Known((least, ((other.last - one.first).days + 1) * 1440.0))


def _distance(one: datetime, other: datetime) -> float:
    return abs((one - other).total_seconds()) / 60


@fact("injections-within-60-minutes")
def within_60_minutes(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Less than the limit apart; exactly at it is apart enough."""
    minutes = _minutes(scope)
    if isinstance(minutes, Unknown):
        return minutes
    least, most = minutes.value
    limit = fact.numbers["minutes"].value
    if least < limit <= most:
        return Unknown(Reason.ABSENT, "the time of day of an injection is not known")
    return Known(most < limit)


@fact("injections-within-24-hours")
def within_24_hours(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """At most the limit apart, or not known to be further apart."""
    minutes = _minutes(scope)
    return Known(isinstance(minutes, Unknown) or minutes.value[0] <= fact.numbers["hours"].value * 60)


@fact("injection-times-unknown")
def times_unknown(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Of one of the two nobody can tell the hour."""
    minutes = _minutes(scope)
    return Known(isinstance(minutes, Unknown) or minutes.value[0] < minutes.value[1])


@fact("oxygen-saturation-low")
def oxygen_saturation_low(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """By the newest measurement of the last day; a fraction is read as one, an implausible value as none."""
    newest = next((lab for lab in view.case.labs if lab.kind == SPO2), None)
    if newest is None or newest.when is None or (view.case.as_of - newest.when.last).days > fact.numbers["days"].value:
        return Unknown(Reason.ABSENT, "no oxygen saturation of the last day")
    if isinstance(newest.value, Unknown):
        return newest.value
    percent = newest.value.value
    if not 30 <= percent <= 100:
        return Unknown(Reason.UNIT, "oxygen saturation is not in percent")
    return Known(percent < fact.numbers["spo2"].value)


@fact("opioid-on-board")
def opioid_on_board(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Any systemic opioid, single doses too: what is given in the emergency room counts here."""
    return on_list(view, bool(view.of_class("opioid")))
