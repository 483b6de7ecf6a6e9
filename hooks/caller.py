"""Who is calling, once trust has been established."""

from __future__ import annotations

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """A registered client whose token was accepted for this call.

    ``client_id`` is our name for it (the key in the clients file), never text from the token. ``tenant`` is the one
    it spoke for, "" if none. ``fhir_origins`` are the only origins that may be asked for its patients' data.
    """

    client_id: str
    tenant: str = ""
    fhir_origins: tuple[str, ...] = ()
