"""Which doses can be put together of marketed tablets, halves (and where a guideline does so, quarters) of them.

Strengths stand in ``knowledge/arithmetic/tablets.toml``; a drug that is not there cannot be judged (None).
"""

from __future__ import annotations

from functools import lru_cache

from cds.arithmetic.rules import per_set, table

_PARTS = {"whole": 1, "halved": 2, "quartered": 4}
_LARGEST = 400.0  # mg; above this no daily dose of these drugs is worth the counting


@per_set(64)
def parts(ingredient: str) -> tuple[int, ...]:
    """The smallest pieces of each tablet, in micrograms, smallest first; empty when nothing is known of the drug."""
    rows = table("tablets")["tablets"].get(ingredient, {})
    pieces = {round(strength * 1000 / _PARTS[how]) for how, strengths in rows.items() for strength in strengths}
    return tuple(sorted(pieces))


def smallest_part(ingredient: str) -> float | None:
    """The smallest dose in mg that can be made of a tablet; None when nothing is known of the drug."""
    pieces = parts(ingredient)
    return pieces[0] / 1000 if pieces else None


@per_set(1024)
def makeable(ingredient: str, mg: float) -> bool | None:
    """Whether a dose is a sum of such pieces; None when nothing is known of the drug, or the dose is out of range."""
    pieces = parts(ingredient)
    if not pieces or not 0 <= mg <= _LARGEST:
        return None
    target = round(mg * 1000)
    return abs(mg * 1000 - target) < 1e-6 and target in _sums(pieces, target)


@lru_cache(maxsize=256)
def _sums(pieces: tuple[int, ...], target: int) -> frozenset[int]:
    """Every sum of pieces up to a target."""
    reached = {0}
    waiting = [0]
    while waiting:
        start = waiting.pop()
        for piece in pieces:
            total = start + piece
            if total <= target and total not in reached:
                reached.add(total)
                waiting.append(total)
    return frozenset(reached)
