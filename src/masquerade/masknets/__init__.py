"""Sources of MaskNets: a user's numbers in, that user's own small network out."""

from masquerade.masknets.base import NUMBERS, Source

__all__ = ["NUMBERS", "Source"]
