"""How differently the MaskNets that were issued cloak, every pair of them (HyperObf, chapter 4: diversity)."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from masquerade.service.masknets.masknet_distance import distances
from masquerade.service.storage.tables import MaskNetRow

NEWEST: Final = 400
"""MaskNets that are compared: their pairs grow as the square."""


@final
@dataclass(frozen=True)
class Diversity:
    """Distances of the newest MaskNets, in the order in which they were drawn.

    Args:
        numbers: Their numbers, ``n`` of them.
        table: Distances, float64 ``(n, n)``: 0 for the same MaskNet, about 0.5 for unrelated ones.
    """

    numbers: tuple[int, ...]
    table: NDArray[np.float64]

    @property
    def pairs(self) -> NDArray[np.float64]:
        """Each pair's distance once, float64 ``(n * (n - 1) / 2,)``."""
        found: NDArray[np.float64] = self.table[np.triu_indices(len(self.numbers), 1)]
        return found


def diversity(connection: Connection, newest: int = NEWEST) -> Diversity:
    """Of the newest MaskNets that were issued, whether or not they still serve.

    Args:
        connection: Where they are.
        newest: How many at most.
    """
    issued = select(MaskNetRow.number, MaskNetRow.sketch).where(MaskNetRow.issued.is_not(None))
    rows = connection.execute(issued.order_by(MaskNetRow.number.desc()).limit(newest)).all()[::-1]
    if not rows:
        return Diversity((), np.zeros((0, 0)))
    sketches = np.stack([np.frombuffer(row.sketch, np.uint8) for row in rows])
    table = np.stack([distances(row.sketch, sketches) for row in rows])
    return Diversity(tuple(row.number for row in rows), table)
