"""Chance that is the same on every machine: of the standard generator only ``random()`` is promised to be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws for one patient."""

    def __init__(self, seed: str) -> None:
        self._draw = random.Random(seed).random  # noqa: S311 (no secret)

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both possible."""
        return low + int(self._draw() * (high - low + 1))

    def yes(self, part: float) -> bool:
        """True in such a part of the draws."""
        return self._draw() < part

    def pick(self, among: Sequence[T]) -> T:
        """One of several, each as likely."""
        return among[int(self._draw() * len(among))]

    def weighed(self, among: Sequence[tuple[T, int]]) -> T:
        """One of several, as likely as its weight says."""
        left = self._draw() * sum(weight for _, weight in among)
        for one, weight in among:
            left -= weight
            if left < 0:
                return one
        return among[-1][0]
