"""Imports every module that registers a function check or fact, so that the registry is complete."""

from cds.checks import facts  # noqa: F401
