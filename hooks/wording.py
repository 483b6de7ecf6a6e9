"""Words on a card: values filled into the knowledge's sentences, with everything that came from a request made inert.

An EHR may show ``summary`` as text, Markdown or HTML, and ``detail`` as Markdown with or without raw HTML. So a value
can never start a tag, link, image, heading or list there: what is special is escaped (``markdown``) or replaced
(``plain``), invisible and direction-changing characters go, and what a renderer would turn into a link by itself is
broken by a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from string import Formatter

from cds.findings import Value
from cds.memo import remember
from cds.view import day, number

SUMMARY_LENGTH = 139  # CDS Hooks: fewer than 140 characters
_VALUE_LENGTH = 300

_SPACES = re.compile(r"\s+")
_LINKS = re.compile(r"(?i)(?::(?=/)|(?<=www)\.|@)")  # what starts an automatic link
_DOMAIN = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")  # "evil.com", not "2.5" or "e.g."
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]#~|"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})
_PLAINER = str.maketrans(
    {"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "\\": "/", "*": "·", "_": " ", "~": "-", "|": "/", "#": " "}
)
_LEADING = " -+=.!>"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:/._\-]{0,199}\Z")
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@remember(4096)
def clean(text: str) -> str:
    """One line without control, invisible or direction-changing characters, and without anything that links itself."""
    text = text[:_VALUE_LENGTH]
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if char.isspace() else char for char in text if _shows(char))
        text = unicodedata.normalize("NFC", text)
    text = _SPACES.sub(" ", text).strip()
    return _DOMAIN.sub(". ", _LINKS.sub(lambda match: f"{match[0]} ", text))


def _shows(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _DANGEROUS


@remember(4096)
def markdown(text: str) -> str:
    """A value for ``detail``: shown as it is by any Markdown renderer."""
    return clean(text).translate(_SPECIAL)


@remember(4096)
def plain(text: str) -> str:
    """A value for ``summary``: harmless as text, Markdown and HTML alike."""
    return _SPACES.sub(" ", clean(text).replace("&", " and ").translate(_PLAINER)).strip().lstrip(_LEADING)


def reference(text: str) -> str:
    """A reference for machines: unchanged when it is one, harmless when it is not."""
    return text if _REFERENCE.match(text) else plain(text)


def shown(value: Value) -> str:
    """A finding's value in words: numbers without trailing zeros, dates as "3 June 2026", lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return number(float(value))
    if isinstance(value, list):
        return ", ".join(value)
    if _DATE.match(value):
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
    return value


class _Filled(dict[str, str]):
    """Values by placeholder; one that is not there does not break a card."""

    def __missing__(self, name: str) -> str:
        return "(unknown)"


def fill(template: str, values: Mapping[str, Value], escape: Callable[[str], str]) -> str:
    """A sentence of the knowledge with its placeholders filled by escaped values."""
    if "{" not in template:
        return template
    wanted = _placeholders(template)
    return template.format_map(_Filled({name: escape(shown(values[name])) for name in wanted if name in values}))


@remember(4096)
def _placeholders(template: str) -> tuple[str, ...]:
    """The names a sentence of the knowledge asks for: only these are made fit to be shown."""
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))


def short(text: str, limit: int) -> str:
    """The text, cut at a word so that it has at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:–-") + "…"


def once(items: Iterable[str]) -> list[str]:
    """Each text once, in order, empty ones left out."""
    return list(dict.fromkeys(item for item in items if item))
