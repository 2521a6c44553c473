"""Crafter: features whose inversion shows a face of the prior (Wang et al., NDSS 2024, algorithm 1)."""

from dataclasses import dataclass
from typing import Final, final

from torch import Generator, Tensor

from masquerade.crafting.craft import craft
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.settings import CraftSettings
from masquerade.crafting.solver import Start
from masquerade.disguises.features.keyed import Crafting, settings_of
from masquerade.traits import Traits

PUBLISHED: Final = CraftSettings()
"""The paper's numbers, or its code's, but the fast solver where there is a choice."""


@final
@dataclass(frozen=True)
class Crafter(Crafting):
    """Features crafted by their own gradient through the attacker's inversion.

    Args:
        split: As of ``Crafting``.
        generator: As of ``Crafting``.
        settings: How, or the same as plain data.
        amortiser: As of ``Crafting``.
        batch: As of ``Crafting``.

    Raises:
        UsageError: If a parameter is none of these.
    """

    settings: CraftSettings = PUBLISHED

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "settings", settings_of(self.settings, CraftSettings, "Crafter"))

    traits = Traits(deterministic=False, linear=False, same_map=True, keeps_inner_products=False)

    def minibatch(self) -> int:
        """Images in a step of the critic."""
        return self.settings.adversary.minibatch

    def crafted(
        self, originals: Tensor, rebuild: LatentDecoder, pool: Tensor, start: Start, random: Generator
    ) -> Tensor:
        """Algorithm 1 on one batch."""
        critic = self.generator.network.critic if self.settings.inversion.inversion_prior else None
        return craft(
            originals, rebuild, self.settings, pool=pool, start=start, random=random, prior_critic=critic
        ).features
