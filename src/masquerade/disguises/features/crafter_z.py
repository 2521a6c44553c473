"""Crafter-z: the latents are moved, and their features released (Crafter, section V-B)."""

from dataclasses import dataclass
from typing import Final, final

from torch import Generator, Tensor

from masquerade.crafting.crafter_z import craft_z
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.settings import CrafterZSettings
from masquerade.crafting.solver import Start
from masquerade.disguises.features.keyed import Crafting, settings_of
from masquerade.traits import Traits

PUBLISHED: Final = CrafterZSettings()
"""The paper's numbers, or its code's, but the fast solver where there is a choice."""


@final
@dataclass(frozen=True)
class CrafterZ(Crafting):
    """Features of the generator's own faces, near those of the photos; the baseline of Crafter.

    Args:
        split: As of ``Crafting``.
        generator: As of ``Crafting``.
        settings: How, or the same as plain data.
        amortiser: As of ``Crafting``.
        batch: As of ``Crafting``.

    Raises:
        UsageError: If a parameter is none of these.
    """

    settings: CrafterZSettings = PUBLISHED

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "settings", settings_of(self.settings, CrafterZSettings, "CrafterZ"))

    traits = Traits(deterministic=False, linear=False, same_map=False, keeps_inner_products=False)

    def minibatch(self) -> int:
        """Images in a step of the critic."""
        return self.settings.adversary.minibatch

    def crafted(
        self, originals: Tensor, rebuild: LatentDecoder, pool: Tensor, start: Start, random: Generator
    ) -> Tensor:
        """Equation 11 on one batch."""
        return craft_z(originals, rebuild, self.settings, pool=pool, start=start, random=random).features
