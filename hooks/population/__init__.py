"""Replay over a population: what would have been said, had the service been there.

``lines`` reads bulk-FHIR files, ``gather`` brings each patient's lines together, ``known`` tells what was known at a
moment, ``judge`` screens one patient, ``run`` does all of it in processes, ``results`` and ``report`` write it down.
"""
