"""Detection: which photos are cloaked? A tracker that knows leaves these out, or restores these alone (A-10)."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Control, Guess, Membership, Sight, View
from masquerade.attacks.cloaks.purification import blur
from masquerade.attacks.cloaks.restoration import cloaked_public
from masquerade.attacks.structure import CLOAKS
from masquerade.training import Augmentation, Settings, fit, probabilities


@final
@dataclass(frozen=True)
class CloakDetection(Attack):
    """Scores each photo met later by a network that learnt public photos with and without cloaks.

    The cloaks are under keys of the attacker's own. The network sees what a blur takes away from a photo, which
    is where cloaks lie.

    Args:
        masknets: Keys of the attacker's own.
        pairs: Public photos that are cloaked.
        steps: Batches of 32 photos.
    """

    name: ClassVar[str] = "cloak_detection"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.SIGHTINGS, Sight.PUBLIC, Sight.FRESH})
    reads: ClassVar[frozenset[str]] = CLOAKS
    control: ClassVar[Control] = Control(
        "control-noise-fresh", "cloak_detection", 0.9, "ours: plain noise is easily seen"
    )

    masknets: int = 5
    pairs: int = 500
    steps: int = 200

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """A score for each photo met later; larger where a cloak is suspected."""
        assert view.fresh is not None  # noqa: S101  (the sealed caller checked all three)
        assert view.public is not None  # noqa: S101
        assert view.sightings is not None  # noqa: S101
        seed = int(rng.integers(2**31))
        own = np.random.default_rng([seed, 3])
        cloaks = [view.fresh() for _ in range(self.masknets)]
        cloaked, rows = cloaked_public(view.public, cloaks, self.pairs, own)
        photos = torch.cat([view.public.images[rows].float(), cloaked])
        labels = (torch.arange(len(photos)) >= len(rows)).long()
        network = fit(fine_detail(photos), labels, self._settings(), 2, own)
        return Membership(probabilities(network, fine_detail(view.sightings))[:, 1])

    def _settings(self) -> Settings:
        return Settings(
            network="resnet18",
            options={"width": 8},
            steps=self.steps,
            batch_size=32,
            optimiser="adamw",
            learning_rate=2e-3,
            schedule="one_cycle",
            weight_decay=0.02,
            precision="float32",
            augmentation=Augmentation(flip=True),
        )


def fine_detail(images: Tensor) -> Tensor:
    """What a blur of one pixel takes away from photos, float32 of the same shape."""
    return torch.cat([some.float() - blur(some, 1.0) for some in torch.split(images, 256)])
