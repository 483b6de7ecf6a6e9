"""Keys of a client: which are taken, how seldom their address is asked, and what serves while it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hooks.clients import Client
from hooks.download import Downloaded, DownloadFailed, download
from hooks.jwks import COOL_DOWN, LAST_GOOD, REFRESH_AFTER, WAIT_AFTER, KeySource, NoKeys, fetch_keys, read_keys
from hooks.trust import Trust
from tests.support.tokens import ADDRESS, ISSUER, KeyPlace, jwk, jwks, key, mint, serving

BOTH = ("ES384", "RS384")


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """A key source over a place that tests change."""

    def __init__(self, place: KeyPlace) -> None:
        self.place = place
        self.clock = Clock()
        self.keys = KeySource(place.url, BOTH, "main", clock=self.clock)

    def knows(self, kid: str) -> bool:
        return bool(self.keys.find(kid, "ES384"))

    def later(self, seconds: float) -> None:
        self.clock.now += seconds

    def settled(self, asked: int) -> None:
        """Wait for a refresh that goes on beside."""
        end = time.monotonic() + 5
        while (len(self.place.asked) < asked or self.keys._flight is not None) and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.place.asked) == asked


@pytest.fixture
def source() -> Iterator[Source]:
    with serving(KeyPlace("es384-a")) as place:
        yield Source(place)


def test_two_hundred_calls_with_an_unknown_key_make_one_request() -> None:
    """They come at once, to a service that has no keys yet; those whose key arrives are admitted."""
    with serving(KeyPlace("es384-a")) as place:
        place.pause = 0.2
        trust = Trust([Client("main", ISSUER, jwks_url=place.url)], ADDRESS)
        tokens = [mint() if at % 2 else mint(header={"kid": f"invented-{at}"}) for at in range(200)]
        start = threading.Barrier(200)
        ended: list[bool] = []

        def call(token: str) -> None:
            start.wait()
            try:
                trust.admit(f"Bearer {token}", "/cds-services")
                ended.append(True)
            except Exception:
                ended.append(False)

        threads = [threading.Thread(target=call, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(ended) == [False] * 100 + [True] * 100
        assert len(place.asked) == 1


def test_an_invented_kid_is_asked_for_once_per_cool_down(source: Source) -> None:
    assert source.knows("es384-a")
    for _ in range(20):
        source.later(1)
        assert not source.knows("invented")
    assert len(source.place.asked) == 1
    source.later(COOL_DOWN)
    assert not source.knows("invented")
    assert not source.knows("invented")
    assert len(source.place.asked) == 2


def test_a_rotated_key_is_found_and_the_old_one_is_gone(source: Source) -> None:
    assert source.knows("es384-a")
    source.place.body = jwks("es384-b")
    source.later(COOL_DOWN)
    assert source.knows("es384-b")
    assert not source.knows("es384-a")


def test_fresh_keys_are_not_asked_for_and_older_ones_are_renewed_beside_the_call(source: Source) -> None:
    assert source.knows("es384-a")
    source.later(REFRESH_AFTER)
    assert source.knows("es384-a")
    source.settled(1)
    source.later(1)
    source.place.pause = 0.3
    source.place.body = jwks("es384-b")
    began = time.perf_counter()
    assert source.knows("es384-a"), "the call does not wait"
    assert time.perf_counter() - began < 0.2
    source.settled(2)
    assert not source.knows("es384-a"), "withdrawn"


def test_a_key_withdrawn_hours_ago_is_not_accepted_from_memory(source: Source) -> None:
    assert source.knows("es384-a")
    source.place.body = jwks("es384-b")
    source.later(WAIT_AFTER + 1)
    assert not source.knows("es384-a")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"oops"),
        (200, b"<html>maintenance</html>"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": "none"}'),
        (200, b"[]"),
        (200, b"null"),
        (200, jwks("es384-a")[:-30]),
        (200, json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "es384-a"}]}).encode()),
        (200, b"[" * 100_000),
        (302, jwks("es384-b")),
        (404, jwks("es384-b")),
        (200, jwks("es384-b") + b" " * 300_000),
    ],
)
def test_an_outage_or_junk_leaves_the_last_good_keys_for_a_day(source: Source, status: int, body: bytes) -> None:
    assert source.knows("es384-a")
    source.place.status, source.place.body = status, body
    for hour in range(1, 24):
        source.later(3600)
        assert source.knows("es384-a"), hour
        source.settled(1 + hour)
        assert not source.knows("es384-b")
    source.later(3600 + 1)
    assert source.clock.now - 1000 > LAST_GOOD
    assert not source.knows("es384-a")
    source.settled(25)
    source.place.status, source.place.body = 200, jwks("es384-a")
    source.later(COOL_DOWN)
    assert source.knows("es384-a"), "it comes back by itself"


def test_an_outage_is_felt_by_one_call_and_only_for_the_deadline() -> None:
    """Nobody listens at the address at first, then it hangs: known keys answer at once, and it is asked beside."""
    with serving(KeyPlace("es384-a")) as place:
        source = Source(place)
        assert source.knows("es384-a")
        place.pause = 4
        source.later(REFRESH_AFTER + 1)
        for _ in range(5):
            began = time.perf_counter()
            assert source.knows("es384-a")
            assert time.perf_counter() - began < 0.2
        assert len(place.asked) <= 2


def test_no_server_at_all_is_a_failure_and_not_a_fault() -> None:
    with serving(KeyPlace("es384-a")) as place:
        source = Source(place)
    began = time.perf_counter()
    assert not source.knows("es384-a")
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(("pause", "drip"), [(30.0, 0.0), (0.0, 0.05)])
def test_a_download_ends_at_its_deadline(pause: float, drip: float) -> None:
    """Also when a byte comes now and then, which starts a client's own time limit anew each time."""
    with serving(KeyPlace("es384-a", "rs-a")) as place:
        place.pause, place.drip = pause, drip
        began = time.perf_counter()
        with pytest.raises(DownloadFailed, match=r"within 0\.5 s"):
            download(place.url, deadline=0.5)
        assert time.perf_counter() - began < 1.5


