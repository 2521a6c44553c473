"""A denoiser from protected to unprotected features, and the decoder after it; not in the paper."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor, nn

from masquerade.attacks.base import Attack, Control, Guess, Sight, View
from masquerade.attacks.features.adaptive_decoding import plain_and_protected
from masquerade.attacks.features.decoder import PART, FeatureDecoding
from masquerade.attacks.structure import FEATURES


@final
@dataclass(frozen=True)
class FeatureDenoising(Attack):
    """Learns from answers about public photos what the protection changes, takes it off, and goes on from there.

    Args:
        then: The attack that gets the denoised features.
        queries: Public photos that are asked about.
        steps: Batches of 32 that the denoiser learns from.
        width: Maps of its hidden layers.
    """

    name: ClassVar[str] = "feature_denoising"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.SPLIT, Sight.QUERY})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "without protection there is nothing to take off, as feature_decoding",
    )

    then: Attack = field(default_factory=FeatureDecoding)
    queries: int = 500
    steps: int = 400
    width: int = 48

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """What the other attack makes of denoised features."""
        return self.then(replace(view, released=self.denoised(view, rng)), rng)

    def denoised(self, view: View, rng: np.random.Generator) -> Tensor:
        """The released features without what the protection changed, as far as answers tell."""
        plain, protected = plain_and_protected(view, self.queries)
        denoiser = self._trained(plain, protected, rng)
        with torch.no_grad():
            parts = torch.split(view.released.float(), PART)
            return torch.cat([some + denoiser(some) for some in parts])

    def _trained(self, plain: Tensor, protected: Tensor, rng: np.random.Generator) -> nn.Sequential:
        seed = int(rng.integers(2**31))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            denoiser = _residual(plain.shape[1], self.width)
            adam = torch.optim.Adam(denoiser.parameters(), lr=1e-3)
            for _ in range(self.steps):
                rows = torch.randint(len(plain), (min(32, len(plain)),))
                loss = (protected[rows] + denoiser(protected[rows]) - plain[rows]).square().mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
        return denoiser.eval()


def _residual(maps: int, width: int) -> nn.Sequential:
    """Features to the change that is to be added, nothing at first."""
    last = nn.Conv2d(width, maps, 3, padding=1)
    nn.init.zeros_(last.weight)
    assert last.bias is not None  # noqa: S101  (as torch makes it)
    nn.init.zeros_(last.bias)
    layers = [nn.Conv2d(maps, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)]
    return nn.Sequential(*layers, nn.ReLU(), last)
