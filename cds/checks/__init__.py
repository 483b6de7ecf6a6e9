"""One clinical question a file. Checks see a ``View``, never FHIR; their numbers and words are in the knowledge."""
