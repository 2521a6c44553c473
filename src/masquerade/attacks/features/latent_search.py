"""The white-box attack on features: the face of a generator whose features come closest (Crafter, section IV-B)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.structure import FEATURES
from masquerade.crafting.inversion import InversionOptions, best_inversion
from masquerade.crafting.reconstruction import LatentDecoder as Rebuild
from masquerade.crafting.shipped import open_generator
from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork
from masquerade.networks.features.style_generator import StyleGenerator
from masquerade.networks.features.style_space import StyleSpace


@final
@dataclass(frozen=True)
class LatentSearch(Attack):
    """Searches a generator's latents for features like the released ones, from several starts; the best is kept.

    Another generator than the defence's makes it the paper's attack A2.

    Args:
        generator: Name or file of the attacker's generator.
        space: What is searched: its ``latents``, or the ``styles`` of each of its blocks, if it has styles.
        restarts: Searches for each photo.
        steps: Steps of each; 600 in the paper.
        learning_rate: Length of a step; 0.005 in the published code, whose loss has another scale: 150 such steps left
            plain features of 24 photos at a cosine of .14, a blind guess's, and 150 of 0.02 at .18.
    """

    name: ClassVar[str] = "latent_search"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "ours: midway between a blind guess, .13, and .23 to .25, measured on plain features of 24 people",
    )

    generator: str = "faces-1"
    space: Literal["latents", "styles"] = "latents"
    restarts: int = 3
    steps: int = 200
    learning_rate: float = 0.05

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A face for each feature map."""
        assert view.split is not None  # noqa: S101  (the sealed caller checked it)
        rebuild = rebuilding(self.generator, view.split, self.space)
        shape = (self.restarts, len(view.released), rebuild.latents)
        starts = torch.from_numpy(rng.standard_normal(shape)).float()
        options = InversionOptions(steps=self.steps, learning_rate=self.learning_rate)
        found = best_inversion(rebuild, view.released.float(), starts, options)
        return Reconstruction(faces(rebuild, found.latents))


def rebuilding(
    generator: str, split: SplitNetwork, space: Literal["latents", "styles"] = "latents"
) -> Rebuild:
    """A generator, by name or file, and an encoder in a row.

    Raises:
        UsageError: If styles are asked for, and the generator has none.
    """
    trained = open_generator(generator)
    if space == "latents":
        return Rebuild(trained.network, split, trained.latents)
    own = trained.network.generator
    if not isinstance(own, StyleGenerator):
        raise UsageError(
            "the generator has no styles",
            value=generator,
            place="space",
            remedy="Search its latents, or take a generator by styles.",
        )
    styles = StyleSpace(own)
    return Rebuild(styles, split, styles.latents)


@torch.no_grad()
def faces(rebuild: Rebuild, latents: Tensor) -> Tensor:
    """Photos of 0 to 255, float32, of latents."""
    return torch.cat([rebuild.images(some) for some in torch.split(latents, 64)]) * 255
