"""People who do not exist: in three secret places of each block, so that an answer can be told from nonsense.

Their vectors are a, b and a + b, the same in every block. Whatever face was shown, their scores must add up, be the
same in all blocks, and not all be zero. That notices a block that was left out, an earlier state, another gallery, and
numbers that were not computed from the gallery. It does not notice an honest computation with another face, unless
the probe is at hand; nor, but for a few in a hundred, a change in a single place.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import WrongAnswer
from masquerade.keys import Key
from masquerade.sealed.layout import BlockLayout
from masquerade.sealed.vectors import MODULUS

PLACES: Final = 3
_LENGTH: Final = 140
"""Of a and b, so that the length of a + b stays below that of a vector."""


def places(key: Key, block: str, layout: BlockLayout) -> NDArray[np.int64]:
    """The places of a block in secret order, int64 ``(people,)``: those of the canaries first, then people's.

    Args:
        key: The owner's.
        block: The block's file name, which is another one each time it is written.
        layout: Of the block.
    """
    return key.stream(f"sealed-gallery/places/{block}").permutation(layout.people)


def canaries(key: Key, gallery: str, size: int) -> NDArray[np.int64]:
    """The canaries' vectors, int64 ``(3, size)``."""
    drawn = key.stream(f"sealed-gallery/canaries/{gallery}").normal(2 * size).reshape(2, size)
    whole = np.rint(drawn / np.linalg.norm(drawn, axis=1, keepdims=True) * _LENGTH).astype(np.int64)
    return np.concatenate([whole, whole.sum(0, keepdims=True)])


def require_own(scores: NDArray[np.int64], expected: NDArray[np.int64] | None) -> None:
    """Pass if canaries score as they must.

    Args:
        scores: Of each block, int64 ``(blocks, 3)``.
        expected: Their scores with the probe that was sent, ``(3,)``, if it is at hand.

    Raises:
        WrongAnswer: If not.
    """
    sums = (scores[:, 0] + scores[:, 1] - scores[:, 2]) % MODULUS
    alike = (scores == scores[0]).all(axis=1)
    wrong = np.flatnonzero((sums != 0) | ~alike)
    if len(wrong) or not scores.any():
        raise WrongAnswer(
            "the canaries say that the answer was not computed from this gallery",
            value=f"{max(len(wrong), 1)} of {len(scores)} blocks",
            remedy="Compare the cloud's copy with the owner's by `masquerade verify`; then do not trust that cloud.",
        )
    if expected is not None and (scores[0] != expected).any():
        raise WrongAnswer(
            "the canaries say that the answer is to another face than was shown",
            remedy="Send the probe again; then do not trust that cloud.",
        )
