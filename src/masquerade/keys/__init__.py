"""The owner's secret, the numbers derived from it, and the file it is kept in."""

from masquerade.keys.digest import rounded_digest
from masquerade.keys.handle import KeyFile
from masquerade.keys.key import Key
from masquerade.keys.key_file import KeyFacts, describe
from masquerade.keys.passphrase import RFC_9106_LOW_MEMORY, PassphraseCost
from masquerade.keys.stream import KeyStream
from masquerade.keys.timing import derivation_seconds

__all__ = [
    "RFC_9106_LOW_MEMORY",
    "Key",
    "KeyFacts",
    "KeyFile",
    "KeyStream",
    "PassphraseCost",
    "derivation_seconds",
    "describe",
    "rounded_digest",
]
