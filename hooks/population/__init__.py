"""Replay over a population: what would have been said, had the service been there.

``work`` is what every engine does with one patient, lines in, rows out: ``known`` tells what was known at a moment,
``judge`` screens, ``rows`` writes down. Around it ``lines`` reads bulk-FHIR files, ``gather`` brings each patient's
lines together, ``run`` does all of it in processes, ``results`` and ``report`` make figures and pictures.
"""
