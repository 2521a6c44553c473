"""Algorithm 1 of Crafter: features of a batch of photos, crafted against inversion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Generator, Tensor, nn

from masquerade.crafting.adversary import Adversary
from masquerade.crafting.fast_solver import FastSolver
from masquerade.crafting.neumann_solver import NeumannSolver
from masquerade.crafting.objective import utility_loss
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.settings import CraftSettings
from masquerade.crafting.settling import Settling
from masquerade.crafting.solver import Clock, LatentSolver, SolverDiagnostics, Start
from masquerade.errors import CraftingError, UsageError


@final
@dataclass(frozen=True)
class Iteration:
    """Where one iteration began.

    Args:
        privacy: ``L_p`` without its scale: minus the critic's mean score of reconstructed images.
        distance: The critic's estimate of how far they are from the prior (earth mover's).
        utility: ``L_u`` without its scale: mean squared difference to the original features.
        penalty: The critic's gradient penalty, without its factor.
        solver: How the differentiation went.
    """

    privacy: float
    distance: float
    utility: float
    penalty: float
    solver: SolverDiagnostics


@final
@dataclass(frozen=True)
class Crafted:
    """What crafting gave.

    Args:
        features: ``(n, *shape)``.
        latents: What the simulated attacker found last, ``(n, d)``, before the last step.
        log: One entry for each iteration that was taken: fewer than were asked for where features settled.
        seconds: Time by what it was spent on: inversion, critic, inverse Hessian product, rest.
    """

    features: Tensor
    latents: Tensor
    log: tuple[Iteration, ...]
    seconds: Mapping[str, float] = field(compare=False)


Observe = Callable[[int, Tensor, Iteration], None]
"""Called with the number of the iteration, the features after it, and its entry in the log."""


def craft(
    originals: Tensor,
    rebuild: LatentDecoder,
    settings: CraftSettings,
    *,
    pool: Tensor,
    start: Start,
    random: Generator,
    first: Tensor | None = None,
    prior_critic: nn.Module | None = None,
    observe: Observe | None = None,
) -> Crafted:
    """Craft the features of one batch; a batch's photos share a critic, so that a feature depends on all of them.

    The same arguments give the same features on the same software and number of threads.

    Args:
        originals: Features of the photos, ``(n, *shape)``, floating, one photo or more.
        rebuild: Generator and encoder that the simulated attacker holds.
        settings: How.
        pool: The prior's latents, ``(p, d)``; ``pool_size`` says how many.
        start: An amortiser, or latents ``(n, d)``, from which the simulated inversion begins.
        random: Where the critic is drawn from; a secret, since averaging over it helps an attacker.
        first: Features to go on from instead of the originals, ``(n, *shape)``.
        prior_critic: The pre-trained critic, if the inversion has a prior.
        observe: Told of each iteration.

    Raises:
        UsageError: If shapes do not fit, or there is no photo.
        CraftingError: If a number is not finite.
        SeriesDiverged: If the Neumann series diverges.
    """
    require_features(originals, rebuild)
    require_start(start, originals, rebuild)
    adversary = Adversary(rebuild, pool, settings.adversary, random)
    solver = _solver(settings, rebuild, start, prior_critic)
    features = (originals if first is None else first).detach().clone()
    if first is not None:
        require_features(features, rebuild)
    features.grad = torch.zeros_like(features)
    optimiser = torch.optim.Adam([features], lr=settings.learning_rate)
    clock, log, latents = Clock(), [], features
    settling = Settling(originals, settings.settling)
    with clock.spending("rest"):
        for number in range(settings.iterations):
            latents, entry = _gradient(features, originals, solver, adversary, settings, clock)
            optimiser.step()
            _require_finite(features, number)
            log.append(entry)
            if observe:
                observe(number, features, entry)
            if settling.reached(features, number + 1):
                break
    clock.seconds["rest"] -= sum(spent for name, spent in clock.seconds.items() if name != "rest")
    return Crafted(features.detach(), latents, tuple(log), clock.seconds)


def require_features(features: Tensor, rebuild: LatentDecoder) -> None:
    """Check the original features of a batch.

    Raises:
        UsageError: If they have another shape than the encoder gives, or there are none.
        CraftingError: If one is not finite.
    """
    if tuple(features.shape[1:]) != rebuild.feature_shape or not len(features):
        raise UsageError(
            "not features of the encoder",
            value=f"shape {tuple(features.shape)}, expected (n, {', '.join(map(str, rebuild.feature_shape))})",
            remedy="Encode one photo or more with the encoder that the reconstruction holds.",
        )
    bad = ~features.isfinite().flatten(1).all(1)
    if bool(bad.any()):
        raise CraftingError(
            "features are not finite",
            value=f"{int(bad.sum())} of {len(bad)} photos, number {int(bad.nonzero()[0])} first",
            remedy="Leave these photos out.",
        )


def require_start(start: Start, originals: Tensor, rebuild: LatentDecoder) -> None:
    """Check latents to begin with; an amortiser checks what it is given by itself.

    Raises:
        UsageError: If they are not one latent for each photo.
        CraftingError: If one is not finite.
    """
    if not isinstance(start, Tensor):
        return
    if tuple(start.shape) != (len(originals), rebuild.latents):
        raise UsageError(
            "not one latent for each photo to begin with",
            value=f"shape {tuple(start.shape)}, expected ({len(originals)}, {rebuild.latents})",
            remedy="Draw as many, or give an amortiser.",
        )
    if not bool(start.isfinite().all()):
        raise CraftingError("latents to begin with are not finite", remedy="Draw them anew.")


def _solver(
    settings: CraftSettings, rebuild: LatentDecoder, start: Start, critic: nn.Module | None
) -> LatentSolver:
    if settings.solver == "neumann":
        return NeumannSolver(rebuild, start, settings.inversion, settings.series, critic)
    return FastSolver(rebuild, start, settings.fast)


def _gradient(
    features: Tensor,
    originals: Tensor,
    solver: LatentSolver,
    adversary: Adversary,
    settings: CraftSettings,
    clock: Clock,
) -> tuple[Tensor, Iteration]:
    """Lines 3 to 12: set the features' gradient; returns the attacker's latents and the log's entry."""
    with clock.spending("inversion"):
        latents = solver.latents(features)
    with clock.spending("critic"):
        adversary.train(latents)
        privacy, slopes = adversary.slopes(latents, settings.privacy_scale)
    with clock.spending("inverse Hessian product"):
        indirect = solver.gradient(features, latents, slopes)
    leaf = features.detach().requires_grad_()
    utility = utility_loss(leaf, originals, settings.utility_scale)
    (direct,) = torch.autograd.grad(utility, leaf)
    features.grad = settings.beta * direct + indirect
    plain = float(utility.detach()) / settings.utility_scale
    entry = Iteration(privacy, adversary.distance, plain, adversary.penalty, solver.reading())
    return latents, entry


def _require_finite(features: Tensor, number: int) -> None:
    if not bool(features.isfinite().all()):
        raise CraftingError(
            "crafting left the finite numbers",
            value=f"iteration {number + 1}",
            remedy="Lower the learning rate, or alpha of the series.",
        )
