"""``/fhir``: the knowledge as FHIR R4 resources, and the checks as operations for systems without CDS Hooks."""
