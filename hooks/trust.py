"""May this call be answered? Decided from its bearer token (a JWT, as CDS Hooks asks for) and the clients file.

The order: form, issuer, claims, key, signature, and last the note that the token was used. Keys are looked for only for
a token that would be good if its signature is, so that nonsense never makes us ask anybody anything. The clock is the
real one, whatever the clinical today is frozen to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from hooks.bearer import Token, Untrusted, check_claims, read_token
from hooks.caller import Caller
from hooks.clients import Client, read_clients
from hooks.download import Downloaded, download
from hooks.jwks import ALGORITHMS, Keys, KeySource
from hooks.replay import SeenHere, SeenTokens
from hooks.settings import Settings


def load_trust(settings: Settings, seen: SeenTokens | None = None) -> Trust | None:
    """Trust as configured; None when no clients file is. Raises ``ClientsFaults``."""
    if not settings.clients:
        return None
    get = partial(download, ca_file=settings.ca_file)
    return Trust(read_clients(settings.clients), settings.base_url, seen, get=get)


class Trust:
    """The registered clients, their keys, and which tokens have been used. Safe to ask from many threads."""

    def __init__(
        self,
        clients: Iterable[Client],
        base_url: str,
        seen: SeenTokens | None = None,
        *,
        get: Callable[[str], Downloaded] = download,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url
        self._seen = seen if seen is not None else SeenHere()
        self._clock = clock
        self._members = tuple(_Member(client, get) for client in clients)
        self._jws = PyJWS(algorithms=ALGORITHMS, options={"verify_signature": True, "enforce_minimum_key_length": True})

    def admit(self, authorization: str | None, path: str) -> Caller:
        """Who is calling ``path``, by the Authorization header.

        Raises ``Untrusted``; ``SeenUnavailable`` when it cannot be told whether the token was used before.
        """
        token = read_token(authorization)
        member = self._member(token)
        client = member.client
        try:
            if token.alg not in client.algorithms:
                raise Untrusted("alg is not one of the client's")
            now = self._clock()
            check_claims(token.claims, client.rules(self._base_url + path), now)
            self._verify(token, member.keys(token))
            until = token.claims["exp"] + client.clock_skew
            if not self._seen.first_use(client.id, token.claims["jti"], until, now):
                raise Untrusted("used before")
        except Untrusted as refusal:
            raise Untrusted(refusal.cause, client.id) from None
        return client.caller(token.claims)

    def _member(self, token: Token) -> _Member:
        """The client with the token's issuer: the one of its tenant, else the one without."""
        named = [member for member in self._members if member.client.issuer == token.claims.get("iss")]
        if not named:
            raise Untrusted("iss is not registered")
        tenant = token.claims.get("tenant")
        own = [member for member in named if member.client.tenant and member.client.tenant == tenant]
        return (own or [member for member in named if not member.client.tenant] or named)[0]

    def _verify(self, token: Token, keys: tuple[PyJWK, ...]) -> None:
        if not keys:
            raise Untrusted("kid is not among the client's keys")
        for key in keys:
            try:
                self._jws.decode_complete(token.text, key, algorithms=[key.algorithm_name])
            except (PyJWTError, ValueError, TypeError):
                continue
            return
        raise Untrusted("signature is not the client's")


class _Member:
    """A client and where its keys come from."""

    def __init__(self, client: Client, get: Callable[[str], Downloaded]) -> None:
        self.client = client
        self._inline: Keys = client.inline_keys()
        self._sources = {url: KeySource(url, client.algorithms, client.id, get) for url in client.key_urls}

    def keys(self, token: Token) -> tuple[PyJWK, ...]:
        """The keys the token may be signed with. A jku is compared as it is, before anything is done with it."""
        if token.jku and token.jku not in self._sources:
            raise Untrusted("jku is not one of the client's")
        if found := self._inline.get((token.kid, token.alg)):
            return found
        source = self._sources[token.jku] if token.jku else next(iter(self._sources.values()), None)
        return source.find(token.kid, token.alg) if source is not None else ()
