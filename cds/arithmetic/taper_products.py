"""Which daily doses can be made of given tablets and liquids, and of what each administration is made.

All amounts are whole micrograms inside, so that sums are exact. A dose is tablets and parts of tablets; a liquid makes
only what is below the smallest part of a tablet (or everything, where there is no tablet).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from cds.arithmetic.rules import numbers, table
from cds.arithmetic.taper_types import LIQUID, TABLET, Amount, Product, Take

UG = 1000
_PARTS = {"whole": 1, "halved": 2, "quartered": 4}
# Whole tablets before halves before quarters, and few of them: what a patient has to count and break.
_COST = {1: 10, 2: 25, 4: 30}
_TRIES = 12  # so many units less than fit are tried, until the rest can be made
_SLOTS = {
    1: ("in the evening",),
    2: ("in the morning", "in the evening"),
    3: ("in the morning", "at midday", "in the evening"),
    4: ("in the morning", "at midday", "in the evening", "at bedtime"),
}
MOST_TIMES = 6
_MOST_SUMS = 5000  # of real strengths there are a few hundred; beyond this the question is no pharmacist's


def marketed(ingredient: str) -> tuple[Product, ...]:
    """The tablets of knowledge/arithmetic/tablets.toml, else those of taper.toml, smallest first, liquids last."""
    rows = table("tablets")["tablets"].get(ingredient) or table("taper")["strengths"].get(ingredient, {})
    found = [
        Product(float(mg), LIQUID if how == LIQUID else TABLET, _PARTS.get(how, 1))
        for how, strengths in rows.items()
        for mg in strengths
    ]
    return tuple(sorted(found, key=lambda product: (product.kind != TABLET, product.mg)))


class Makeable:
    """The doses up to ``most`` mg that some products make. Built once per plan."""

    def __init__(self, products: Iterable[Product], most: float) -> None:
        found = tuple(products)
        self.tablets = tuple(sorted((p for p in found if p.kind == TABLET), key=lambda p: -p.mg))
        self.liquid = min((p for p in found if p.kind == LIQUID), key=lambda p: p.mg, default=None)
        self.most = round(most * UG)
        self.drop = round(numbers("taper")["liquid_step"] * (self.liquid.mg if self.liquid else 0.0) * UG)

    @cached_property
    def pieces(self) -> dict[int, tuple[Product, float, int]]:
        """Size of a piece -> the tablet, which part of it, and what it costs to count."""
        found: dict[int, tuple[Product, float, int]] = {}
        for tablet in self.tablets:
            for part in (1, 2, 4):
                exact = tablet.mg * UG / part
                size = round(exact)
                if part > tablet.parts or size < 1 or abs(exact - size) > 1e-6:
                    continue
                known = found.get(size)
                if known is None or known[2] > _COST[part]:
                    found[size] = (tablet, 1 / part, _COST[part])
        return found

    @cached_property
    def _sums(self) -> set[int]:
        """Every sum of pieces up to the most; a few more than ``_MOST_SUMS`` when there are too many to plan with."""
        reached = [0]
        found = {0}
        for start in reached:  # grows while it is walked
            new = {start + piece for piece in self.pieces if start + piece <= self.most} - found
            found |= new
            reached.extend(new)
            if len(found) > _MOST_SUMS:
                break
        return found

    @property
    def too_many(self) -> bool:
        """Whether the doses that could be made are too many to plan with."""
        drops = self.most // self.drop if self.drop and not self.pieces else 0
        return max(len(self._sums), drops) > _MOST_SUMS

    @cached_property
    def _best(self) -> dict[int, tuple[int, int]]:
        """Every sum of pieces -> its least cost, and the piece added last."""
        best: dict[int, tuple[int, int]] = {0: (0, 0)}
        for total in sorted(self._sums)[1:]:
            ways = [
                (best[total - size][0] + piece[2], size)
                for size, piece in self.pieces.items()
                if size <= total and total - size in best
            ]
            best[total] = min(ways)
        return best

    @cached_property
    def by_tablets(self) -> list[int]:
        """Doses of tablets alone, in micrograms, rising from 0."""
        return sorted(self._best)

    @cached_property
    def by_both(self) -> list[int]:
        """Doses of tablets and, below the smallest part of one, liquid; without tablets liquid alone."""
        if not self.drop:
            return self.by_tablets
        if not self.pieces:
            return list(range(0, self.most + 1, self.drop))
        extra = range(0, min(self.pieces), self.drop)
        return sorted({dose + more for dose in self.by_tablets for more in extra if dose + more <= self.most})

    def least_from(self, mg: float, *, liquid: bool) -> float | None:
        """The smallest dose not below ``mg``; None when there is none up to the most."""
        doses = self.by_both if liquid else self.by_tablets
        at = bisect_left(doses, round(mg * UG, 3))
        return doses[at] / UG if at < len(doses) else None

    def below(self, mg: float, *, liquid: bool) -> float | None:
        """The largest dose smaller than ``mg``; None when there is none."""
        doses = self.by_both if liquid else self.by_tablets
        at = bisect_left(doses, round(mg * UG, 3))
        return doses[at - 1] / UG if at else None

    def makes(self, mg: float) -> bool:
        """Whether a dose can be made at all."""
        at = bisect_right(self.by_both, round(mg * UG))
        return abs(mg * UG - round(mg * UG)) < 1e-6 and at > 0 and self.by_both[at - 1] == round(mg * UG)

    def takes(self, mg: float, times: int, before: Sequence[Take] = ()) -> tuple[Take, ...]:
        """A daily dose over up to ``times`` administrations, as even as the products allow, larger ones later.

        ``before``: those of the step before; none of them should rise while the day's total falls.
        """
        total = round(mg * UG)
        if self.drop and not self.pieces:
            shares = [(0, share * self.drop) for share in _even(total // self.drop, times)]
        else:
            solid, drops = self._solid(total)
            whole = sorted(self._shares(solid, times, [round(take.mg * UG) for take in before]))
            shares = [(share, 0) for share in whole]
            shares[0] = (whole[0], drops)
        shares = [share for share in shares if sum(share)]
        shares.sort(key=sum)
        return tuple(
            Take(slot, sum(share) / UG, self._amounts(*share))
            for slot, share in zip(_slots(len(shares)), _smallest_at_midday(shares), strict=True)
        )

    def _solid(self, total: int) -> tuple[int, int]:
        """What of a dose is tablets, and what is left for the liquid."""
        at = bisect_right(self.by_tablets, total) - 1
        while at > 0 and self.drop and (total - self.by_tablets[at]) % self.drop:
            at -= 1
        return self.by_tablets[at], total - self.by_tablets[at]

    def _shares(self, total: int, times: int, before: list[int]) -> list[int]:
        """Split into doses that can be made: none higher than before, as often as now, few broken tablets, even."""
        ways = [shares for unit in self.pieces for shares in self._ways(total, times, unit)]
        ways += self._less(total, before)
        highest = sorted(before, reverse=True)
        return min(ways, key=lambda shares: self._burden(shares, highest)) if ways else [total]

    def _ways(self, total: int, times: int, unit: int) -> Iterator[list[int]]:
        """Whole units spread evenly, and what is left over on the smallest share."""
        for units in range(total // unit, max(-1, total // unit - _TRIES), -1):
            rest = total - units * unit
            if rest in self._best:
                shares = sorted(share * unit for share in _even(units, times))
                yield [shares[0] + rest, *shares[1:]]

    def _less(self, total: int, before: list[int]) -> Iterator[list[int]]:
        """The administrations before, one of them lowered."""
        less = sum(before) - total
        for at, share in enumerate(before):
            if share - less in self._best and all(dose in self._best for dose in before):
                yield [*before[:at], share - less, *before[at + 1 :]]

    def _burden(self, shares: list[int], before: list[int]) -> tuple[int, int, int, int, int]:
        broken = cost = 0
        for share in shares:
            cost += self._best[share][0]
            broken += sum(1 for piece in self._pieces_of(share) if self.pieces[piece][1] < 1)
        rises = sum(1 for now, then in zip(sorted(shares, reverse=True), before, strict=False) if now > then)
        return rises, shares.count(0), broken, max(shares) - min(shares), cost

    def _pieces_of(self, solid: int) -> Iterator[int]:
        """The pieces a dose is made of, one by one."""
        while solid:
            size = self._best[solid][1]
            yield size
            solid -= size

    def _amounts(self, solid: int, liquid: int) -> tuple[Amount, ...]:
        counts: dict[Product, float] = {}
        for size in self._pieces_of(solid):
            tablet, part, _ = self.pieces[size]
            counts[tablet] = counts.get(tablet, 0.0) + part
        if liquid and self.liquid is not None:
            counts[self.liquid] = round(liquid / UG / self.liquid.mg, 6)
        return tuple(Amount(product, count) for product, count in sorted(counts.items(), key=lambda c: -c[0].mg))


def _even(units: int, times: int) -> list[int]:
    """Whole units over some administrations, differing by one at most."""
    return [units // times + (1 if at < units % times else 0) for at in range(times)]


def _smallest_at_midday(rising: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of three or more the smallest is the second of the day; otherwise they rise towards the night."""
    return [rising[1], rising[0], *rising[2:]] if len(rising) > 2 else rising


def _slots(count: int) -> tuple[str, ...]:
    return _SLOTS.get(count) or tuple(f"dose {at + 1} of {count}" for at in range(count))
