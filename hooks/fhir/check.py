"""``$check`` and ``PlanDefinition/$apply``: the same journey as a hook call, asked with a Bundle instead.

In: a Bundle of one patient's resources, or Parameters with it as ``bundle`` (``$apply``: ``data``). Draft orders are
those with status draft, or what the optional Bundle ``draftOrders`` holds (stops and revisions of running orders, too).
``hook`` chooses the moment; without it a Bundle with drafts is judged as order-sign, else as patient-view. ``complete``
names prefetch keys for which the Bundle holds all there is; of other kinds that are missing nothing is claimed.
"""

from __future__ import annotations

from typing import Any

import orjson

from hooks.engine import Engine
from hooks.errors import refused
from hooks.fhir.asked import Asked, resource_of
from hooks.offline import BadFileError, Told, request_of_bundle
from hooks.origins import NOWHERE
from hooks.respond import Judged, judge
from hooks.services import service_for_hook

Json = dict[str, Any]


def judged_bundle(body: bytes, engine: Engine, *, name: str = "bundle") -> tuple[Judged, str]:
    """The call that a body makes, judged, and what names it. Raises ``Refused``."""
    resource = resource_of(body)
    asked = Asked([(name, resource)]) if resource["resourceType"] == "Bundle" else _parameters(resource)
    bundle = asked.resource(name)
    if bundle is None or bundle.get("resourceType") != "Bundle":
        raise refused(400, name, "is not a Bundle", f"Send a Bundle, or Parameters with one as {name}", "required")
    told = Told(
        hook=asked.text("hook"),
        drafts=asked.resource("draftOrders"),
        complete=tuple(asked.texts("complete")),
        selections=tuple(asked.texts("selection")),
        encounter_id=asked.text("encounter"),
        user_id=asked.text("user"),
    )
    try:
        request = request_of_bundle(bundle, told, body)
    except BadFileError as fault:
        raise refused(400, name, fault.problem, fault.remedy.rstrip("."), "invalid") from None
    service = service_for_hook(request["hook"])
    if service is None:
        raise refused(400, "hook", "is none that is answered here", "See /cds-services", "not-supported")
    return judge(orjson.dumps(request), service, engine, NOWHERE), request["hookInstance"]


def _parameters(resource: Json) -> Asked:
    if resource["resourceType"] != "Parameters":
        raise refused(400, "", "the body is neither a Bundle nor Parameters", "Send one of them", "structure")
    return Asked.of_parameters(resource)
