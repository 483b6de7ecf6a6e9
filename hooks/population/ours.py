"""Whether a line may be about one of our drugs, told from its bytes: of most patients nothing more is read.

Never says no to an order that the readers would call one of ours (a test holds it to that); where it cannot tell, it
says yes. What it says of one medicine is remembered by the bytes that name it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from cds.arithmetic.told import recognise
from cds.chart import Coded, Source
from cds.fhir.codes import shortened
from cds.fhir.read import read_chart
from cds.knowledge.model import Knowledge

ORDER_BYTES = (b"MedicationRequest", b"MedicationOrder")  # one of them is in every order
_MOST = 50_000  # medicines remembered
_NOTHING = msgspec.Raw(b"")


class _Pointer(msgspec.Struct, gc=False):
    """A reference, or R5's concept with a reference."""

    display: str = ""
    concept: msgspec.Raw = _NOTHING
    identifier: Any = None
    reference: Any = None  # in R5 itself a reference, with words and a number of its own


class _Order(msgspec.Struct, gc=False):
    contained: msgspec.Raw = _NOTHING
    medicationCodeableConcept: msgspec.Raw = _NOTHING  # noqa: N815 (as in FHIR)
    medicationReference: _Pointer | None = None  # noqa: N815
    medication: _Pointer | None = None


class _Product(msgspec.Struct, gc=False):
    contained: msgspec.Raw = _NOTHING
    code: msgspec.Raw = _NOTHING
    ingredient: msgspec.Raw = _NOTHING
    product: msgspec.Raw = _NOTHING


_as_order = msgspec.json.Decoder(_Order)
_as_product = msgspec.json.Decoder(_Product)
_as_coded = msgspec.json.Decoder(Coded, strict=False)


class Ours:
    """Tells lines that may be about baclofen or a benzodiazepine."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._terminology = knowledge.terminology
        self._targets = knowledge.targets
        self._known: dict[tuple[bytes, ...], bool] = {}

    def order(self, raw: bytes) -> bool:
        """An order, by its own words and codes; the Medication that it may refer to is asked with ``product``."""
        try:
            order = _as_order.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return True
        pointer = order.medicationReference or order.medication or _Pointer()
        inner = pointer.reference if isinstance(pointer.reference, dict) else {}
        if pointer.identifier or inner.get("identifier"):
            return True  # a product named by its number in some catalogue: only the readers can follow that
        shown = (pointer.display, str(inner.get("display") or ""))
        words = (bytes(order.medicationCodeableConcept), bytes(pointer.concept), *(text.encode() for text in shown))
        inside = bytes(order.contained)
        return self._once((*words, inside), lambda: self._read(raw) if inside else any(map(self._coded, words)))

    def product(self, raw: bytes) -> bool:
        """A Medication, by its code and its ingredients."""
        try:
            product = _as_product.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return True
        words = tuple(map(bytes, (product.contained, product.code, product.ingredient, product.product)))
        return self._once((*words, b"product"), lambda: self._read_product(raw))

    def _once(self, key: tuple[bytes, ...], tell: Any) -> bool:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = bool(tell())
        return known

    def _coded(self, word: bytes) -> bool:
        if not word:
            return False
        try:
            drug = _as_coded.decode(word) if word[:1] == b"{" else Coded((), word.decode())
        except (msgspec.DecodeError, UnicodeDecodeError):
            return True
        found = self._terminology.recognise_drug(shortened(drug))
        return not self._targets.isdisjoint(one.id for one in found.ingredients)

    def _read_product(self, raw: bytes) -> bool:
        id = msgspec.json.decode(raw).get("id")
        order = {
            "resourceType": "MedicationRequest",
            "id": "1",
            "medicationReference": {"reference": f"Medication/{id}"},
        }
        return self._read(orjson.dumps(order) + b"," + raw)

    def _read(self, raw: bytes) -> bool:
        """As the readers see it: the whole way, for what has more than words and codes."""
        chart = read_chart([Source("all", "export", b"[" + raw + b"]")], patient_id="")
        return any(
            not self._targets.isdisjoint(one.id for one in recognise(fact, self._terminology).ingredients)
            for fact in chart.medications
        )
