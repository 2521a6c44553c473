"""The critic of one batch: it tells reconstructed faces from the prior's (algorithm 1, lines 4 to 10)."""

from typing import final

import torch
from torch import Generator, Tensor

from masquerade.crafting.objective import critic_loss, privacy_loss
from masquerade.crafting.penalty import gradient_penalty
from masquerade.crafting.reconstruction import LatentDecoder, parts
from masquerade.crafting.settings import AdversaryOptions
from masquerade.errors import CraftingError, UsageError
from masquerade.networks.features.critic import Critic, CriticOptions


def pool_size(photos: int, minibatch: int) -> int:
    """Latents that the pool of a batch should have: as many as photos, as in the paper, or one minibatch.

    A batch smaller than the minibatch would otherwise set its few photos against as few faces of the prior, which
    the critic learns by heart.
    """
    return max(photos, minibatch)


@final
class Adversary:
    """A fresh critic, trained in turns with the features, against one pool of latents for all of the batch.

    Args:
        rebuild: Generator and encoder.
        pool: Latents ``z_r`` of the prior, ``(p, d)``, standard normal; drawn once a batch.
        options: Size and training.
        random: Where weights, minibatches and mixtures are drawn from; on the processor.

    Raises:
        UsageError: If the pool is empty or has other latents.
        CraftingError: If the pool is not finite.
    """

    def __init__(
        self, rebuild: LatentDecoder, pool: Tensor, options: AdversaryOptions, random: Generator
    ) -> None:
        if pool.ndim != 2 or not len(pool) or pool.shape[1] != rebuild.latents:
            raise UsageError(
                "not a pool of latents",
                value=f"shape {tuple(pool.shape)}, expected (p, {rebuild.latents})",
                remedy="Draw `pool_size` latents for this generator.",
            )
        if not bool(pool.isfinite().all()):
            raise CraftingError("the pool of latents is not finite", remedy="Draw it anew.")
        self._rebuild = rebuild
        self._options = options
        self._random = random
        with torch.device("meta"):  # torch would draw weights from its global generator
            critic = Critic(CriticOptions(side=rebuild.split.options.side, width=options.width))
        self.critic = critic.to(dtype=rebuild.dtype).to_empty(device=rebuild.device)
        self.critic.redraw(random)
        self.optimiser = torch.optim.Adam(self.critic.parameters(), lr=options.learning_rate)
        self._prior = self.images(pool)
        self.penalty = 0.0
        self.distance = 0.0

    @torch.no_grad()
    def images(self, latents: Tensor) -> Tensor:
        """Images of latents, without gradients."""
        return torch.cat([self._rebuild.images(latents[some]) for some in parts(len(latents))])

    def train(self, latents: Tensor) -> None:
        """Take the critic's steps of one iteration, against the images of latents ``(n, d)``.

        Sets ``penalty`` and ``distance``, the critic's estimate of the earth mover's distance, of the last step.

        Raises:
            CraftingError: If the critic's loss is not finite.
        """
        rebuilt = self.images(latents)
        self.critic.requires_grad_(True)
        for _ in range(self._options.steps):
            self._step(self._drawn(rebuilt), self._drawn(self._prior))
        self.critic.requires_grad_(False)

    def slopes(self, latents: Tensor, scale: float) -> tuple[float, Tensor]:
        """``L_p`` of latents ``(n, d)``, without its scale, and the slope ``dL_p/dz*`` with it.

        Raises:
            CraftingError: If the slope is not finite.
        """
        slopes, scores = [], []
        for some in parts(len(latents)):
            part = latents[some].detach().requires_grad_()
            given = self.critic(self._rebuild.images(part))
            # A mean over the batch: each part's share of it.
            loss = privacy_loss(given, scale) * (len(part) / len(latents))
            slopes.append(torch.autograd.grad(loss, part)[0])
            scores.append(given.detach())
        found = torch.cat(slopes)
        if not bool(found.isfinite().all()):
            raise CraftingError("the privacy loss's slope is not finite", remedy="Look at the latents.")
        return float(privacy_loss(torch.cat(scores), 1.0)), found

    def _step(self, rebuilt: Tensor, prior: Tensor) -> None:
        shares = torch.rand(len(rebuilt), generator=self._random, dtype=torch.float64)
        loss = critic_loss(self.critic(rebuilt), self.critic(prior))
        penalty = gradient_penalty(self.critic, rebuilt, prior, shares)
        self.distance, self.penalty = -float(loss.detach()), float(penalty.detach())
        raised = self.penalty > 1
        loss = loss + (self._options.penalty_raised if raised else self._options.penalty) * penalty
        if not bool(loss.isfinite()):
            raise CraftingError(
                "the critic's loss is not finite", remedy="Lower the adversary's learning_rate."
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def _drawn(self, images: Tensor) -> Tensor:
        rows = torch.randint(len(images), (self._options.minibatch,), generator=self._random)
        return images[rows.to(images.device)]
