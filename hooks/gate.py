"""Who is let in: trust, as the web sees it. Without a clients file everybody is (``serve`` then keeps to loopback).

Whoever is refused gets the same bytes whatever the cause, which is in the log alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Request, Response

from hooks.caller import Caller
from hooks.errors import MEDIA_TYPE, Issue, Refused, outcome, refused
from hooks.headers import OPEN_TO_PAGES
from hooks.observe import log
from hooks.settings import Settings

if TYPE_CHECKING:
    from hooks.audit import Audit
    from hooks.trust import Trust

_NOT_ADMITTED = outcome(
    401, [Issue("", "the call is not admitted", "Send the bearer token that your registration agreed on, once")]
)


# What needs no token: what we publish, and what operators look at. Whatever else is added is guarded until it is here.
_OPEN = ("/checks/", "/health/", "/fhir/", "/metrics", "/openapi.json", "/static/", "/sandbox/people", "/sandbox/drugs")
_JUDGING = ("/fhir/$check", "/fhir/PlanDefinition/<id>/$apply")  # but these take a patient's data, as calls do


def load_gate(settings: Settings, memory: Audit | None = None) -> Trust | None:
    """Trust as configured; None when no clients file is named. Raises ``ClientsFaults``.

    With a ``memory`` that other processes share, so are the tokens that were used.
    """
    if not settings.clients:
        return None
    from hooks.seen import SeenTogether, is_shared
    from hooks.trust import load_trust  # the libraries for tokens are loaded only where tokens are asked for

    return load_trust(settings, SeenTogether(memory) if memory is not None and is_shared(settings) else None)


def admit(trust: Trust | None, request: Request, request_id: str) -> Caller | None:
    """Who is calling; None where that does not matter. Raises ``Refused``: 401, or 503 when it cannot be told now.

    Discovery, calls and feedback alike need a token, and so does everything else below their address, whether it
    exists or not, and all that is not said to be open. A browser's preflight cannot carry one; it is answered without
    doing anything.
    """
    if trust is None or _is_open(request):
        return None
    from hooks.bearer import Untrusted
    from hooks.replay import SeenUnavailable

    try:
        return trust.admit(request.headers.get("Authorization"), request.path)
    except Untrusted as refusal:
        log().warning("not admitted", request_id=request_id, cause=refusal.cause, client=refusal.client)
        raise refused(401, "", "not admitted", "see the log") from None
    except SeenUnavailable:
        log().error("not admitted: used tokens cannot be remembered", request_id=request_id)
        raise refused(503, "", "calls cannot be admitted at the moment", "Try again") from None


def _is_open(request: Request) -> bool:
    if request.method == "OPTIONS":
        return True
    if request.url_rule is None:  # there is nothing, or not for this method; strangers are not told which
        return not request.path.startswith((OPEN_TO_PAGES, *_JUDGING))
    rule = request.url_rule.rule
    return rule == "/" or (rule.startswith(_OPEN) and rule not in _JUDGING)


def refusal_response(refusal: Refused, request_id: str) -> Response:
    """The answer to a refused call. A 401 says nothing of its cause, and is the same bytes for every cause."""
    if refusal.status == 401:
        return Response(_NOT_ADMITTED, 401, {"WWW-Authenticate": "Bearer"}, mimetype=MEDIA_TYPE)
    response = Response(outcome(refusal.status, refusal.issues, request_id), refusal.status, mimetype=MEDIA_TYPE)
    if refusal.status == 503:
        response.headers["Retry-After"] = "1"
    return response
