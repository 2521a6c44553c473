"""From disguised cells to pixels once every matrix is estimated: the best linear decoder on public images."""

import torch
from torch import Tensor

from masquerade.attacks.moments_layout import CellLayout

RIDGE = 1e-6


def decode(
    disguised: Tensor,
    matrices: Tensor,
    public: tuple[Tensor, Tensor],
    noise: float,
    rest: float,
    layout: CellLayout,
) -> Tensor:
    """Guess linearly the originals under the estimated matrices.

    Args:
        disguised: Cells ``(cells, n, tied, size)``, in place, with the mean of their noise taken off.
        matrices: Estimated matrices ``(cells, size, size)``: disguised row = original row @ matrix.
        public: Cells of public images as the matrices would meet them, and as they are in the picture.
        noise: Variance of the noise added after the matrices.
        rest: Variance of originals in directions that the public images do not show; 0 where what the
            matrices meet is not the picture itself.
        layout: The cells.

    Returns:
        float32 ``(n, c, h, w)`` of 0 to 255.
    """
    met, wanted = layout.flat(layout.times(public[0], matrices)), layout.flat(public[1])
    centre, mean = met.mean(0), wanted.mean(0)
    met, wanted = met - centre, wanted - mean
    gram, towards = met.T @ met / len(met), met.T @ wanted / len(met)
    identity = torch.eye(layout.width)
    backward = layout.turn(matrices.mT, identity)
    gram += rest * layout.turn(matrices.mT, backward.T)
    gram.diagonal().add_(noise + RIDGE * float(gram.diagonal().mean()))
    towards += rest * backward
    weights = torch.linalg.solve(gram, towards)
    guess = (layout.flat(disguised) - centre) @ weights + mean
    return layout.join(guess).clamp(0, 255)
