"""Where each disguised block belongs: dependences between blocks, which no block matrix changes.

An orthogonal matrix leaves the norm of a cross-covariance as it is, so the graph of dependences between
blocks is public up to the order of its nodes. It is matched with the graph of public images.
"""

from typing import Final

import torch
from torch import Tensor

from masquerade.attacks.blocks.moments_layout import CellLayout

FAINT: Final = 0.03


def dependences(covariance: Tensor, layout: CellLayout) -> Tensor:
    """Norms of cross-covariances between rows of cells, as correlations.

    Args:
        covariance: ``(width, width)``.
        layout: The cells.

    Returns:
        ``(channels, t, t)`` for ``t`` block positions; a channel is a pair of rows within the blocks.
    """
    rows = layout.parts * layout.tied
    shape = (layout.positions, rows, layout.size, layout.positions, rows, layout.size)
    norms = covariance.reshape(shape).square().sum((2, 5)).sqrt()
    own = torch.einsum("arar->ar", norms)
    # Blocks without variance (the margin of digits) have no correlations, only noise.
    own = (own + FAINT * own.mean()).sqrt()
    correlations = norms / (own[:, :, None, None] * own)
    return correlations.permute(1, 3, 0, 2).reshape(rows * rows, layout.positions, layout.positions)
