"""Crafter-z: the latents are moved instead of the features (Crafter, section V-B, equation 11)."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Generator, Tensor

from masquerade.crafting.adversary import Adversary
from masquerade.crafting.craft import require_features, require_start
from masquerade.crafting.inversion import invert
from masquerade.crafting.objective import utility_loss
from masquerade.crafting.reconstruction import LatentDecoder, parts
from masquerade.crafting.settings import CrafterZSettings
from masquerade.crafting.solver import Start
from masquerade.errors import CraftingError


@final
@dataclass(frozen=True)
class CraftedZ:
    """What Crafter-z gave.

    Args:
        features: Features of the latents, ``(n, *shape)``: the generator's own, so that an inversion finds them.
        latents: ``(n, d)``.
        log: Privacy and utility loss without their scales, for each iteration.
    """

    features: Tensor
    latents: Tensor
    log: tuple[tuple[float, float], ...]


def craft_z(
    originals: Tensor,
    rebuild: LatentDecoder,
    settings: CrafterZSettings,
    *,
    pool: Tensor,
    start: Start,
    random: Generator,
) -> CraftedZ:
    """Craft by the latents: from those that invert the original features, without implicit differentiation.

    Args:
        originals: Features of the photos, ``(n, *shape)``.
        rebuild: Generator and encoder.
        settings: How.
        pool: The prior's latents, ``(p, d)``.
        start: An amortiser, or latents ``(n, d)``.
        random: Where the critic is drawn from.

    Raises:
        UsageError: If shapes do not fit, or there is no photo.
        CraftingError: If a number is not finite.
    """
    require_features(originals, rebuild)
    require_start(start, originals, rebuild)
    adversary = Adversary(rebuild, pool, settings.adversary, random)
    with torch.no_grad():
        first = start if isinstance(start, Tensor) else start(originals)
    latents = invert(rebuild, originals, first, settings.inversion).latents
    optimiser = torch.optim.Adam([latents], lr=settings.learning_rate)
    log = []
    for _ in range(settings.iterations):
        adversary.train(latents)
        privacy, slopes = adversary.slopes(latents, settings.privacy_scale)
        utility, direct = _utility(rebuild, originals, latents, settings.utility_scale)
        latents.grad = slopes + settings.beta * direct
        optimiser.step()
        if not bool(latents.isfinite().all()):
            raise CraftingError("crafting left the finite numbers", remedy="Lower the learning rate.")
        log.append((privacy, utility))
    with torch.no_grad():
        features = torch.cat([rebuild.features(latents[some]) for some in parts(len(latents))])
    return CraftedZ(features, latents.detach(), tuple(log))


def _utility(
    rebuild: LatentDecoder, originals: Tensor, latents: Tensor, scale: float
) -> tuple[float, Tensor]:
    """``L_u`` without its scale, and its slope to the latents with it."""
    slopes, total = [], 0.0
    for some in parts(len(latents)):
        part = latents[some].detach().requires_grad_()
        share = len(part) / len(latents)
        loss = utility_loss(rebuild.features(part), originals[some], scale) * share
        slopes.append(torch.autograd.grad(loss, part)[0])
        total += float(loss.detach()) / scale
    return total, torch.cat(slopes)
