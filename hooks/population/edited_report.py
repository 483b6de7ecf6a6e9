"""What differs between two sets of knowledge, for people: on the page of a comparison, and at a terminal."""

from __future__ import annotations

from markupsafe import Markup

from hooks.population.diff import Difference
from hooks.population.edited import Edit
from hooks.population.layout import folded, named, note
from hooks.population.pictures import shown, table

_UNKNOWN = (
    "Only the versions are known: a replay by an earlier gabaguard did not keep what its knowledge says. Replay again "
    "to have each change listed."
)
_SAME = "Nothing: both say the same (codes of drugs, products and conditions are not compared)."
NO_EFFECT = "no effect in this export"
_FIRST = 40  # rows that are not folded


def what_changed(found: Difference) -> Markup:
    """The section of the page."""
    if not found.edits:
        return note(_UNKNOWN if found.edits is None else _SAME)
    said = note(
        "Every difference between the knowledge of A and that of B, but for codes of drugs, products and conditions. "
        "The effect is that of all changes of a check together: moments at which its finding is other. A change may "
        "also show by way of other checks, which the table by check has."
    )
    heads = ("Check", "What", "With A", "With B", "Effect")
    rows = [
        (named(one.part, found.titles), one.what, one.before, one.after, _effect(one, found)) for one in found.edits
    ]
    rest = folded(f"{shown(len(rows) - _FIRST)} more", table(heads, rows[_FIRST:])) if rows[_FIRST:] else Markup("")
    return said + table(heads, rows[:_FIRST]) + rest


def edit_lines(found: Difference) -> list[str]:
    """The same for a terminal, one a line."""
    if not found.edits:
        return [f"changed in the knowledge: {_UNKNOWN if found.edits is None else _SAME}"]
    return ["changed in the knowledge:", *(f"  {_line(one, found)}" for one in found.edits)]


def _line(one: Edit, found: Difference) -> str:
    title = f"{found.titles[one.part]} ({one.part})" if one.part in found.titles else one.part
    became = f"{one.before} → {one.after}" if one.before else one.after
    return f"{title}, {one.what}: {became}; {_effect(one, found)}"


def _effect(one: Edit, found: Difference) -> str:
    moments = sum(sum(check.changes.values()) for check in found.by_check if check.check == one.part)
    if moments:
        return f"{shown(moments)} {'moment' if moments == 1 else 'moments'}"
    return "see by check" if found.different and one.part not in found.titles else NO_EFFECT
