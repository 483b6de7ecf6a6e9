"""FHIR in: tolerant, typed readers of DSTU2, STU3, R4 and R5 resources into a ``Chart``.

Way in: ``read_chart``. ``bundle`` opens a source and finds the resources in it, ``salvage`` reads odd ones, the
``*_views`` say which elements are looked at, ``references`` follows references and tells whose a resource is, and
``medications``, ``problems``, ``observations`` and ``others`` turn views into facts.
"""

from cds.fhir.read import detect_release, read_chart

__all__ = ["detect_release", "read_chart"]
