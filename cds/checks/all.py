"""Imports every module that registers a function check or fact, so that the registry is complete."""

from cds.checks import (  # noqa: F401
    alcohol,
    cannabis,
    depressant_facts,
    dose,
    facts,
    inducer,
    interaction_facts,
    kidney,
    kidney_estimator,
    kidney_facts,
    kidney_failure,
    kidney_gaps,
    load,
    naloxone,
    pressure,
    procedure_pairs,
    stopping,
    stopping_facts,
    timing_facts,
)
