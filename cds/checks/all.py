"""Imports every module that registers a function check or fact, so that the registry is complete."""

from cds.checks import (  # noqa: F401
    facts,
    load,
    naloxone,
)