def test_a_download_is_plain_capped_and_follows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(KeyPlace("es384-b")) as other, serving(KeyPlace("es384-a")) as place:
        assert download(place.url).status == 200
        place.headers["Location"] = other.url
        place.status = 302
        assert download(place.url).status == 302
        assert other.asked == []
        place.status = 200
        place.headers["Content-Encoding"] = "gzip"
        with pytest.raises(DownloadFailed, match="compressed"):
            download(place.url)
        del place.headers["Content-Encoding"]
        place.body = b"x" * 300_000
        with pytest.raises(DownloadFailed, match="larger"):
            download(place.url)


def _without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


@pytest.mark.parametrize(
    "item",
    [
        None,
        "key",
        {},
        _without(jwk("es384-a"), "kid"),
        _without(jwk("es384-a"), "x"),
        jwk("es384-a", kid=""),
        jwk("es384-a", kid=7),
        jwk("es384-a", use="enc"),
        jwk("es384-a", key_ops=["sign"]),
        jwk("es384-a", key_ops="verify"),
        jwk("es384-a", alg="ES512"),
        jwk("es384-a", crv="P-256"),
        jwk("es384-a", crv=["P-384"]),
        jwk("es384-a", x="AAAA"),
        jwk("es384-a", x=5),
        jwk("es256-a"),
        jwk("rs-weak"),
        jwk("rs-a", n="AQAB"),
        jwk("rs-a", kty="EC"),
        {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "a", "alg": "HS384"},
    ],
)
def test_a_key_that_cannot_verify_for_us_is_left_out_and_the_others_stay(item: Any) -> None:
    with pytest.raises(NoKeys):
        read_keys({"keys": [item]}, BOTH)
    assert set(read_keys({"keys": [item, jwk("es384-b")]}, BOTH)) == {("es384-b", "ES384")}


def test_a_private_part_in_a_published_set_is_not_taken_over() -> None:
    numbers = key("es384-a").private_numbers().private_value
    found = read_keys({"keys": [jwk("es384-a", d=str(numbers))]}, BOTH)
    assert not hasattr(found["es384-a", "ES384"][0].key, "private_numbers")


def test_two_keys_of_one_id_are_both_tried() -> None:
    """Some publish an old and a new key under one id."""
    trust = Trust([Client("main", ISSUER, keys=(jwk("es384-b", kid="k"), jwk("es384-a", kid="k")))], ADDRESS)
    for name in ("es384-a", "es384-b"):
        assert trust.admit(f"Bearer {mint(name, {'kid': 'k'})}", "/cds-services").client_id == "main"


def test_every_algorithm_that_can_be_chosen_works() -> None:
    for name, chosen in (("ed-a", "EdDSA"), ("es256-a", "ES256"), ("es384-a", "ES384"), ("rs-a", "RS384")):
        trust = Trust([Client("main", ISSUER, keys=(jwk(name),), algorithms=(chosen,))], ADDRESS)
        assert trust.admit(f"Bearer {mint(name)}", "/cds-services")


def test_a_set_of_too_many_keys_is_refused() -> None:
    with pytest.raises(NoKeys):
        read_keys({"keys": [jwk("es384-a")] * 101}, BOTH)


def test_what_was_answered_instead_is_told_to_the_operator() -> None:
    with pytest.raises(NoKeys, match=r"301 instead of 200 \(redirects are not followed\)"):
        fetch_keys("https://x.example", BOTH, lambda _: Downloaded(301, {}, b""))
