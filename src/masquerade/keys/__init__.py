"""The owner's secret, the numbers derived from it, and the file it is kept in."""

from masquerade.keys.digest import rounded_digest
from masquerade.keys.key import Key
from masquerade.keys.stream import KeyStream

__all__ = ["Key", "KeyStream", "rounded_digest"]
