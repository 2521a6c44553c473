"""How long deriving a disguise's secret numbers takes; a bench compares it with its target."""

from time import perf_counter

from masquerade.keys.digest import rounded_digest
from masquerade.keys.key import Key


def derivation_seconds(size: int = 16, count: int = 784) -> float:
    """Seconds to derive a block permutation and one orthogonal matrix a block, with their derivation check.

    Args:
        size: Rows and columns of a matrix.
        count: Blocks.
    """
    key = Key.generate()
    start = perf_counter()
    order = key.stream("block-permutation").permutation(count)
    matrices = key.stream("block-matrix").orthogonal(size, count)
    rounded_digest([order, matrices])
    return perf_counter() - start
