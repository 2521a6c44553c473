"""The hybrid attack on features: a decoder's guess, then a search over its pixels (Crafter, section VI-A)."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.features.decoder import PART, decoded, public_decoder
from masquerade.attacks.structure import FEATURES
from masquerade.crafting.frozen import frozen
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.decoder import DecoderSettings


@final
@dataclass(frozen=True)
class HybridInversion(Attack):
    """Moves the pixels of a decoder's guess until the encoder's features of it are the released ones.

    Args:
        photos: Public photos that the decoder learns from.
        epochs: Passes over them.
        width: Maps of the decoder's last hidden layer.
        steps: Steps of Adam on the pixels; 150 in the paper.
        learning_rate: Adam's, in units of the whole range of grey; 0.005 in the paper.
    """

    name: ClassVar[str] = "hybrid_inversion"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.25,
        "ours: midway between a blind guess, .13, and .32 to .37, measured on plain features of 24 people",
    )

    photos: int = 2000
    epochs: int = 12
    width: int = 16
    steps: int = 150
    learning_rate: float = 0.005

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A photo for each feature map."""
        del rng
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.split is not None  # noqa: S101
        settings = DecoderSettings(width=self.width, entry="convolution", epochs=self.epochs)
        start = decoded(public_decoder(view.split, view.public, self.photos, settings), view.released) / 255
        encoder = frozen(view.split)
        parts = zip(torch.split(start, PART), torch.split(view.released.float(), PART), strict=True)
        return Reconstruction(torch.cat([self._moved(encoder, *part) for part in parts]) * 255)

    def _moved(self, encoder: SplitNetwork, start: Tensor, features: Tensor) -> Tensor:
        pixels = start.clone().requires_grad_()
        adam = torch.optim.Adam([pixels], lr=self.learning_rate)
        for _ in range(self.steps):
            loss = (encoder.encode(pixels) - features).square().flatten(1).mean(1).sum()
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            with torch.no_grad():
                pixels.clamp_(0, 1)
        return pixels.detach()
