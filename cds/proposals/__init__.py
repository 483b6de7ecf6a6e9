"""What could be done instead of what was ordered: acts that a prescriber can accept as they are."""

from cds.proposals.propose import propose

__all__ = ["propose"]
