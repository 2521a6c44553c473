"""From disguised cells to pixels once every matrix is estimated: the best linear decoder on public images."""

import torch
from torch import Tensor

from masquerade.attacks.blocks.moments_layout import CellLayout
from masquerade.attacks.blocks.moments_spectrum import Spectrum
from masquerade.attacks.solving import solved

RIDGE = 1e-6


def decode(
    disguised: Tensor,
    matrices: Tensor,
    public: tuple[Tensor, Tensor],
    noise: tuple[float, float],
    is_picture: bool,
    layout: CellLayout,
) -> Tensor:
    """Guess linearly the originals under the estimated matrices.

    Args:
        disguised: Cells ``(cells, n, tied, size)``, in place, with the mean of their noise taken off.
        matrices: Estimated matrices ``(cells, size, size)``: disguised row = original row @ matrix.
        public: Cells of public images as the matrices would meet them but for noise, and as they are in the
            picture.
        noise: Variances of the noise added before and after the matrices.
        is_picture: Whether the two kinds of public cells differ by a constant at most.
        layout: The cells.

    Returns:
        float32 ``(n, c, h, w)`` of 0 to 255.
    """
    unseen = Spectrum.of(layout.flat(public[0] - public[0].mean(1, keepdim=True))).rest
    met, wanted = layout.flat(layout.times(public[0], matrices)), layout.flat(public[1])
    centre, mean = met.mean(0), wanted.mean(0)
    met, wanted = met - centre, wanted - mean
    gram, towards = met.T @ met / len(met), met.T @ wanted / len(met)
    identity = torch.eye(layout.width)
    backward = layout.turn(matrices.mT, identity)
    gram += (unseen + noise[0]) * layout.turn(matrices.mT, backward.T)
    gram.diagonal().add_(noise[1] + RIDGE * float(gram.diagonal().mean()))
    if is_picture:
        towards += unseen * backward
    guess = (layout.flat(disguised) - centre) @ solved(gram, towards) + mean
    return layout.join(guess).clamp(0, 255)
