"""Named facts about the kidney and the baclofen dose that set the level of the kidney checks."""

from __future__ import annotations

from cds.case import Known, Maybe, Unknown
from cds.checks.baclofen import total_dose
from cds.checks.facts import below_egfr, on_list
from cds.checks.registry import fact
from cds.knowledge.model import Fact
from cds.view import Present, View

Scope = tuple[Present, ...]

NEPHROTOXIC = ("nsaid", "nephrotoxic", "nephrotoxic-other", "lithium", "contrast-iodinated")
# What a note must say for a plan to be agreed; a note with any of the doubts says that it is still to be made.
AGREED = (
    "nephrologist plan",
    "nephrology plan",
    "renal plan",
    "specialist plan",
    "agreed with nephrology",
    "agreed with nephrologist",
    "agreed with renal",
    "nephrologist agreed",
    "nephrology agreed",
    "discussed with nephrology",
    "discussed with nephrologist",
    "per nephrology",
    "per nephrologist",
    "advised by nephrology",
    "advised by nephrologist",
)
DOUBTS = frozenset(
    {"no", "not", "without", "await", "awaiting", "pending", "refer", "referral", "needs", "need", "ask"}
)


@fact("egfr-below-45")
def egfr_below_45(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the bounds of eGFR, so that "<40" or a CKD stage can decide as well as a number."""
    return below_egfr(view, fact.numbers["egfr"].value)


@fact("egfr-15-or-more")
def egfr_15_or_more(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Not in kidney failure by the number, and not on dialysis."""
    answer = below_egfr(view, fact.numbers["egfr"].value)
    return answer if isinstance(answer, Unknown) else Known(not answer.value and not view.kidney.dialysis)


@fact("baclofen-20-mg")
def baclofen_20_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all baclofen of the scope."""
    return total_dose(view, scope).at_least(fact.numbers["dose"].value)


@fact("baclofen-at-most-7-5-mg")
def baclofen_at_most_7_5_mg(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Summed over all baclofen of the scope; an unknown part is never taken for small."""
    answer = total_dose(view, scope).above(fact.numbers["dose"].value)
    return answer if isinstance(answer, Unknown) else Known(not answer.value)


@fact("specialist-plan")
def specialist_plan(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """A note of an order of the scope says that a nephrologist or specialist agreed to it."""
    notes = [note for item in scope if item.order is not None for note in item.order.note_texts]
    return Known(any(says_agreed(note) for note in notes))


def says_agreed(note: str) -> bool:
    """Whether a note names an agreed plan, without a word of doubt. Whole words only, at most 500 characters read."""
    words = "".join(sign if sign.isalnum() else " " for sign in note[:500].lower()).split()
    text = f" {' '.join(words)} "
    return any(f" {phrase} " in text for phrase in AGREED) and not DOUBTS.intersection(words)


@fact("child")
def child(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Surely below the adult age. An unknown age is not taken for a child's: the adult rules then apply."""
    return Known(is_child(view, fact.numbers["years"].value))


def is_child(view: View, adult: float) -> bool:
    """Whether the patient is surely younger than that."""
    return isinstance(view.age, Known) and view.age.value[1] < adult


@fact("nephrotoxic-drug")
def nephrotoxic_drug(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """Any systemic drug of the nephrotoxic classes, single doses too: contrast is one."""
    return on_list(view, any(view.of_class(name) for name in NEPHROTOXIC))


@fact("acute-kidney-injury")
def acute_kidney_injury(view: View, scope: Scope, fact: Fact) -> Maybe[bool]:
    """On the problem list, or by a rise of creatinine."""
    return Known(view.kidney.injured)
