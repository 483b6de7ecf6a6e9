"""Public keys of clients: read from a JWK Set, and kept from an address that is asked as seldom as can be.

Keys of an address are refreshed by one thread at a time, however many calls wait. After any attempt there is a pause,
so that tokens with invented key ids cannot make us ask again and again. When the address fails, or sends what is no
key set, the last good keys go on serving for a day.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hooks.download import DEADLINE, Downloaded, DownloadFailed, download
from hooks.observe import fault, log

if TYPE_CHECKING:
    from jwt import PyJWK

# Which algorithms fit a key. Asymmetric ones only: with a secret shared by both sides, we could forge the client.
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
EC_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
ALGORITHMS = (*RSA_ALGORITHMS, *EC_ALGORITHMS.values(), "EdDSA")

MAX_KEYS = 100
MIN_RSA, MAX_RSA = 2048, 8192  # bits; larger ones only cost time
COOL_DOWN = 30.0  # seconds between two attempts
REFRESH_AFTER = 300.0  # seconds; older keys are renewed beside the calls that use them
WAIT_AFTER = 3600.0  # seconds; keys older than this are renewed first: a key withdrawn last night is not accepted
LAST_GOOD = 24 * 3600.0  # seconds; keys older than this are not used any more

Keys = Mapping[tuple[str, str], "tuple[PyJWK, ...]"]  # by (kid, algorithm)


class NoKeys(Exception):
    """This is no set of usable public keys. The words are ours, without anything of the keys."""


def read_keys(document: Any, algorithms: tuple[str, ...]) -> Keys:
    """The usable keys of a JWK Set. Keys that are not for us (other use, other algorithm) are left out.

    Raises ``NoKeys`` when it is no JWK Set or nothing in it can verify a token of these algorithms.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise NoKeys(f'it is not a JWK Set: an object with up to {MAX_KEYS} "keys"')
    found: dict[tuple[str, str], tuple[PyJWK, ...]] = {}
    for item in listed:
        for algorithm in algorithms:
            if (key := _key(item, algorithm)) is not None:
                place = (item["kid"], algorithm)
                found[place] = (*found.get(place, ()), key)
    if not found:
        raise NoKeys(f"none of its {len(listed)} keys has a kid and can verify {' or '.join(algorithms)}")
    return found


def _key(item: Any, algorithm: str) -> PyJWK | None:
    """One key, bound to one algorithm; None if it does not fit."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if not isinstance(item, dict) or not isinstance(kid := item.get("kid"), str) or not kid:
        return None
    if not _fits(item, algorithm):
        return None
    public = {name: value for name, value in item.items() if name in ("kty", "crv", "n", "e", "x", "y", "kid")}
    try:
        key = PyJWK(public, algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if item["kty"] == "RSA" and not MIN_RSA <= key.key.key_size <= MAX_RSA:
        return None
    return key


def _fits(item: Mapping[str, Any], algorithm: str) -> bool:
    kty, crv = item.get("kty"), item.get("crv")
    by_kind = (
        (kty == "RSA" and algorithm in RSA_ALGORITHMS)
        or (kty == "EC" and isinstance(crv, str) and EC_ALGORITHMS.get(crv) == algorithm)
        or (kty == "OKP" and crv == "Ed25519" and algorithm == "EdDSA")
    )
    operations = item.get("key_ops", ["verify"])
    return (
        by_kind
        and item.get("use", "sig") == "sig"
        and item.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )


def fetch_keys(url: str, algorithms: tuple[str, ...], get: Callable[[str], Downloaded] = download) -> Keys:
    """The keys at an address. Raises ``DownloadFailed`` or ``NoKeys``."""
    answer = get(url)
    if answer.status != 200:
        raise NoKeys(
            f"it answered {answer.status} instead of 200"
            + " (redirects are not followed)" * (answer.status // 100 == 3)
        )
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise NoKeys("it is not JSON") from None
    return read_keys(document, algorithms)


class KeySource:
    """The keys at one address, for one client. Safe to ask from many threads."""

    def __init__(
        self,
        url: str,
        algorithms: tuple[str, ...],
        client: str = "",
        get: Callable[[str], Downloaded] = download,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self._algorithms = algorithms
        self._client = client
        self._get = get
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Keys = {}
        self._fetched = self._tried = float("-inf")  # when: the last good answer, the last attempt
        self._failing = False
        self._flight: threading.Event | None = None  # set when the refresh under way has ended

    def find(self, kid: str, algorithm: str) -> tuple[PyJWK, ...]:
        """The keys of this id, refreshed first where that may help. Empty when there is none."""
        flight, wait = self._plan(kid, algorithm)
        if flight is not None and wait:
            flight.wait(DEADLINE + 0.5)  # a refresh may still be stuck in name resolution; this call goes on without
        with self._lock:
            usable = self._clock() - self._fetched <= LAST_GOOD
            return self._keys.get((kid, algorithm), ()) if usable else ()

    def _plan(self, kid: str, algorithm: str) -> tuple[threading.Event | None, bool]:
        """The refresh that this call starts or joins, and whether to wait for it."""
        with self._lock:
            now = self._clock()
            age = now - self._fetched
            known = (kid, algorithm) in self._keys and age <= LAST_GOOD
            wait = not known or (age > WAIT_AFTER and not self._failing)
            due = not known or age > REFRESH_AFTER
            if self._flight is None and due and now - self._tried >= COOL_DOWN:
                self._tried = now
                self._flight = threading.Event()
                threading.Thread(target=self._refresh, args=(self._flight,), name="jwks", daemon=True).start()
            return self._flight, wait

    def _refresh(self, flight: threading.Event) -> None:
        try:
            keys = fetch_keys(self.url, self._algorithms, self._get)
            with self._lock:
                self._keys, self._fetched, self._failing = keys, self._clock(), False
            log().info("keys of a client read", client=self._client, keys=len(keys))
        except (DownloadFailed, NoKeys) as error:
            self._failing = True
            log().warning("keys of a client not read; the last good ones serve", client=self._client, cause=str(error))
        except Exception as error:
            self._failing = True
            log().error("keys of a client not read", client=self._client, **fault(error))
        finally:
            with self._lock:
                self._flight = None
            flight.set()
