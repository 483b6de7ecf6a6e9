"""Which code system a coding is from, whatever way its name is spelled.

Unknown and missing systems give "": the code then means nothing to us and only the words are read. Data-absent
systems give ``ABSENT``: code and words of such a coding say "nothing was recorded" and are both ignored.
"""

from __future__ import annotations

from collections.abc import Iterator

from cds.chart import Coded, Coding

RXNORM = "rxnorm"
ATC = "atc"
UNII = "unii"
SNOMED = "snomed"
ICD10 = "icd10"
ICD10PCS = "icd10pcs"
HCPCS = "hcpcs"
LOINC = "loinc"
V3_ROUTE = "v3-route"
V2_ROUTE = "v2-route"
NCIT = "ncit"
EDQM = "edqm"
ABSENT = "absent"

_NAMES = {
    RXNORM: ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88", "rxnorm", "rxcui"),
    ATC: (
        "http://www.whocc.no/atc",
        "http://whocc.no/atc",
        "2.16.840.1.113883.6.73",
        "http://fhir.de/codesystem/bfarm/atc",
        "http://fhir.de/codesystem/dimdi/atc",
        "atc",
    ),
    UNII: ("http://fdasis.nlm.nih.gov", "2.16.840.1.113883.4.9", "unii"),
    SNOMED: (
        "http://snomed.info/sct",
        "2.16.840.1.113883.6.96",
        "https://dmd.nhs.uk",
        "http://dmd.nhs.uk",
        "snomed",
        "snomed-ct",
        "snomedct",
        "sct",
    ),
    ICD10: (
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10",
        "2.16.840.1.113883.6.90",
        "2.16.840.1.113883.6.3",
        "http://fhir.de/codesystem/bfarm/icd-10-gm",
        "http://fhir.de/codesystem/dimdi/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-uk",
        "http://hl7.org/fhir/sid/icd-10-nl",
        "http://hl7.org/fhir/sid/icd-10-se",
        "http://hl7.org/fhir/sid/icd-10-ca",
        "http://hl7.org/fhir/sid/icd-10-am",
        "icd-10-cm",
        "icd10cm",
        "icd-10",
        "icd10",
    ),
    ICD10PCS: (
        "http://www.cms.gov/medicare/coding/icd10",
        "http://hl7.org/fhir/sid/icd-10-pcs",
        "2.16.840.1.113883.6.4",
        "icd-10-pcs",
        "icd10pcs",
    ),
    HCPCS: (
        "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets",
        "https://www.cms.gov/medicare/coding/medhcpcsgeninfo",
        "http://www.cms.gov/medicare/coding/hcpcsreleasecodesets",
        "2.16.840.1.113883.6.285",
        "2.16.840.1.113883.6.14",
        "http://terminology.hl7.org/codesystem/hcpcs-all-codes",
        "hcpcs",
    ),
    LOINC: ("http://loinc.org", "https://loinc.org", "2.16.840.1.113883.6.1", "loinc"),
    V3_ROUTE: (
        "http://terminology.hl7.org/codesystem/v3-routeofadministration",
        "2.16.840.1.113883.5.112",
        "http://hl7.org/fhir/v3/routeofadministration",
    ),
    V2_ROUTE: (
        "http://terminology.hl7.org/codesystem/v2-0162",
        "http://hl7.org/fhir/v2/0162",
        "2.16.840.1.113883.12.162",
    ),
    NCIT: (
        "http://ncimeta.nci.nih.gov",
        "http://ncit.nci.nih.gov",
        "http://ncithesaurus.nci.nih.gov",
        "2.16.840.1.113883.3.26.1.1",
    ),
    EDQM: ("http://standardterms.edqm.eu", "https://standardterms.edqm.eu", "0.4.0.127.0.16.1.1.2.1"),
    ABSENT: (
        "http://terminology.hl7.org/codesystem/data-absent-reason",
        "http://hl7.org/fhir/data-absent-reason",
        "http://terminology.hl7.org/codesystem/v3-nullflavor",
        "http://hl7.org/fhir/v3/nullflavor",
        "2.16.840.1.113883.5.1008",
    ),
}

_KINDS = {name: kind for kind, names in _NAMES.items() for name in names}


def kind_of(system: str) -> str:
    """Our short name of a code system: "rxnorm", "snomed" ...; "" when missing or none of ours."""
    kind = _KINDS.get(system)
    if kind is not None:
        return kind
    name = system.strip().lower().removesuffix("/").removeprefix("urn:oid:")
    return _KINDS.get(name.split("|", 1)[0], "")


def codings_of(coded: Coded) -> Iterator[tuple[str, str, Coding]]:
    """(kind, trimmed code, coding) of each coding that says something."""
    for coding in coded.codings:
        kind = kind_of(coding.system)
        if kind != ABSENT:
            yield kind, coding.code.strip(), coding


def texts_of(coded: Coded) -> tuple[str, ...]:
    """The different words of a concept: its text, then the displays; empty ones left out."""
    words = [coded.text, *(coding.display for _, _, coding in codings_of(coded))]
    return tuple(dict.fromkeys(filter(None, map(str.strip, words))))
