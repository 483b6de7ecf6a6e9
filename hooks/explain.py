"""The published request schemas, and what they say about a call that was refused.

Never on the path of a good call. Of the call nothing is repeated but the names of the members of the schema.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hooks.errors import Issue

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

SCHEMAS = Path(__file__).parent / "schema"
_MOST = 10


@cache
def schema(name: str) -> dict[str, Any]:
    """One published schema: "request-order-sign", "response" ..."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one published schema, built once."""
    from jsonschema import Draft202012Validator  # most services never refuse a call: not loaded at start

    return Draft202012Validator(schema(name))


def faults(document: object, hook: str) -> list[Issue]:
    """Everything the request schema of a hook finds wrong, at most ten."""
    return schema_faults(document, f"request-{hook}")


def schema_faults(document: object, name: str, otherwise: str = "does not fit the schema of this hook") -> list[Issue]:
    """Everything one published schema finds wrong, at most ten. ``otherwise``: the words for what has none."""
    errors = sorted(validator(name).iter_errors(document), key=lambda error: list(map(str, error.path)))
    found = {issue.path: issue for error in reversed(errors) for issue in _issues(error, otherwise)}
    return sorted(found.values(), key=lambda issue: issue.path)[:_MOST]


def _issues(error: ValidationError, otherwise: str) -> list[Issue]:
    parts = [str(part) for part in error.absolute_path]
    rule: Any = error.schema
    remedy = f"Send {rule.get('description', 'what the schema of this hook asks for')}"
    if error.validator == "required":
        names: Any = error.validator_value
        sent: Any = error.instance
        missing = [name for name in names if name not in sent]
        return [
            Issue(".".join([*parts, name]), "is missing", _remedy_of(rule, name) or remedy, "required")
            for name in missing
        ]
    problem = _PROBLEMS.get(str(error.validator), otherwise)
    if error.validator == "enum" and parts != ["hook"]:
        problem = "is none of the values allowed here"
    return [Issue(".".join(parts), problem, remedy, "value")]


def _remedy_of(rule: Any, name: str) -> str:
    described = rule.get("properties", {}).get(name, {}).get("description", "")
    return f"Send {described}" if described else ""


_PROBLEMS = {
    "type": "has the wrong JSON type",
    "minLength": "is empty",
    "pattern": "is blank",
    "maxLength": "is too long",
    "enum": "is not the hook of this service",
    "minItems": "is empty",
}
