"""Which pairs are attacked, where there are more than attacks need: the same ones each time."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from masquerade.audit.folders.pairing import PhotoPair
from masquerade.audit.studies.study import Profile

MOST_PAIRS: Final[dict[Profile, tuple[int, int]]] = {
    "quick": (2000, 10),
    "laptop": (6000, 40),
    "paper": (20000, 100),
}
"""Pairs that are attacked at most, in all and of each person."""


def sampled(pairs: Sequence[PhotoPair], most: int, each: int) -> list[PhotoPair]:
    """At most so many pairs, in their order: of each person so many, people who have several first.

    Args:
        pairs: All pairs.
        most: Pairs in all.
        each: Pairs of a person.
    """
    own: defaultdict[str, list[PhotoPair]] = defaultdict(list)
    for pair in pairs:
        own[f"/{pair.name}" if pair.person is None else pair.person].append(pair)
    groups = [sorted(found, key=_drawn)[:each] for found in own.values()]
    groups.sort(key=lambda found: (len(found) < 2, _drawn(found[0])))
    kept = set([pair for found in groups for pair in found][:most])
    return [pair for pair in pairs if pair in kept]


def _drawn(pair: PhotoPair) -> bytes:
    return sha256(pair.name.encode("utf-8", "surrogateescape")).digest()
