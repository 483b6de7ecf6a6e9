"""Headers of every answer: what browsers may do with it, and who may call from a page (CORS)."""

from __future__ import annotations

from flask import Request, Response

from hooks.settings import Settings

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
    "Access-Control-Max-Age": "600",
}
OPEN_TO_PAGES = "/cds-services"  # discovery, services, feedback


def add_headers(response: Response, request: Request, settings: Settings, request_id: str) -> Response:
    """Security headers, the request id, and CORS where it is allowed."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id
    if settings.base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.path.startswith(OPEN_TO_PAGES):
        _add_cors(response, request, settings)
    return response


def _add_cors(response: Response, request: Request, settings: Settings) -> None:
    allowed = settings.cors_origins or (("*",) if settings.loopback else ())
    if "*" not in allowed:
        response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin", "")
    if not origin or not ("*" in allowed or origin in allowed):
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    response.headers["Access-Control-Expose-Headers"] = "X-Request-Id"
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        for name, value in _PREFLIGHT.items():
            response.headers[name] = value
        if settings.loopback and request.headers.get("Access-Control-Request-Private-Network") == "true":
            response.headers["Access-Control-Allow-Private-Network"] = "true"  # a public sandbox calling this machine
