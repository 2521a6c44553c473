"""Attack A1 on features with a generator: it learns which faces crafted features stand for (Crafter, section V-A)."""

from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.cache import digest_of, kept
from masquerade.attacks.features.adaptive_decoding import answers
from masquerade.attacks.features.latent_search import faces
from masquerade.attacks.structure import FEATURES
from masquerade.crafting.inversion import InversionOptions, best_inversion
from masquerade.crafting.reconstruction import LatentDecoder as Rebuild
from masquerade.crafting.shipped import open_generator

_BATCH: Final = 16
_RATE: Final = 1e-3


@final
@dataclass(frozen=True)
class AdaptiveSearch(Attack):
    """Asks the protection about public photos, searches their latents, and refits the generator to show the photos.

    Batch normalisation keeps its statistics, as in the published code. The paper does not say by which generator the
    released features' latents are searched then: by the refitted one, the faces have features like the crafted ones
    again; by the first, latents are those that the refitted one learned to show.

    Args:
        generator: Name or file of the generator that it begins with.
        queries: Public photos that are asked about.
        through: Generator by which the released features' latents are searched.
        epochs: Passes over them; 50 in the published code. 0 refits nothing.
        restarts: Searches for each feature map.
        steps: Steps of each; 600 in the paper.
        learning_rate: Length of a step.
    """

    name: ClassVar[str] = "adaptive_search"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.SPLIT, Sight.QUERY})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "without protection it is latent_search with another generator",
    )

    generator: str = "faces-1"
    queries: int = 200
    through: Literal["first", "refitted"] = "first"
    epochs: int = 10
    restarts: int = 1
    steps: int = 200
    learning_rate: float = 0.05

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A face for each feature map."""
        assert view.split is not None  # noqa: S101  (the sealed caller checked it)
        trained = open_generator(self.generator)
        first = Rebuild(trained.network, view.split, trained.latents)
        released = view.released.float()
        if not self.epochs:
            return Reconstruction(faces(first, self._latents(first, trained.digest, released)))
        photos, features = answers(view, self.queries)
        known = self._latents(first, trained.digest, features)
        generator = self._refitted(trained.network, known, photos, int(rng.integers(2**31)))
        refitted = Rebuild(generator, view.split, trained.latents)
        if self.through == "refitted":
            return Reconstruction(faces(refitted, self._searched(refitted, released)))
        return Reconstruction(faces(refitted, self._latents(first, trained.digest, released)))

    def _latents(self, first: Rebuild, generator: str, features: Tensor) -> Tensor:
        """Latents by the generator as it was; searched once for all numbers of passes."""
        searched = (self.restarts, self.steps, self.learning_rate)
        name = digest_of("latents", generator, searched, features, *first.split.enc.state_dict().values())
        return kept(name, lambda: self._searched(first, features))

    def _searched(self, rebuild: Rebuild, features: Tensor) -> Tensor:
        shape = (self.restarts, len(features), rebuild.latents)
        starts = torch.from_numpy(np.random.default_rng(0).standard_normal(shape)).float()
        options = InversionOptions(steps=self.steps, learning_rate=self.learning_rate)
        return best_inversion(rebuild, features, starts, options).latents

    def _refitted(self, generator: nn.Module, latents: Tensor, photos: Tensor, seed: int) -> nn.Module:
        """A copy whose images of the latents are nearer to the photos, as the norm of the difference measures it."""
        learner = deepcopy(generator).eval().requires_grad_(True)
        optimiser = torch.optim.RMSprop(learner.parameters(), lr=_RATE)
        order = torch.Generator().manual_seed(seed)
        for _ in range(self.epochs):
            for rows in torch.split(torch.randperm(len(photos), generator=order), _BATCH):
                apart = learner(latents[rows]) - photos[rows].float() / 255
                loss = torch.linalg.vector_norm(apart.flatten(1), dim=1).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return learner.requires_grad_(False)
