"""Uniform integers and permutations from a keystream, by rejection: no modulo bias, no floating point."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.keys.keystream import Keystream

_LARGEST_32: Final = 1 << 32
_LARGEST: Final = 1 << 63
_PART: Final = 1 << 16
"""Words that are looked at together."""


def integers(words: Keystream, below: int, count: int) -> NDArray[np.int64]:
    """Draw integers from 0 to ``below - 1``.

    Each number takes the next word, and further words while a word is not smaller than the largest multiple
    of ``below``; it is the word modulo ``below``. Words have 32 bits, or 64 if ``below`` exceeds 2^32.

    Args:
        words: Where the words come from.
        below: Exclusive upper bound, 1 to 2^63.
        count: How many.

    Returns:
        int64 ``(count,)``.

    Raises:
        UsageError: If ``below`` is out of its range.
    """
    if not 1 <= below <= _LARGEST:
        raise UsageError(
            "no integers to draw from", value=f"below={below}", remedy="Give a bound from 1 to 2^63."
        )
    draw, span = (words.words32, 1 << 32) if below <= _LARGEST_32 else (words.words64, 1 << 64)
    last_accepted = np.uint64(span - span % below - 1)
    drawn = np.empty(count, np.int64)
    have = 0
    while have < count:
        tried = draw(count - have).astype(np.uint64)
        accepted = tried[tried <= last_accepted] % np.uint64(below)
        drawn[have : have + len(accepted)] = accepted
        have += len(accepted)
    return drawn


def permutation(words: Keystream, n: int) -> NDArray[np.int64]:
    """Shuffle 0 to ``n - 1`` (Fisher-Yates, from the last place to the second).

    Place ``i`` is swapped with place ``j``, an integer from 0 to ``i`` drawn from 32-bit words as
    ``integers`` does.

    Args:
        words: Where the words come from.
        n: Length, 0 to 2^32.

    Returns:
        int64 ``(n,)``.

    Raises:
        UsageError: If ``n`` is out of its range.
    """
    if not 0 <= n <= _LARGEST_32:
        raise UsageError("no permutation of this length", value=n, remedy="Give a length from 0 to 2^32.")
    order = np.arange(n)
    places = (
        order.data
    )  # numbers are read one by one faster than from an array, in an eighth of a list's memory
    swaps = _swaps(words, n)
    for start in range(0, len(swaps), _PART):
        for i, j in enumerate(swaps[start : start + _PART].tolist(), start):
            last = n - 1 - i
            places[last], places[j] = places[j], places[last]
    return order


def _swaps(words: Keystream, n: int) -> NDArray[np.int64]:
    """One integer from 0 to ``i`` for each ``i`` from ``n - 1`` down to 1.

    Words are looked at a part at a time: behind a refused word every later place moves on to the next, and moving all
    that are left would cost more than the square of ``n``.
    """
    drawn = np.empty(max(n - 1, 0), np.int64)
    waiting = np.empty(0, np.uint64)
    done = 0
    while done < len(drawn):
        part = min(_PART, len(drawn) - done)
        waiting = np.append(waiting, words.words32(part - len(waiting)).astype(np.uint64))
        belows = np.arange(n - done, n - done - part, -1, dtype=np.uint64)
        refused = np.flatnonzero(waiting >= (1 << 32) - (1 << 32) % belows)
        sound = refused[0] if len(refused) else part
        drawn[done : done + sound] = waiting[:sound] % belows[:sound]
        waiting = waiting[sound + 1 :]
        done += sound
    return drawn
