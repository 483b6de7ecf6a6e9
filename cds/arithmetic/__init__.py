"""What a pharmacist would compute: pure functions over the case, no FHIR, no clock."""
