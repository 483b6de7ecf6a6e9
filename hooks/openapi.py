"""``/openapi.json``: what this service offers, assembled from the schemas that validate its requests and answers."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from hooks.services import Service, catalogue

Json = dict[str, Any]

_OUTCOME = {
    "description": "Refused: an OperationOutcome names path, problem and remedy",
    "content": {"application/fhir+json": {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}},
}
_COMPONENTS: Json = {
    "OperationOutcome": {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {"type": "array", "minItems": 1, "items": {"type": "object"}},
        },
    },
    "Explanation": {
        "type": "object",
        "required": ["hookInstance", "calls"],
        "properties": {
            "hookInstance": {"type": "string"},
            "calls": {"type": "array", "items": {"type": "object", "required": ["service", "at", "status", "checks"]}},
        },
    },
    "Discovery": {
        "type": "object",
        "required": ["services"],
        "properties": {"services": {"type": "array", "items": {"type": "object", "required": ["hook", "id"]}}},
    },
}


_COMPONENT_OF = {
    "response": "Answer",
    "feedback": "Feedback",
    "taper-request": "TaperRequest",
    "taper-response": "TaperResponse",
}


def openapi(base_url: str, version: str) -> Json:
    """The document (OpenAPI 3.1)."""
    components = dict(_COMPONENTS)
    for service in catalogue().values():
        components.setdefault(_request_name(service.hook), _schema(f"request-{service.hook}"))
    components |= {
        "Answer": _schema("response"),
        "Feedback": _schema("feedback"),
        "TaperRequest": _schema("taper-request"),
        "TaperResponse": _schema("taper-response"),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gabaguard",
            "version": version,
            "summary": "CDS Hooks service for baclofen and benzodiazepines",
            "description": "Not reviewed by a licensed clinician.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "paths": _service_paths() | _other_paths(),
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{}, {"token": []}],
    }


def _request_name(hook: str) -> str:
    return "Request-" + hook


def _schema(name: str) -> Json:
    found: Json = json.loads(files("hooks.schema").joinpath(f"{name}.schema.json").read_text(encoding="utf-8"))
    moved: Json = _moved({key: value for key, value in found.items() if key not in ("$schema", "$id")}, name)
    return moved


def _moved(node: Any, name: str) -> Any:
    """References of a schema to its own definitions, as they are within the document."""
    component = _COMPONENT_OF.get(name) or _request_name(name.removeprefix("request-"))
    if isinstance(node, dict):
        return {
            key: f"#/components/schemas/{component}{value[1:]}"
            if key == "$ref" and isinstance(value, str) and value.startswith("#")
            else _moved(value, name)
            for key, value in node.items()
        }
    return [_moved(item, name) for item in node] if isinstance(node, list) else node


def _service_paths() -> Json:
    paths: Json = {
        "/cds-services": {
            "get": _operation("discovery", "What there is", {"200": _json("Discovery")}, refusals=("401",))
        }
    }
    for service in catalogue().values():
        paths[f"/cds-services/{service.id}"] = {"post": _call(service)}
        stored = {"200": {"description": "Stored"}, "503": _OUTCOME}
        paths[f"/cds-services/{service.id}/feedback"] = {
            "post": _operation(f"feedback-{service.id}", "What became of cards", stored, body="Feedback")
            | {"responses": {**stored, **_refusals("400", "401", "404", "413", "415")}}
        }
    return paths


def _call(service: Service) -> Json:
    answers = {"200": _json("Answer"), "412": _OUTCOME}
    return _operation(service.id, service.title, answers, body=_request_name(service.hook))


def _other_paths() -> Json:
    plain = {"200": {"description": "As it says"}}
    found: Json = {
        path: {"get": _operation(name, words, plain, refusals=())}
        for path, name, words in (
            ("/health/live", "live", "Whether the process answers"),
            ("/metrics", "metrics", "Numbers for Prometheus"),
            ("/fhir/metadata", "capability", "What /fhir offers"),
        )
    }
    ready = {"200": {"description": "Ready"}, "503": _OUTCOME}
    found["/health/ready"] = {"get": _operation("ready", "Whether it may be asked for advice", ready, refusals=())}
    told = {"200": _json("Explanation"), "404": _OUTCOME, "503": _OUTCOME}
    found["/explanations/{hookInstance}"] = {
        "get": _operation(
            "explanation", "Why cards came or did not come, for the client that called", told, refusals=("401",)
        ),
        "parameters": [_named("hookInstance", "That of the call", 256)],
    }
    page = {"200": {"description": "A page", "content": {"text/html": {}}}, "404": _OUTCOME}
    found["/checks/{id}"] = {
        "get": _operation("evidence", "Evidence and review status of a check", page, refusals=()),
        "parameters": [_named("id", "The id of a check, or not-checked", 64)],
    }
    found["/taper"] = {
        "get": _operation("taper-choices", "What can be asked of the planner", plain, refusals=("401",)),
        "post": _operation(
            "taper", "A taper as dated steps", {"200": _json("TaperResponse"), "422": _OUTCOME}, body="TaperRequest"
        ),
    }
    check = {
        "200": {"description": "A Bundle of DetectedIssues", "content": {"application/fhir+json": {}}},
        "412": _OUTCOME,
    }
    found["/fhir/$check"] = {"post": _operation("check", "The checks for a Bundle", check)}
    found["/fhir/$check"]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/fhir+json": {"schema": {"type": "object", "required": ["resourceType"]}}},
    }
    return found


def _named(name: str, words: str, longest: int) -> Json:
    """A part of a path."""
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": "^[A-Za-z0-9._-]+$"}
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}


def _operation(
    id: str, words: str, answers: Json, *, body: str = "", refusals: tuple[str, ...] = ("400", "401", "413", "415")
) -> Json:
    found: Json = {"operationId": id, "summary": words, "responses": {**answers, **_refusals(*refusals)}}
    if body:
        found["requestBody"] = {"required": True, "content": _json(body)["content"]}
    return found


def _refusals(*codes: str) -> Json:
    return dict.fromkeys(codes, _OUTCOME)


def _json(name: str) -> Json:
    return {
        "description": name,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }
