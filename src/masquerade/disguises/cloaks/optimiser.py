"""Small changes of photos that move them far in feature space (the thesis's cloak, after Fawkes)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.disguises.checks import require_count, require_number
from masquerade.disguises.cloaks.tanh_space import TanhSpace, whole_levels
from masquerade.networks.cloaks.ssim import InnerSSIM

Distance = Callable[[Tensor], Tensor]
"""From photos ``(n, 3, h, w)``, 0 to 255, to how far each is in feature space ``(n,)``, differentiable."""

START: Final = 1e-4
"""A start is U(-START, START): at no change at all the gradient of a distance is zero."""
_WEIGHT: Final = 100.0
_RATE: Final = 0.01
_BETAS: Final = (0.9, 0.999)
_EPSILON: Final = 1e-8


@final
@dataclass(frozen=True)
class CloakBudget:
    """What a cloak may cost.

    Args:
        steps: Steps of the optimiser, 1 to 10,000.
        bound: Most that a pixel may change, in grey levels, 1 to 255; never exceeded.
        dssim: Structural dissimilarity (1 - SSIM) / 2 that is free, 0 to 0.5; what is above it costs 100 times its
            square, so that it may be exceeded a little.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    steps: int = 40
    bound: float = 15.0
    dssim: float = 0.1

    def __post_init__(self) -> None:
        require_count("number of steps", self.steps, 1, 10_000, "a cloak's budget")
        require_number("bound of grey levels", self.bound, 1, 255, "a cloak's budget")
        require_number("structural dissimilarity", self.dssim, 0, 0.5, "a cloak's budget")


def optimised(photos: Tensor, start: Tensor, distance: Distance, budget: CloakBudget) -> Tensor:
    """Cloaked photos: ``100 max(DSSIM - dssim, 0)^2 - distance`` made small.

    Adam in tanh space, learning rate 0.01, and after its first step another of 0.01 by the gradient's signs. The
    last iterate counts. A photo of three equal channels keeps them equal.

    Args:
        photos: float32 ``(n, 3, h, w)``, values 0 to 255, 11 pixels a side or more.
        start: First change in tanh space, of the same shape.
        distance: What is to grow.
        budget: What it may cost.

    Returns:
        float32 ``(n, 3, h, w)``, whole grey levels 0 to 255.

    Raises:
        UsageError: If the photos are too small.
    """
    photos = photos.contiguous(memory_format=torch.channels_last)
    space, similarity, grey = TanhSpace(photos, budget.bound), InnerSSIM(photos), grey_ones(photos)
    change = tied(start, grey).clone(memory_format=torch.channels_last)
    first, second = torch.zeros_like(change), torch.zeros_like(change)
    for step in range(1, budget.steps + 1):
        cloaked, slopes = space.at(change)
        gradient = pooled(_slope(cloaked, similarity, distance, budget.dssim).mul_(slopes), grey)
        _adam(change, gradient, first, second, step)
        if step == 1:
            change.sub_(gradient.sign(), alpha=_RATE)
    return tied(whole_levels(space.at(change)[0], photos, budget.bound), grey).contiguous()


def ascent(distance: Distance, photos: Tensor) -> tuple[Tensor, Tensor]:
    """Distances ``(n,)`` and their gradient in the photos, whether or not gradients are on."""
    with torch.enable_grad():
        leaf = photos.detach().requires_grad_()
        distances = distance(leaf)
        (gradient,) = torch.autograd.grad(distances.sum(), leaf)
    return distances.detach(), gradient


def grey_ones(photos: Tensor) -> Tensor | None:
    """Which photos have three equal channels, bool ``(n, 1, 1, 1)``; None if none has."""
    equal = (photos == photos[:, :1]).flatten(1).all(1)
    return equal[:, None, None, None] if bool(equal.any()) else None


def tied(numbers: Tensor, grey: Tensor | None) -> Tensor:
    """Numbers ``(n, 3, h, w)``; all channels of grey photos are the first one."""
    return numbers if grey is None else torch.where(grey, numbers[:, :1], numbers)


def pooled(gradient: Tensor, grey: Tensor | None) -> Tensor:
    """A gradient ``(n, 3, h, w)``; all channels of grey photos, which move as one, are their sum."""
    return gradient if grey is None else torch.where(grey, gradient.sum(1, keepdim=True), gradient)


def _slope(cloaked: Tensor, similarity: InnerSSIM, distance: Distance, free: float) -> Tensor:
    """Gradient of the loss in the cloaked photos."""
    gradient = ascent(distance, cloaked)[1].neg()
    comparison = similarity.compare(cloaked)
    over = ((1 - comparison.values) / 2 - free).clamp_(min=0)
    if bool(over.any()):
        gradient += comparison.gradient(-_WEIGHT * over)
    return gradient


def _adam(change: Tensor, gradient: Tensor, first: Tensor, second: Tensor, step: int) -> None:
    first.lerp_(gradient, 1 - _BETAS[0])
    second.mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
    scale = (second / (1 - _BETAS[1] ** step)).sqrt_().add_(_EPSILON)
    change.addcdiv_(first, scale, value=-_RATE / (1 - _BETAS[0] ** step))
