"""The white-box attacker's inversion: the latent whose features come closest (Crafter, section IV-B).

Source: algorithm 1, line 3; steps, rate, momentum and the prior's weight from the published code.
"""

from dataclasses import dataclass
from typing import Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.crafting.objective import INVERSION_SCALE, PHOTO_SCALE, inversion_losses
from masquerade.crafting.reconstruction import LatentDecoder, parts
from masquerade.errors import CraftingError, UsageError


@final
class InversionOptions(BaseModel):
    """How latents are searched.

    Args:
        steps: Steps of the heavy ball; 80 for the defence, 600 for the attack.
        learning_rate: Length of a step.
        momentum: Share of the last step in the next.
        loss: What goes down: the ``mse`` of each photo times ``scale``, or the published code's unsquared
            ``norm`` over all photos that are searched together, times ``norm_scale``.
        scale: Factor of the ``mse``.
        norm_scale: Factor of the ``norm``.
        inversion_prior: Weight of a pre-trained critic's score, which draws latents to likely faces; 100 in the
            published code. With it latents are no minimum of ``L_inv``, so implicit differentiation does not
            apply: for attackers. 0 is off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    steps: int = Field(80, ge=1, le=1_000_000)
    learning_rate: float = Field(0.005, gt=0, le=100)
    momentum: float = Field(0.9, ge=0, lt=1)
    loss: Literal["mse", "norm"] = "mse"
    scale: float = Field(PHOTO_SCALE, gt=0)
    norm_scale: float = Field(100.0, gt=0)
    inversion_prior: float = Field(0.0, ge=0)


@final
@dataclass(frozen=True)
class Inverted:
    """Latents that were found.

    Args:
        latents: ``(n, d)``.
        losses: ``L_inv`` of each, ``(n,)``.
        slopes: Length of ``dL_inv/dz`` at each, ``(n,)``; zero at a minimum.
        steps: Passes through generator and encoder, forward and back, that each photo took.
    """

    latents: Tensor
    losses: Tensor
    slopes: Tensor
    steps: int


def invert(
    rebuild: LatentDecoder,
    features: Tensor,
    start: Tensor,
    options: InversionOptions | None = None,
    critic: nn.Module | None = None,
) -> Inverted:
    """Search latents by the heavy ball, from given ones.

    Args:
        rebuild: Generator and encoder.
        features: What was intercepted, ``(n, *shape)``.
        start: Latents to begin with, ``(n, d)``: an amortiser's, or drawn.
        options: How; the published defence's if None.
        critic: The pre-trained critic; needed for a prior alone.

    Raises:
        UsageError: If a prior is asked for without a critic.
        CraftingError: If the search leaves the finite numbers.
    """
    options = options or InversionOptions()
    if options.inversion_prior and critic is None:
        raise UsageError("an inversion prior needs a critic", remedy="Give the generator's own, or no prior.")
    found = [
        _searched(rebuild, features[some], start[some], options, critic) for some in parts(len(features))
    ]
    latents, losses, slopes = (torch.cat(tensors) for tensors in zip(*found, strict=True))
    return Inverted(latents, losses, slopes, options.steps + 1)


def best_inversion(
    rebuild: LatentDecoder,
    features: Tensor,
    starts: Tensor,
    options: InversionOptions | None = None,
    critic: nn.Module | None = None,
) -> Inverted:
    """The best of several searches for each photo, by its feature loss.

    Args:
        rebuild: Generator and encoder.
        features: ``(n, *shape)``.
        starts: ``(r, n, d)``.
        options: As in ``invert``.
        critic: As in ``invert``.

    Raises:
        UsageError: As ``invert``, or if there is no start.
        CraftingError: As ``invert``.
    """
    if not len(starts):
        raise UsageError("an inversion needs a start", remedy="Draw one for each photo at least.")
    found = [invert(rebuild, features, start, options, critic) for start in starts]
    best = torch.stack([one.losses for one in found]).argmin(0)
    rows = torch.arange(len(features))
    latents, losses, slopes = (
        torch.stack([getattr(one, name) for one in found])[best, rows]
        for name in ("latents", "losses", "slopes")
    )
    return Inverted(latents, losses, slopes, sum(one.steps for one in found))


def slopes_at(
    rebuild: LatentDecoder, features: Tensor, latents: Tensor, scale: float = INVERSION_SCALE
) -> tuple[Tensor, Tensor]:
    """``L_inv`` of each photo, ``(n,)``, and its slope ``(n, d)``, of some photos at once."""
    latents = latents.detach().requires_grad_()
    losses = inversion_losses(features, rebuild.features(latents), scale)
    (slopes,) = torch.autograd.grad(losses.sum(), latents)
    return losses.detach(), slopes


def _searched(
    rebuild: LatentDecoder,
    features: Tensor,
    start: Tensor,
    options: InversionOptions,
    critic: nn.Module | None,
) -> tuple[Tensor, Tensor, Tensor]:
    latents, speed = start.detach().clone(), torch.zeros_like(start)
    for _ in range(options.steps):
        speed = options.momentum * speed + _direction(rebuild, features, latents, options, critic)
        latents -= options.learning_rate * speed
    losses, slopes = slopes_at(rebuild, features, latents, options.scale)
    if not bool(losses.isfinite().all()):
        raise CraftingError(
            "the inversion left the finite numbers",
            value=f"{int((~losses.isfinite()).sum())} of {len(losses)} photos",
            place=f"learning_rate {options.learning_rate:g}",
            remedy="Lower it.",
        )
    return latents, losses, slopes.norm(dim=1)


def _direction(
    rebuild: LatentDecoder,
    features: Tensor,
    latents: Tensor,
    options: InversionOptions,
    critic: nn.Module | None,
) -> Tensor:
    latents = latents.detach().requires_grad_()
    images = rebuild.images(latents)
    rebuilt = rebuild.encode(images)
    if options.loss == "mse":
        loss = inversion_losses(features, rebuilt, options.scale).sum()
    else:
        loss = options.norm_scale * (features - rebuilt).norm()
    if options.inversion_prior and critic is not None:
        loss = loss - options.inversion_prior * critic(images).mean()
    (slopes,) = torch.autograd.grad(loss, latents)
    return slopes
