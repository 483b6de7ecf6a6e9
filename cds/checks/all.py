"""Imports every module that registers a function check or fact, so that the registry is complete."""

from cds.checks import (  # noqa: F401
    alcohol,
    cannabis,
    depressant_facts,
    dose,
    facts,
    kidney,
    kidney_estimator,
    kidney_facts,
    kidney_failure,
    kidney_gaps,
    load,
    naloxone,
    pressure,
    stopping,
    stopping_facts,
)
