"""What a proposal is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cds.arithmetic.taper_types import Direction, TaperPlan
from cds.findings import DoseToWrite


class Taper(msgspec.Struct, frozen=True):
    """A schedule to be written into an order. ``anew``: the medicine as a concept, when the product cannot make it."""

    plan: TaperPlan
    directions: tuple[Direction, ...]
    anew: tuple[str, str] | None = None  # RxNorm code and name of the ingredient


class Proposal(msgspec.Struct, frozen=True):
    """What could be done instead: one act that a prescriber can accept as it is.

    ``kind`` as in the knowledge (``ProposalRule``). ``about`` and ``path``: the ref of the draft it changes or removes,
    and where that stands in the call (``also``: further ones); empty for what is newly ordered (``item``). ``answers``:
    the checks whose findings it removes or lowers, all of them; ``proposed_by`` the checks that propose it.
    ``recommended_by``: the evidence for recommending it, by check. ``scale``: by how much less is needed per day than
    was ordered.
    """

    kind: str
    answers: tuple[str, ...]
    proposed_by: tuple[str, ...]
    recommended_by: Mapping[str, tuple[str, ...]] = {}
    about: str = ""
    path: str = ""
    also: tuple[str, ...] = ()
    drug: str = ""  # the name of what it is about
    item: str = ""
    dose: DoseToWrite | None = None
    taper: Taper | None = None
    scale: float = 1.0
