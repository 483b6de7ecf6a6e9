"""How the text of a setting becomes its value. Each raises ``ValueError`` saying what to write."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from cds.knowledge.profiles import profile_ids
from hooks.origins import read_base

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,200}\Z")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number in bounds."""

    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return value

    return read


def yes(text: str) -> bool:
    """yes or no."""
    if text.strip().lower() not in ("yes", "true", "1", "no", "false", "0", ""):
        raise ValueError("write yes or no")
    return text.strip().lower() in ("yes", "true", "1")


def path(text: str, exists: Callable[[Path], bool] = Path.is_file) -> str:
    """A file or folder that exists, or nothing."""
    if text and not exists(Path(text)):
        raise ValueError(f"write the path of an existing {'file' if exists is Path.is_file else 'folder'}")
    return text


def existing_folder(text: str) -> str:
    """A folder that exists, or nothing."""
    return path(text, Path.is_dir)


def folder(text: str) -> str:
    """A folder that may yet have to be made."""
    if not text or (Path(text).exists() and not Path(text).is_dir()):
        raise ValueError("write the path of a folder; it need not exist")
    return text


def seal(text: str) -> str:
    """What to do about a broken seal."""
    if text not in ("require", "warn"):
        raise ValueError("write require or warn")
    return text


def day(text: str) -> date | None:
    """A day, or nothing."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("write a date as YYYY-MM-DD") from None


def profile(text: str) -> str:
    """One of the profiles."""
    if text not in profile_ids():
        raise ValueError(f"write {' or '.join(profile_ids())}")
    return text


def host(text: str) -> str:
    """An address or host name."""
    if not re.fullmatch(r"[A-Za-z0-9.\-:]{1,255}", text):
        raise ValueError("write an address or host name, for example 127.0.0.1")
    return text


def url(text: str) -> str:
    """An http address without query, or nothing."""
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("write an http or https URL without query, for example https://cds.example.org")
    return text


def origins(text: str) -> tuple[str, ...]:
    """Origins of web pages, by comma."""
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    for item in items:
        if item != "*" and not _ORIGIN.match(item):
            raise ValueError("write origins such as https://ehr.example.org, separated by commas")
    return items


def database(text: str) -> str:
    """A path, the URL of a database, or off."""
    if text == "off" or ("://" not in text and text.strip()):
        return text.strip()
    scheme = text.partition("://")[0].partition("+")[0]
    if scheme not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("write a path, postgresql://user:password@host/name, or off")
    return text


def fhir_origins(text: str) -> tuple[str, ...]:
    """Origins of FHIR servers, by comma."""
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    for item in items:
        base = read_base(item)
        if base is None or base.path or not (base.scheme == "https" or base.is_loopback):
            raise ValueError("write https origins such as https://fhir.example.org (http only for loopback), by comma")
    return items


def networks(text: str) -> tuple[str, ...]:
    """Networks, by comma."""
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    try:
        return tuple(str(ipaddress.ip_network(item)) for item in items)
    except ValueError:
        raise ValueError("write networks such as 10.20.0.0/16, separated by commas") from None


def method(text: str) -> str:
    """How searches are sent."""
    if text not in ("get", "post"):
        raise ValueError("write get or post")
    return text
