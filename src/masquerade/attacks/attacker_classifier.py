"""The DNN examiner: a classifier that looks at pictures in an attacker's stead (Disguised-Nets, 2.1, 4.2).

The paper calls one minus its accuracy visual privacy. An examiner that fails proves little by itself, so
there are three, and the best counts: one that knows clean photos, one that trained under keys of its own, and
one that looks at what another attack recovered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.base import Disguising, Labelled
from masquerade.errors import NotApplicable
from masquerade.training import Augmentation, Settings, fit, probabilities

OptionValue = bool | int | float | str | None

SMALL: Mapping[str, OptionValue] = {"width": 16, "hidden": 256}
"""Options that make the small convolutional network four times faster, and no worse on 32x32 faces."""


@final
@dataclass(frozen=True)
class TrainingBudget:
    """How an examiner is trained; the fields of the three attacks that use it.

    Args:
        network: Name of a network.
        options: The network's own options.
        steps: Batches that it is trained on.
        batch_size: Images in a batch.
        shift: Largest shift of a training photo in pixels; 0 where shifting would break a disguise.
        flip: Whether half of the training photos are mirrored.
        precision: ``auto`` takes bfloat16 where the processor has instructions for it.
    """

    network: str
    options: Mapping[str, OptionValue]
    steps: int
    batch_size: int
    shift: int = 0
    flip: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "float32"

    def settings(self) -> Settings:
        """Training settings: AdamW on a one-cycle schedule, with light label smoothing."""
        return Settings(
            network=self.network,
            options=dict(self.options),
            steps=self.steps,
            batch_size=self.batch_size,
            optimiser="adamw",
            learning_rate=2e-3,
            schedule="one_cycle",
            weight_decay=0.02,
            label_smoothing=0.05,
            precision=self.precision,
            augmentation=Augmentation(shift=self.shift, flip=self.flip),
        )


@final
class AttackerClassifier:
    """A trained examiner: images in, class probabilities out.

    Args:
        gallery: Named photos.
        budget: How it is trained.
        rng: Randomness of the training.
        disguise: Applied to each batch of photos, for instance under a new key each time.
    """

    def __init__(
        self,
        gallery: Labelled,
        budget: TrainingBudget,
        rng: np.random.Generator,
        disguise: Disguising | None = None,
    ) -> None:
        classes = int(gallery.labels.max()) + 1
        self._network = fit(
            gallery.images, gallery.labels, budget.settings(), classes, rng, transform=disguise
        )

    def look(self, images: Tensor) -> Tensor:
        """Probabilities of the gallery's classes, ``(n, k)``."""
        return probabilities(self._network, images)


def toned(images: Tensor, like: Tensor) -> Tensor:
    """Images with the mean and deviation of each channel that ``like`` has: what an eye adjusts to by itself.

    Raises:
        NotApplicable: If the images have another shape than those to be like.
    """
    if images.shape[1:] != like.shape[1:]:
        raise NotApplicable(
            "an examiner of photos needs released images of the photos' shape",
            value=f"{tuple(images.shape[1:])}, photos have {tuple(like.shape[1:])}",
            remedy="Run examiner_fresh, which trains on disguised images.",
        )
    every = (0, 2, 3)
    centred = images - images.mean(every, keepdim=True)
    deviation = like.std(every, keepdim=True) / images.std(every, keepdim=True).clamp_min(1e-6)
    return centred * deviation + like.mean(every, keepdim=True)


def certainty(seen: Tensor) -> float:
    """Mean probability of the class named, over images."""
    return float(torch.amax(seen, 1).mean())
