"""Whether a line may be about one of our drugs, told from its bytes: of most patients nothing more is read.

Never says no to an order that the readers would call one of ours (a test holds it to that); where it cannot tell, it
says yes. What it says of one medicine is remembered by the bytes that name it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import orjson

from cds.arithmetic.told import recognise
from cds.chart import Coded, Source
from cds.fhir.codes import shortened
from cds.fhir.read import read_chart
from cds.knowledge.model import Knowledge
from hooks.population.lines import Ref, target

ORDER_BYTES = (b"MedicationRequest", b"MedicationOrder")  # one of them is in every order
_MOST = 50_000  # medicines remembered
_NOTHING = msgspec.Raw(b"")
_TEXT = b"\0"  # no JSON begins so


class _Pointer(msgspec.Struct, gc=False):
    """A reference, or R5's concept with a reference."""

    display: str | None = ""
    concept: msgspec.Raw = _NOTHING
    identifier: Any = None
    reference: Any = None  # in R5 itself a reference, with words and a number of its own


class OrderHead(msgspec.Struct, gc=False):
    """What of an order tells whose it is and what it may be about; any other resource fits, too."""

    resourceType: str  # noqa: N815
    subject: Ref | None = None
    patient: Ref | None = None
    contained: msgspec.Raw = _NOTHING
    medicationCodeableConcept: msgspec.Raw = _NOTHING  # noqa: N815
    medicationReference: _Pointer | None = None  # noqa: N815 (as in FHIR)
    medication: _Pointer | None = None

    @property
    def whose(self) -> str:
        """The id of the patient."""
        return target(self.subject, "Patient") or target(self.patient, "Patient")

    @property
    def product(self) -> str:
        """The id of the Medication that it refers to."""
        pointer = self.medicationReference or self.medication
        return target(pointer.reference, "Medication") if pointer is not None else ""


class _Product(msgspec.Struct, gc=False):
    contained: msgspec.Raw = _NOTHING
    code: msgspec.Raw = _NOTHING
    ingredient: msgspec.Raw = _NOTHING
    product: msgspec.Raw = _NOTHING


as_orders = msgspec.json.Decoder(OrderHead)
_as_product = msgspec.json.Decoder(_Product)
_as_coded = msgspec.json.Decoder(Coded, strict=False)


class Ours:
    """Tells lines that may be about baclofen or a benzodiazepine."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._terminology = knowledge.terminology
        self._targets = knowledge.targets
        self._known: dict[tuple[bytes, ...], bool] = {}

    def line(self, raw: bytes, *, product: bool = False) -> bool:
        """An order, of which there is nothing but its line. ``product``: what any Medication would tell of it."""
        try:
            head = as_orders.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return True
        return self.order(head, raw) or (product and bool(head.product))

    def order(self, order: OrderHead, raw: bytes | None = None) -> bool:
        """An order, by its own words and codes; the Medication that it may refer to is asked with ``product``.

        ``raw``: its line; without it, what only the line can tell is answered with yes.
        """
        pointer = order.medicationReference or order.medication
        inside = bytes(order.contained)
        words: tuple[bytes, ...] = (bytes(order.medicationCodeableConcept),)
        if pointer is not None:
            inner = pointer.reference if isinstance(pointer.reference, dict) else {}
            if pointer.identifier or inner.get("identifier"):
                return True  # a product named by its number in some catalogue: only the readers can follow that
            shown = (pointer.display or "", str(inner.get("display") or ""))
            words = (*words, bytes(pointer.concept), *(_TEXT + text.encode() for text in shown))
        known = self._known.get((*words, inside))
        if known is not None:
            return known
        if inside and raw is None:
            return True
        tell = partial(self._read, raw) if inside and raw else partial(self._any_coded, words)
        return self._once((*words, inside), tell)

    def _any_coded(self, words: tuple[bytes, ...]) -> bool:
        return any(map(self._coded, words))

    def product(self, raw: bytes) -> bool:
        """A Medication, by its code and its ingredients."""
        try:
            product = _as_product.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return True
        words = tuple(map(bytes, (product.contained, product.code, product.ingredient, product.product)))
        return self._once((*words, b"product"), partial(self._read_product, raw))

    def _once(self, key: tuple[bytes, ...], tell: Callable[[], bool]) -> bool:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = tell()
        return known

    def _coded(self, word: bytes) -> bool:
        """One word of a key: a concept in JSON, or a text after ``_TEXT``."""
        if word in (b"", b"null", _TEXT):
            return False
        try:
            text = word.startswith(_TEXT)
            drug = Coded((), word.removeprefix(_TEXT).decode()) if text else _as_coded.decode(word)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return True  # in a shape of which the readers may make something
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
