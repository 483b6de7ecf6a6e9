"""Authorization headers that must not be admitted, by name: what attacks on tokens look like, and honest mistakes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.tokens import ADDRESS, DISCOVERY, ISSUER, b64, claims, jwk, key, mint, sealed, signed

P384_ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)


def hostile(elsewhere: str, used: str) -> dict[str, str | None]:
    """All of them. ``elsewhere`` is a server of an attacker's keys; ``used`` a token that was admitted before."""
    made: dict[str, str | None] = {"no header": None, "replayed": f"Bearer {used}"}
    made["replayed, signature written differently"] = f"Bearer {_other_signature(used)}"
    made |= {name: f"Bearer {make()}" for name, make in _TOKENS.items()}
    return made | _SENT | _jku(elsewhere)


def _jku(elsewhere: str) -> dict[str, str]:
    def pointing(jku: Any) -> str:
        return f"Bearer {mint('es384-attacker', {'jku': jku})}"

    posing = mint("es384-attacker", {"jku": elsewhere, "kid": "es384-a"})
    return {
        "jku elsewhere": pointing(elsewhere),
        "jku elsewhere, kid of a registered key": f"Bearer {posing}",
        "jku elsewhere, well signed": f"Bearer {mint('es384-a', {'jku': elsewhere})}",
        "jku with the registered one as user": pointing(f"https://keys.ehr.example@{elsewhere.split('//')[1]}"),
        "jku below the registered one": pointing("https://keys.ehr.example/jwks/../other"),
        "jku a list": pointing([elsewhere]),
        "jku empty": pointing(""),
        "jku a file": pointing("file:///etc/passwd"),
        "x5u elsewhere": f"Bearer {mint('es384-attacker', {'x5u': elsewhere})}",
    }


def _hmac(header: dict[str, Any], secret: bytes) -> str:
    method = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[header["alg"]]
    head = f"{b64(json.dumps({'typ': 'JWT', **header}).encode())}.{b64(json.dumps(claims()).encode())}"
    return f"{head}.{b64(hmac.new(secret, head.encode(), method).digest())}"


def _pem(name: str) -> bytes:
    return bytes(key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _unsigned(alg: str, signature: str = "") -> str:
    header = {"typ": "JWT", "alg": alg, "kid": "es384-a"}
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims()).encode())}.{signature}"


def _raw(payload: str, header: str = '{"alg":"ES384","kid":"es384-a","typ":"JWT"}') -> str:
    """Well signed, so that only what it says can be the reason to refuse it."""
    return signed("es384-a", header.encode(), payload.encode())


def _twice(member: str) -> str:
    return json.dumps(claims())[:-1] + f", {member}}}"


def _number(name: str, text: str) -> str:
    return json.dumps(claims(**{name: None}))[:-1] + f', "{name}": {text}}}'


def _part(token: str, at: int, change: Callable[[str], str]) -> str:
    parts = token.split(".")
    parts[at] = change(parts[at])
    return ".".join(parts)


def _other_claims(part: str) -> str:
    told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return b64(json.dumps({**told, "exp": told["exp"] - 1}).encode())


def _flip(part: str) -> str:
    return ("B" if part[10] != "B" else "C").join((part[:10], part[11:]))


def _other_signature(token: str) -> str:
    """The same token with the other of the two ECDSA signatures that are valid: (r, n - s)."""
    head, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    other = P384_ORDER - int.from_bytes(raw[48:], "big")
    return f"{head}.{b64(raw[:48] + other.to_bytes(48, 'big'))}"


