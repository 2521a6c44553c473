"""The black-box attack on features: a decoder that learnt from public photos (Crafter, section VI-A)."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Labelled, Reconstruction, Sight, View
from masquerade.attacks.cache import digest_of, kept
from masquerade.attacks.structure import FEATURES
from masquerade.networks.features.feature_decoder import FeatureDecoder
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.decoder import DecoderSettings, train_decoder

PART: Final = 64
"""Photos or features at a time."""
_SEED: Final = 0
"""One decoder serves all attacks that know the same encoder and photos."""


@final
@dataclass(frozen=True)
class FeatureDecoding(Attack):
    """Guesses photos from features by a decoder of unprotected features; it knows the encoder's answers alone.

    Args:
        photos: Public photos at most that it learns from.
        epochs: Passes over them; 500 in the paper.
        width: Maps of its last hidden layer; 64 in the paper.
    """

    name: ClassVar[str] = "feature_decoding"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.SPLIT})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "ours: midway between a blind guess, .13, and .22 to .24, measured on plain features of 24 people",
    )

    photos: int = 2000
    epochs: int = 12
    width: int = 16

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A photo for each feature map."""
        del rng
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.split is not None  # noqa: S101
        settings = DecoderSettings(width=self.width, entry="convolution", epochs=self.epochs)
        decoder = public_decoder(view.split, view.public, self.photos, settings)
        return Reconstruction(decoded(decoder, view.released))


def public_decoder(
    split: SplitNetwork, public: Labelled, photos: int, settings: DecoderSettings
) -> FeatureDecoder:
    """A decoder of unprotected features of public photos; trained once for the same ones."""
    some = first_photos(public, photos)
    edge = [tensor for name, tensor in split.state_dict().items() if not name.startswith("f.")]
    name = digest_of("decoder", some, settings, *edge)
    return kept(name, lambda: train_decoder(encoded(split, some), some, settings, _SEED))


def first_rows(count: int, photos: int) -> Tensor:
    """Rows of so many of ``count`` photos at most, spread over all of them."""
    return torch.linspace(0, count - 1, min(photos, count)).long()


def first_photos(public: Labelled, photos: int) -> Tensor:
    """So many public photos at most, uint8, spread over all of them."""
    rows = first_rows(len(public.images), photos)
    return public.images[rows].round().clamp(0, 255).to(torch.uint8)


@torch.no_grad()
def encoded(split: SplitNetwork, photos: Tensor) -> Tensor:
    """Unprotected features of photos of 0 to 255."""
    return torch.cat([split.encode(some.float() / 255) for some in torch.split(photos, PART)])


@torch.no_grad()
def decoded(decoder: FeatureDecoder, features: Tensor) -> Tensor:
    """Photos of 0 to 255, float32, that a decoder gives for features."""
    return torch.cat([decoder(some) for some in torch.split(features.float(), PART)]) * 255
