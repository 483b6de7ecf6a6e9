"""Kidney function of one patient today: one answer, with what it rests on and what could not be used.

``assess_kidney`` is the whole of it: which value counts (``kidney_choice``), reported or calculated and by which
equation (``kidney_estimate``, ``kidney_equations``), whether an estimate means anything (dialysis, acute injury),
and the CKD stage of the problem list when no number is usable.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from cds.arithmetic.dates import age_range, months_before
from cds.arithmetic.kidney_choice import NAMES, Choice, Reading, RefusedLab, Rise, choose, kidney_injury
from cds.arithmetic.kidney_equations import deindex
from cds.arithmetic.kidney_estimate import CALCULATED, CLEARANCE, REPORTED, Estimate, best_estimate
from cds.arithmetic.kidney_size import Body, body_of, clearance
from cds.arithmetic.rules import numbers, table
from cds.case import Known, Lab, Maybe, PatientCase, Problem, Reason, Setting, Unknown

STAGE = "CKD stage from the problem list"

__all__ = ["CALCULATED", "CLEARANCE", "REPORTED", "STAGE", "Kidney", "assess_kidney", "at_risk", "recheck_due"]


class Kidney(msgspec.Struct, frozen=True):
    """Kidney function today.

    ``egfr`` (mL/min/1.73 m2, rounded half up) is Known only for an exact number. ``low``/``high`` are inclusive bounds
    of it: both equal ``egfr`` when it is known; ">60" is (60, None), "<15" (0, 14), CKD stage 3 (30, 59); (None, None)
    when nothing is known. Band with ``below(n)``.
    """

    egfr: Maybe[int]
    low: int | None = None
    high: int | None = None
    exact: float | None = None  # before rounding
    source: str = ""  # CALCULATED, REPORTED, CLEARANCE, STAGE; "" when nothing is known
    method: str = ""  # "CKD-EPI 2021", "bedside Schwartz", "MDRD", "CKD stage 3" ...
    creatinine: Lab | None = None  # the creatinine that counts, whether it was used or not
    reported: Lab | None = None  # the reported eGFR or clearance that was used
    cystatin: Lab | None = None  # used in the equation
    when: date | None = None  # of the value used
    age_of_value_days: int | None = None
    crcl: Maybe[float] = Unknown(Reason.ABSENT, "no creatinine")  # Cockcroft-Gault, mL/min
    crcl_weight: str = ""  # "52.4 kg (ideal)"
    deindexed: Maybe[float] = Unknown(Reason.ABSENT, "no eGFR")  # eGFR in mL/min for this body surface
    body: Body = Body()
    dialysis: bool = False
    dialysis_evidence: tuple[str, ...] = ()
    aki: Rise | None = None  # a KDIGO rise of creatinine
    aki_condition: Problem | None = None  # an active acute kidney injury on the problem list
    notes: tuple[str, ...] = ()  # what a reader of the number should know
    problems: tuple[Unknown, ...] = ()  # why values were not used
    refused: tuple[RefusedLab, ...] = ()  # the values refused; ``implausible`` says which for unit or size
    stale: Lab | None = None  # the newest value when it is too old to count

    def below(self, limit: float) -> bool | None:
        """Whether eGFR is below a limit: True surely, False surely not, None it cannot be told. 60 is not below 60."""
        if self.high is not None and self.high < limit:
            return True
        if self.low is not None and self.low >= limit:
            return False
        return None

    @property
    def injured(self) -> bool:
        """Acute kidney injury, by the values or by the problem list: no estimate of eGFR holds."""
        return self.aki is not None or self.aki_condition is not None


def assess_kidney(case: PatientCase) -> Kidney:
    """Kidney function of the case as of ``case.as_of``; what is not known is Unknown with its reason."""
    months = numbers("kidney")["current_months"]
    kinds = ("creatinine", "cystatin-c", "egfr", "creatinine-clearance")
    choices = tuple(choose(case.labs, kind, case.as_of, months) for kind in kinds)
    creatinine, cystatin, reported, measured = choices
    body = body_of(case)
    size = clearance(case, body, creatinine.newest)
    evidence, undated = _dialysis(case)
    refused = tuple(item for choice in choices for item in choice.refused)
    problems = (*(item.why for item in refused), *_too_old(choices), *undated)
    base = Kidney(
        egfr=Unknown(Reason.ABSENT, "no creatinine or eGFR"),
        creatinine=creatinine.newest.lab if creatinine.newest else None,
        crcl=size.crcl,
        crcl_weight=size.weight,
        body=body,
        dialysis=bool(evidence),
        dialysis_evidence=evidence,
        aki=kidney_injury(creatinine.current, case.as_of),
        aki_condition=_acute_injury(case),
        problems=tuple(dict.fromkeys(problems)),
        refused=refused,
        stale=_newest_stale(choices),
    )
    estimate = best_estimate(case, body, creatinine, cystatin, reported, measured)
    if isinstance(estimate, Known):
        return _with_estimate(base, estimate.value, case.as_of)
    return _without_number(base, case, estimate)


def _with_estimate(base: Kidney, estimate: Estimate, as_of: date) -> Kidney:
    exact = estimate.exact is not None
    egfr: Maybe[int] = Known(estimate.low) if exact else Unknown(Reason.ABSENT, "eGFR known only within bounds")
    surface, absolute = base.body.surface, base.deindexed
    if estimate.exact is not None:
        absolute = surface if isinstance(surface, Unknown) else Known(deindex(estimate.exact, surface.value))
    return msgspec.structs.replace(
        base,
        egfr=egfr,
        low=estimate.low,
        high=estimate.high,
        exact=estimate.exact,
        source=estimate.source,
        method=estimate.method,
        reported=estimate.reported,
        cystatin=estimate.cystatin,
        when=estimate.when,
        age_of_value_days=(as_of - estimate.when).days,
        deindexed=absolute,
        notes=estimate.notes,
        problems=tuple(dict.fromkeys((*base.problems, *estimate.problems))),
    )


def _without_number(base: Kidney, case: PatientCase, why: Unknown) -> Kidney:
    """No usable number: the worst CKD stage of the problem list, else Unknown with the most telling reason."""
    reason = _reason(base, case, why)
    problems = tuple(dict.fromkeys((*base.problems, reason)))
    active = {id for problem in case.problems if problem.status == "active" for id in problem.concept.ids}
    stages = [stage for stage in table("kidney")["stages"] if stage["concept"] in active]
    if not stages:
        return msgspec.structs.replace(base, egfr=reason, problems=problems)
    worst = min(stages, key=lambda stage: int(stage["high"]))
    return msgspec.structs.replace(
        base,
        egfr=reason,
        low=int(worst["low"]),
        high=int(worst["high"]),
        source=STAGE,
        method=str(worst["words"]),
        problems=problems,
    )


def _reason(base: Kidney, case: PatientCase, why: Unknown) -> Unknown:
    """Why there is no number: what kept the newest value out, else why none could be seen."""
    if base.creatinine is not None:
        return why  # a creatinine counts, but the equation lacks something
    if base.problems:
        return min(base.problems, key=lambda problem: problem.reason is not Reason.STALE)
    gaps = case.gaps.get("creatinine", ())
    return min(gaps, key=lambda gap: gap.reason is Reason.REPORTED_EMPTY) if gaps else why


def _too_old(choices: Iterable[Choice]) -> list[Unknown]:
    """Kinds of which only values too old were sent."""
    months = numbers("kidney")["current_months"]
    return [
        Unknown(Reason.STALE, f"{NAMES[choice.stale[0].lab.kind]} older than {months:g} months")
        for choice in choices
        if choice.stale and not choice.current
    ]


def _newest_stale(choices: tuple[Choice, ...]) -> Lab | None:
    """The newest value too old to count, when no creatinine or eGFR counts: to be shown with its date."""
    creatinine, _, reported, _ = choices
    if creatinine.current or reported.current:
        return None
    stale: list[Reading] = [choice.stale[0] for choice in (creatinine, reported) if choice.stale]
    return max(stale, key=lambda reading: reading.day).lab if stale else None


# -- dialysis and acute injury --------------------------------------------------------------------------------------


def _dialysis(case: PatientCase) -> tuple[tuple[str, ...], tuple[Unknown, ...]]:
    """Words of what shows that the patient is on dialysis; and what might show it but has no date."""
    concepts = set(table("kidney")["concepts"]["dialysis"])
    days = numbers("kidney")["dialysis_days"]
    evidence = [
        problem.concept.label
        for problem in case.problems
        if problem.status == "active" and concepts.intersection(problem.concept.ids)
    ]
    undated = []
    for procedure in case.procedures:
        if not concepts.intersection(procedure.concept.ids) or procedure.status == "planned":
            continue
        if procedure.status == "in-progress":
            evidence.append(procedure.concept.label)
        elif procedure.when is None:
            undated.append(Unknown(Reason.UNREADABLE, "a dialysis without a date"))
        elif (case.as_of - procedure.when.last).days <= days:
            evidence.append(procedure.concept.label)
    return tuple(dict.fromkeys(evidence)), tuple(undated)


def _acute_injury(case: PatientCase) -> Problem | None:
    concepts = set(table("kidney")["concepts"]["aki"])
    for problem in case.problems:
        if problem.status == "active" and concepts.intersection(problem.concept.ids):
            return problem
    return None


# -- how old a value may be -----------------------------------------------------------------------------------------


def at_risk(case: PatientCase) -> bool:
    """Whether the patient is at risk of losing kidney function by age or condition (drugs are not looked at)."""
    concepts = set(table("kidney")["risk"]["concepts"])
    if any(p.status == "active" and concepts.intersection(p.concept.ids) for p in case.problems):
        return True
    birth = case.patient.birth
    return isinstance(birth, Known) and age_range(birth.value, case.as_of)[1] >= numbers("kidney")["at_risk_age"]


def recheck_due(kidney: Kidney, case: PatientCase, *, risk: bool) -> bool:
    """Whether the value used is due for repetition: 72 h old in an inpatient, 3 months old in a patient at risk."""
    if kidney.when is None:
        return True
    limits = numbers("kidney")
    if case.setting is Setting.INPATIENT:
        return (case.as_of - kidney.when).days > limits["inpatient_days"]
    months = limits["at_risk_months"] if risk else limits["current_months"]
    return kidney.when < months_before(case.as_of, int(months))