def _der(part: str) -> str:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return b64(encode_dss_signature(int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")))


def _now(seconds: int = 0) -> int:
    return int(time.time()) + seconds


def _detached() -> str:
    header = json.dumps({"alg": "ES384", "kid": "es384-a", "typ": "JWT", "b64": False, "crit": ["b64"]})
    return signed("es384-a", header.encode(), json.dumps(claims()).encode())


_SENT: dict[str, str | None] = {
    "empty header": "",
    "scheme only": "Bearer",
    "scheme and space": "Bearer ",
    "basic": "Basic dXNlcjpwYXNzd29yZA==",
    "garbage": "Bearer garbage",
    "dots": "Bearer ..",
    "undefined": "Bearer undefined",
    "latin letters": "Bearer é.é.é",
    "traversal": "Bearer ../../../../etc/passwd",
    "10 kB of letters": "Bearer " + "A" * 10_000,
}
_TOKENS: dict[str, Callable[[], str]] = {
    # -- how it is sent
    "two tokens": lambda: f"{mint()} {mint()}",
    "two headers in one": lambda: f"{mint()}, Bearer {mint()}",
    "quoted": lambda: f'"{mint()}"',
    "header only": lambda: mint().split(".")[0],
    "two parts": lambda: mint().rpartition(".")[0],
    "four parts": lambda: f"{mint()}.AAAA",
    "five parts, as if encrypted": lambda: f"{mint()}.AAAA.AAAA",
    "truncated": lambda: mint()[:-20],
    "padded": lambda: f"{mint()}=",
    "standard base64": lambda: _part(mint(), 2, lambda part: "+" + part[1:]),
    "12 kB of claims": lambda: mint(more="x" * 12_000),
    # -- algorithm
    "alg none": lambda: _unsigned("none"),
    "alg none with a signature": lambda: _unsigned("none", "AAAA"),
    "alg nOnE": lambda: _unsigned("nOnE", "AAAA"),
    "alg empty": lambda: mint(header={"alg": ""}),
    "alg left out": lambda: mint(header={"alg": None}),
    "alg a number": lambda: mint(header={"alg": 384}),
    "alg a list": lambda: mint(header={"alg": ["ES384"]}),
    "HS256 with the RSA key as secret": lambda: _hmac({"alg": "HS256", "kid": "rs-a"}, _pem("rs-a")),
    "HS384 with the EC key as secret": lambda: _hmac({"alg": "HS384", "kid": "es384-a"}, _pem("es384-a")),
    "HS512 with the JWK as secret": lambda: _hmac(
        {"alg": "HS512", "kid": "es384-a"}, json.dumps(jwk("es384-a")).encode()
    ),
    "HS256 with an empty secret": lambda: _hmac({"alg": "HS256", "kid": "es384-a"}, b""),
    "asymmetric but not agreed": lambda: mint("es256-a"),
    "RS256 where RS384 was agreed": lambda: mint("rs-a", {"alg": "RS256"}),
    "RS384 named, signed by ES384": lambda: mint("es384-a", {"alg": "RS384"}),
    "RS384 named with the RSA kid, signed by ES384": lambda: mint("es384-a", {"alg": "RS384", "kid": "rs-a"}),
    "ES384 named, signed by RS384": lambda: mint("rs-a", {"alg": "ES384"}),
    # -- header
    "typ left out": lambda: mint(header={"typ": None}),
    "typ of an access token": lambda: mint(header={"typ": "at+jwt"}),
    "kid left out": lambda: mint(header={"kid": None}),
    "kid unknown": lambda: mint(header={"kid": "never-seen"}),
    "kid a number": lambda: mint(header={"kid": 1}),
    "kid a path": lambda: mint(header={"kid": "../../../../dev/null"}),
    "kid with SQL": lambda: mint(header={"kid": "x' OR '1'='1"}),
    "kid huge": lambda: mint(header={"kid": "k" * 5000}),
    "kid of another client's key": lambda: mint("es384-other"),
    "crit": lambda: mint(header={"crit": ["exp"]}),
    "crit unknown": lambda: mint(header={"crit": ["urn:x"], "urn:x": 1}),
    "payload not encoded": _detached,
    "compressed": lambda: mint(header={"zip": "DEF"}),
    "encrypted by its header": lambda: mint(header={"enc": "A256GCM"}),
    "nested": lambda: sealed("es384-a", {"kid": "es384-a", "cty": "JWT"}, mint()),
    "nested without saying so": lambda: sealed("es384-a", {"kid": "es384-a"}, json.dumps(mint())),
    "embedded jwk": lambda: mint("es384-attacker", {"jwk": jwk("es384-attacker")}),
    "embedded jwk under a registered kid": lambda: mint(
        "es384-attacker", {"jwk": jwk("es384-attacker"), "kid": "es384-a"}
    ),
    "embedded certificate": lambda: mint("es384-attacker", {"x5c": ["MIIB"], "kid": "es384-a"}),
    "header with a member twice": lambda: _raw(
        json.dumps(claims()), '{"alg":"none","alg":"ES384","kid":"es384-a","typ":"JWT"}'
    ),
    "header a list": lambda: _raw(json.dumps(claims()), '["ES384"]'),
    "header not JSON": lambda: _raw(json.dumps(claims()), "ES384"),
    "header nested 2000 deep": lambda: _raw(json.dumps(claims()), "[" * 2000),
    # -- claims, all of them well signed
    "payload a list": lambda: _raw("[]"),
    "payload a text": lambda: _raw('"x"'),
    "payload empty object": lambda: _raw("{}"),
    "payload not UTF-8": lambda: signed("es384-a", b'{"alg":"ES384","kid":"es384-a","typ":"JWT"}', b'{"iss":"\xff"}'),
    "payload nested 3000 deep": lambda: _raw('{"a":' * 1500 + "[" * 1500),
    "iss twice": lambda: _raw(_twice(f'"iss": "{ISSUER}"')),
    "exp twice": lambda: _raw(_twice(f'"exp": {_now(300)}')),
    "iss left out": lambda: mint(iss=None),
    "iss of nobody": lambda: mint(iss="https://evil.example/fhir"),
    "iss of another client": lambda: mint(iss="https://other.example/fhir"),
    "iss with a slash": lambda: mint(iss=f"{ISSUER}/"),
    "iss in capitals": lambda: mint(iss=ISSUER.upper()),
    "iss a list": lambda: mint(iss=[ISSUER]),
    "aud left out": lambda: mint(aud=None),
    "aud elsewhere": lambda: mint(aud="https://other.example/cds-services"),
    "aud a list of others": lambda: mint(aud=["https://other.example", "https://third.example"]),
    "aud an empty list": lambda: mint(aud=[]),
    "aud a list of 100": lambda: mint(aud=[DISCOVERY] + ["https://other.example"] * 99),
    "aud a list with a number": lambda: mint(aud=[DISCOVERY, 1]),
    "aud an object": lambda: mint(aud={DISCOVERY: True}),
    "aud a list in a list": lambda: mint(aud=[[DISCOVERY]]),
    "aud the base only": lambda: mint(aud=ADDRESS),
    "aud another service": lambda: mint(aud=f"{DISCOVERY}/gabaguard-order-sign/feedback"),
    "aud over http": lambda: mint(aud=DISCOVERY.replace("https", "http")),
    "aud with our address inside": lambda: mint(aud=f"https://evil.example/?{DISCOVERY}"),
    "aud with our address as beginning": lambda: mint(aud=f"{DISCOVERY}.evil.example"),
    "aud with a user": lambda: mint(aud=DISCOVERY.replace("//", "//user@")),
    "aud with a query": lambda: mint(aud=f"{DISCOVERY}?x=1"),
    "aud a star": lambda: mint(aud="*"),
    "exp left out": lambda: mint(exp=None),
    "expired": lambda: mint(iat=_now(-1000), exp=_now(-700)),
    "just expired, beyond the skew": lambda: mint(iat=_now(-301), exp=_now(-61)),
    "valid for 32 years": lambda: mint(exp=_now(32 * 365 * 86400)),
    "valid for one second too long": lambda: mint(iat=_now(-10), exp=_now(291)),
    "exp before iat": lambda: mint(iat=_now(30), exp=_now(10)),
    "exp a text": lambda: mint(exp=str(_now(300))),
    "exp with a fraction": lambda: mint(exp=_now(200) + 0.5),
    "exp true": lambda: mint(exp=True),
    "exp negative": lambda: mint(exp=-1),
    "exp NaN": lambda: _raw(_number("exp", "NaN")),
    "exp infinite": lambda: _raw(_number("exp", "1e999")),
    "exp with 6000 digits": lambda: _raw(_number("exp", "9" * 6000)),
    "iat left out": lambda: mint(iat=None),
    "iat in the future": lambda: mint(iat=_now(120), exp=_now(300)),
    "iat a text": lambda: mint(iat=str(_now())),
    "of the frozen clinical today": lambda: mint(iat=1781049600, exp=1781049900),
    "nbf in the future": lambda: mint(nbf=_now(120)),
    "nbf a text": lambda: mint(nbf="now"),
    "jti left out": lambda: mint(jti=None),
    "jti empty": lambda: mint(jti=""),
    "jti a number": lambda: mint(jti=7),
    "jti huge": lambda: mint(jti="j" * 5000),
    "tenant of nobody": lambda: mint("es384-tenant", iss="https://many.example", tenant="south"),
    "tenant left out": lambda: mint("es384-tenant", iss="https://many.example"),
    "tenant a number": lambda: mint(tenant=1),
    # -- signature
    "claims changed after signing": lambda: _part(mint(), 1, _other_claims),
    "signature changed": lambda: _part(mint(), 2, _flip),
    "signature empty": lambda: _part(mint(), 2, lambda _: ""),
    "signature of zeros": lambda: _part(mint(), 2, lambda _: b64(bytes(96))),
    "signature of another token": lambda: _part(mint(), 2, lambda _: mint().rpartition(".")[2]),
    "signature in DER": lambda: _part(mint(), 2, _der),
    "signature short": lambda: _part(mint(), 2, lambda part: part[:64]),
    "signed by nobody registered, under a registered kid": lambda: mint("es384-attacker", {"kid": "es384-a"}),
    "signed by another client": lambda: mint("es384-other", {"kid": "es384-a"}),
    "an RSA key of nobody": lambda: mint("rs-attacker", {"kid": "rs-a"}),
    "a random uuid for all": lambda: ".".join(uuid.uuid4().hex for _ in range(3)),
}
