r"""Where vectors stand in ciphertexts: diagonals, as Halevi and Shoup (2014) lay matrices out.

A plaintext has two rows of ``n / 2`` slots, and rotating it moves every slot of a row by one place. A probe of ``2 p``
numbers stands in it with its first half repeated along the first row and its second half along the second, so that slot
``i`` of row ``r`` holds number ``r p + i mod p``, and after ``d`` rotations number ``r p + (i + d) mod p``. A block of
people is ``D`` plaintexts, the diagonals: number ``d`` holds in the same slot the same number of one person's vector.
The products of all ``D`` with the probe rotated 0 to ``D - 1`` times, added up, leave each person's score in ``p / D``
slots of each row, to be added after decryption.

A probe does not depend on ``D``: blocks of few people with few rotations, and of many with many, lie in one gallery.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from masquerade.errors import UsageError
from masquerade.sealed.parameters import STANDARD

ROW: Final = STANDARD.degree // 2
"""Slots of a row."""
FEWEST_NUMBERS: Final = 64
LEAST_DIAGONALS: Final = 4
"""Fewer save no time, and leave blocks of people that canaries take a part of."""
_BLOCK_IN_ROTATIONS: Final = 1.4
"""What a block costs beside its products (shrinking their sum, switching it down) in rotations of a probe: measured."""


def padded(size: int) -> int:
    """Numbers that a vector is filled up to with zeros: a power of two.

    Raises:
        UsageError: If no plaintext holds vectors of that size.
    """
    if not 1 <= size <= 2 * ROW:
        raise UsageError("vectors of a size that no plaintext holds", value=size, remedy=f"1 to {2 * ROW}.")
    return max(FEWEST_NUMBERS, 1 << (size - 1).bit_length())


@final
@dataclass(frozen=True)
class BlockLayout:
    """How a block of people stands in its ciphertexts.

    Args:
        size: Numbers of a vector, a power of two from ``padded``.
        diagonals: Ciphertexts of the block, a power of two up to half of ``size``.
    """

    size: int
    diagonals: int

    def __post_init__(self) -> None:
        if padded(self.size) != self.size or self.diagonals not in _powers(self.period):
            raise UsageError("no such layout", value=f"{self.diagonals} diagonals of {self.size} numbers")

    @classmethod
    def fitting(cls, size: int, people: int) -> "BlockLayout":
        """The layout with the least work for a gallery of so many people.

        The probe is rotated ``D - 1`` times, once for all blocks; the more diagonals a block has, the fewer blocks
        there are, and products are as many in any case.
        """
        period = padded(size) // 2
        blocks_of_one = people * period / ROW
        wanted = max(LEAST_DIAGONALS, sqrt(_BLOCK_IN_ROTATIONS * blocks_of_one))
        return cls(2 * period, min(_powers(period), key=lambda d: abs(np.log2(d / wanted))))

    @property
    def period(self) -> int:
        """Places after which a probe repeats in a row."""
        return self.size // 2

    @property
    def people(self) -> int:
        """Places for people, canaries included."""
        return ROW // self.period * self.diagonals

    def diagonals_of(self, vectors: NDArray[np.integer]) -> NDArray[np.int64]:
        """What the plaintexts of a block hold, int64 ``(D, n)``.

        Args:
            vectors: ``(people, size)``; an empty place holds zeros.
        """
        person, number = self._standing()
        rows = np.asarray(vectors, np.int64)[person, number]
        return rows.reshape(self.diagonals, 2 * ROW)

    def vectors_of(self, diagonals: NDArray[np.int64]) -> NDArray[np.int64]:
        """The vectors ``(people, size)`` that plaintexts ``(D, n)`` hold."""
        person, number = self._standing()
        vectors = np.zeros((self.people, self.size), np.int64)
        vectors[person, number] = diagonals.reshape(self.diagonals, 2, ROW)
        return vectors

    def scores_of(self, sums: NDArray[np.int64], modulus: int) -> NDArray[np.int64]:
        """The score of each place, int64 ``(people,)``, from what a block's answer holds.

        Args:
            sums: int64 ``(n,)``.
            modulus: The prime that scores are exact below; they come out between its halves.
        """
        parts = sums.reshape(2, ROW // self.period, self.period // self.diagonals, self.diagonals)
        total = parts.sum((0, 2)).reshape(-1)
        half: NDArray[np.int64] = (total + modulus // 2) % modulus - modulus // 2
        return half

    def _standing(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Person and number in each slot of each diagonal: int64 ``(1, 1, n / 2)`` and ``(D, 2, n / 2)``."""
        slots = np.arange(ROW)
        person = slots // self.period * self.diagonals + slots % self.diagonals
        turned = (slots + np.arange(self.diagonals)[:, None]) % self.period
        number = turned[:, None] + self.period * np.arange(2)[:, None]
        return person[None, None], number


def probe_slots(vector: NDArray[np.integer]) -> NDArray[np.int64]:
    """What a probe's plaintext holds, int64 ``(n,)``, of a vector of ``padded`` size."""
    halves = np.asarray(vector, np.int64).reshape(2, -1)
    return np.tile(halves, (1, ROW // halves.shape[1])).reshape(-1)


def _powers(most: int) -> tuple[int, ...]:
    return tuple(1 << k for k in range(most.bit_length()))
