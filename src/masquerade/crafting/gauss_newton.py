"""The fast search of latents: Gauss-Newton steps with a matrix that is kept over many of them."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor

from masquerade.crafting.inversion import Inverted, slopes_at
from masquerade.crafting.metric import Metric
from masquerade.crafting.objective import INVERSION_SCALE
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import CraftingError

_SHORTEST: Final = 2.0**-5
"""Share of a step that is tried last: where networks of ReLUs have their minimum on a kink, none helps."""
_FLOOR: Final = 1e-9
"""Share of the features' own mean square under which a loss counts as none."""


@final
@dataclass(frozen=True)
class Descent:
    """Where the search stands, for some photos.

    Args:
        latents: ``(n, d)``.
        losses: ``L_inv``, ``(n,)``.
        slopes: ``(n, d)``.
        shift: How much of the rest could still be explained, ``(n,)``: the predicted fall of the loss over the
            loss, under the root.
    """

    latents: Tensor
    losses: Tensor
    slopes: Tensor
    shift: Tensor


def descend(
    rebuild: LatentDecoder,
    features: Tensor,
    start: Tensor,
    metric: Metric,
    *,
    rows: slice = slice(None),
    scale: float = INVERSION_SCALE,
    tolerance: float = 1e-3,
    most: int = 20,
) -> tuple[Inverted, Tensor]:
    """Step to the minimum of each photo's ``L_inv``; a step that does not help is halved.

    Args:
        rebuild: Generator and encoder.
        features: ``(n, *shape)``, some photos at once.
        start: ``(n, d)``, near enough that the metric fits.
        metric: The Gauss-Newton matrices, made at other latents perhaps.
        rows: Which of the metric's photos these are.
        scale: Factor of ``L_inv``.
        tolerance: ``Descent.shift`` at which a photo is done.
        most: Most steps.

    Returns:
        What was found, and each photo's ``shift``.

    Raises:
        CraftingError: If a loss is not finite.
    """
    floor = _FLOOR * scale * features.square().flatten(1).mean(1)
    here = _look(rebuild, features, start, metric, rows, scale, floor)
    if not bool(here.losses.isfinite().all()):
        raise CraftingError("the inversion loss is not finite", remedy="Look at features and start latents.")
    length = torch.ones_like(here.losses)
    taken = 1
    while taken < most:
        active = (here.shift > tolerance) & (length > _SHORTEST)
        if not bool(active.any()):
            break
        step = metric.solve(here.slopes, rows) * (length * active).unsqueeze(1)
        there = _look(rebuild, features, here.latents - step, metric, rows, scale, floor)
        taken += 1
        better = active & (there.losses < here.losses)
        length = torch.where(better, (2 * length).clamp(max=1), torch.where(active, length / 4, length))
        here = _mixed(better, there, here)
    return Inverted(here.latents, here.losses, here.slopes.norm(dim=1), taken), here.shift


def _look(
    rebuild: LatentDecoder,
    features: Tensor,
    latents: Tensor,
    metric: Metric,
    rows: slice,
    scale: float,
    floor: Tensor,
) -> Descent:
    losses, slopes = slopes_at(rebuild, features, latents, scale)
    fall = (slopes * metric.solve(slopes, rows)).sum(1).clamp(min=0) / 2
    return Descent(latents, losses, slopes, (fall / (losses + floor)).sqrt())


def _mixed(which: Tensor, one: Descent, other: Descent) -> Descent:
    wide = which.unsqueeze(1)
    return Descent(
        torch.where(wide, one.latents, other.latents),
        torch.where(which, one.losses, other.losses),
        torch.where(wide, one.slopes, other.slopes),
        torch.where(which, one.shift, other.shift),
    )
