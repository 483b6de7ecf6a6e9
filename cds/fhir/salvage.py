"""The slow, patient way to read one resource in which something has an unexpected form.

``salvage`` keeps every element that fits its view and drops the rest, so one odd element costs that element. A few
repairs are safe whatever the element: one thing where a list is expected and the reverse, a number where a string is,
a string where an object with ``text`` is. Where losing a part would change the meaning of the rest, the rest goes too:
a Quantity becomes one without a value (present, but of no known amount), a Timing is dropped whole, and one unreadable
dosage among several stays as a dosage of which nothing is known.
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import isfinite
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from cds.chart import Amount
from cds.fhir.shapes import DosageView, Reference, Resource, TimingView

_DROP: Any = object()
# A Timing without its frequency is another Timing; a reference without its target leads nowhere.
_WHOLE = frozenset({TimingView})
_BAD = (msgspec.ValidationError, ValueError, TypeError, OverflowError, RecursionError)


def loads(raw: bytes) -> Any:
    """JSON as forgivingly as can be: numbers that are none become the words "NaN" and "inf", broken text has "?".

    Raises ValueError when it is no JSON, or is nested too deep.
    """
    try:
        text = raw.decode("utf-8", "replace")
        return json.loads(text, parse_float=_finite, parse_int=_finite_int, parse_constant=str)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def clean(raw: bytes) -> bytes:
    """The same JSON without what a strict decoder refuses (lone surrogates, NaN, overflows). Raises ValueError."""
    return json.dumps(loads(raw), ensure_ascii=False).encode("utf-8", "replace")


def salvage(value: dict[str, Any], view: type[Resource]) -> tuple[Resource, frozenset[str]]:
    """The view of ``value`` with what could be read, and the names of the top-level elements that were lost."""
    fields, lost = _fields_of(value, view)
    return view(**fields), frozenset(lost)


def salvage_as(value: Any, type_: Any) -> Any:
    """``value`` as far as it fits ``type_``; None when nothing of it does."""
    found = _fit(value, type_)
    return None if found is _DROP else found


def _finite(text: str) -> float | str:
    value = float(text)
    return value if isfinite(value) else "inf"


def _finite_int(text: str) -> int | str:
    return int(text) if len(text) < 300 else "inf"


def _fields_of(value: dict[str, Any], view: Any, *, whole: bool = False) -> tuple[dict[str, Any], set[str]]:
    fields: dict[str, Any] = {}
    lost: set[str] = set()
    for field in _fields(view):
        sent = value.get(field.encode_name)
        if sent is None:
            continue
        found = _fit(sent, field.type, whole=whole)
        if found is _DROP:
            lost.add(field.encode_name)
        else:
            fields[field.name] = found
    return fields, lost


def _fit(value: Any, type_: Any, *, whole: bool = False) -> Any:
    """``value`` as ``type_``, or _DROP. ``whole``: nothing in it may be lost."""
    if type_ is Any:
        return value
    try:
        return msgspec.convert(value, type_, strict=False)
    except _BAD:
        pass
    fitted = (_fit_one(value, choice, whole or choice in _WHOLE) for choice in _choices(type_))
    return next((found for found in fitted if found is not _DROP), _DROP)


def _fit_one(value: Any, choice: Any, whole: bool) -> Any:
    if choice is msgspec.Raw:
        return msgspec.Raw(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    if choice is str:  # a number or nothing: a string would have fitted
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else _DROP
    if get_origin(choice) in (list, tuple):
        return _list(value, choice, whole)
    if isinstance(choice, type) and issubclass(choice, msgspec.Struct):
        return _struct(value, choice, whole)
    return _DROP


def _list(value: Any, choice: Any, whole: bool) -> Any:
    item = get_args(choice)[0]
    sent = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
    fitted = [_fit(one, item, whole=whole) for one in sent]
    if item is DosageView:  # one of several doses that cannot be read must not make the daily dose smaller
        fitted = [DosageView() if one is _DROP else one for one in fitted]
    kept = [one for one in fitted if one is not _DROP]
    if (whole and len(kept) < len(sent)) or (sent and not kept):
        return _DROP
    return tuple(kept) if get_origin(choice) is tuple else kept


def _struct(value: Any, choice: Any, whole: bool) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and any(field.encode_name == "text" for field in _fields(choice)):
        return choice(text=value)
    if not isinstance(value, dict):
        return Amount() if choice is Amount else _DROP
    fields, lost = _fields_of(value, choice, whole=whole)
    if choice is Amount:
        return Amount(**{**fields, "value": None}) if lost else Amount(**fields)
    if lost and (whole or not fields or (choice is Reference and "reference" in lost)):
        return _DROP
    return choice(**fields)


@lru_cache(maxsize=512)
def _fields(view: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(view)


@lru_cache(maxsize=512)
def _choices(type_: Any) -> tuple[Any, ...]:
    """The alternatives of a union; lists before objects before strings, so that the richest reading wins."""
    choices = get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,)
    return tuple(choice for choice in choices if choice is not type(None))
