"""Attack A1 on features: the decoder learns what crafted features look like (Crafter, section VI-C)."""

from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Reconstruction, Sight, View
from masquerade.attacks.features.decoder import decoded, encoded, first_photos, public_decoder
from masquerade.attacks.structure import FEATURES
from masquerade.errors import MissingSight
from masquerade.training.crafter.decoder import DecoderSettings, train_decoder


@final
@dataclass(frozen=True)
class AdaptiveDecoding(Attack):
    """Refits the black-box decoder on protected features whose photos it knows.

    Args:
        source: ``query`` asks the protection about public photos; ``pairs`` takes leaked photos of the private
            people (needs the sight ``pairs``), as in table VIII.
        queries: Public photos that are asked about.
        epochs: Passes over the protected features; 70 and more in the paper. 0 refits nothing.
        photos: Public photos that the decoder begins with.
        first: Passes over those.
        width: Maps of the decoder's last hidden layer.
    """

    name: ClassVar[str] = "adaptive_decoding"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.PUBLIC, Sight.SPLIT, Sight.QUERY})
    reads: ClassVar[frozenset[str]] = FEATURES
    control: ClassVar[Control] = Control(
        "crafter-none",
        "feature_cosine",
        0.18,
        "without protection it learns on from the same features, as feature_decoding",
    )

    source: Literal["query", "pairs"] = "query"
    queries: int = 500
    epochs: int = 30
    photos: int = 2000
    first: int = 12
    width: int = 16

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A photo for each feature map."""
        assert view.public is not None  # noqa: S101  (the sealed caller checked both)
        assert view.split is not None  # noqa: S101
        begin = DecoderSettings(width=self.width, entry="convolution", epochs=self.first)
        decoder = public_decoder(view.split, view.public, self.photos, begin)
        if not self.epochs:
            return Reconstruction(decoded(decoder, view.released))
        photos, features = self._answers(view)
        again = DecoderSettings(width=self.width, entry="convolution", epochs=self.epochs, batch_size=32)
        seed = int(rng.integers(2**31))
        refitted = train_decoder(features, photos, again, seed, first=deepcopy(decoder))
        return Reconstruction(decoded(refitted, view.released))

    def _answers(self, view: View) -> tuple[Tensor, Tensor]:
        assert view.public is not None  # noqa: S101  (checked)
        if self.source == "query":
            return answers(view, self.queries)
        if view.pairs is None:
            raise MissingSight("leaked photos are not shown", value="pairs", place="the view")
        return view.pairs.originals.round().clamp(0, 255).to(torch.uint8), view.pairs.disguised.float()


def answers(view: View, queries: int) -> tuple[Tensor, Tensor]:
    """Public photos, uint8, and their protected features, as the owner's protection answers."""
    assert view.public is not None  # noqa: S101  (the caller checked both)
    assert view.query is not None  # noqa: S101
    photos = first_photos(view.public, queries)
    return photos, view.query(photos).float()


def plain_and_protected(view: View, queries: int) -> tuple[Tensor, Tensor]:
    """Unprotected and protected features of the same public photos."""
    assert view.split is not None  # noqa: S101  (the caller checked it)
    photos, protected = answers(view, queries)
    return encoded(view.split, photos), protected
