"""What every published resource shares: its canonical address, version, status and publisher."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from cds.knowledge.model import Knowledge

Json = dict[str, Any]

# FHIR R4 code systems by our short names.
SYSTEM_URLS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "unii": "http://fdasis.nlm.nih.gov",
    "snomed": "http://snomed.info/sct",
    "icd10": "http://hl7.org/fhir/sid/icd-10-cm",
    "icd10pcs": "http://www.cms.gov/Medicare/Coding/ICD10",
    "hcpcs": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "loinc": "http://loinc.org",
}
NOT_REVIEWED = (
    "Not reviewed by a licensed clinician. Written from labels, guidelines and studies; each number names its sources "
    "and whether it is published, mixed or a house rule."
)


class Place(msgspec.Struct, frozen=True):
    """Where resources are published: ``base`` is the address of the FHIR endpoint, without a trailing slash."""

    base: str
    version: str

    def url(self, kind: str, id: str) -> str:
        """The canonical address of a resource."""
        return f"{self.base}/{kind}/{id}"

    def head(self, kind: str, id: str, *, title: str, description: str, on: date | None = None) -> Json:
        """The members that every canonical resource begins with. Nothing here is more than a draft: see the README."""
        found: Json = {
            "resourceType": kind,
            "id": id,
            "url": self.url(kind, id),
            "version": self.version,
            "name": _name(id),
            "title": title,
            "status": "draft",
            "experimental": True,
            "publisher": "gabaguard",
            "description": description,
        }
        if on is not None:
            found["date"] = on.isoformat()
        return found


def _name(id: str) -> str:
    """A name that programs can use: "BaclofenRenalDose"."""
    return "".join(part[:1].upper() + part[1:] for part in id.replace("_", "-").split("-"))


def newest(knowledge: Knowledge) -> date:
    """The day of the newest change to a check."""
    return max(check.changed for check in knowledge.checks.values())
