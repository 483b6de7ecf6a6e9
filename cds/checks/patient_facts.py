"""Named facts about the patient's own risks that look at drugs or procedures besides the problem list."""

from __future__ import annotations

from cds.case import Known, Maybe
from cds.checks.facts import on_list
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import Present, View

Scope = tuple[Present, ...]


@fact("levodopa-as-well")
def levodopa_as_well(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Levodopa will be taken: the question of levodopa with baclofen then says what there is to say."""
    return on_list(view, any(item.ingredient == "levodopa" for item in view.present))


@fact("cpap")
def cpap(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the problem list, or a procedure or device that is in place."""
    return Known(_treated(view, fact))


@fact("ventilated")
def ventilated(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Ventilated by machine now, by the problem list or a procedure that is going on."""
    going_on = any(
        set(fact.concepts).intersection(item.concept.ids) and item.status == "in-progress"
        for item in view.case.procedures
    )
    return Known(going_on or bool(view.problems(fact.concepts)))


def _treated(view: View, fact: Fact) -> bool:
    done = any(
        set(fact.concepts).intersection(item.concept.ids) and item.status != "planned" for item in view.case.procedures
    )
    return done or bool(view.problems(fact.concepts))
