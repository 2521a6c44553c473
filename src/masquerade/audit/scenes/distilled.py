"""XNN-d in an audit: the owner trains noise and recogniser on the training people (XNN, section 4)."""

from contextlib import suppress
from functools import cached_property
from typing import final

import numpy as np
from torch import Tensor

from masquerade.data.image_set import ImageSet
from masquerade.disguises.tokens.adversarial_noise import AdversarialNoise
from masquerade.encoders.noise_encoder import NoiseEncoder, token_norm
from masquerade.errors import NotMeasurable
from masquerade.metrics import Score, noise_constant_share
from masquerade.networks import Network
from masquerade.training import fit
from masquerade.training.xnn_d import Faces, XNNDSettings, obfuscated, scores_of, train_noise
from masquerade.training.xnn_d.distillation import Lesson, distil


@final
class DistilledNetworks:
    """What XNN-d trains in one repetition, each part when first asked for.

    Args:
        train: Feature maps of the owner's training people.
        settings: Amount of noise, and how everything is trained.
        seed: Numbers the repetition.
    """

    def __init__(self, train: ImageSet, settings: XNNDSettings, seed: int) -> None:
        self._faces = Faces(train.images.float(), train.labels)
        self._classes = len(train.names)
        self._settings = settings
        self._seed = seed

    @cached_property
    def noise(self) -> NoiseEncoder:
        """The noise encoder, trained against a recogniser of the same people."""
        return train_noise(self._faces, self._settings, np.random.default_rng([self._seed, 5]))

    @property
    def disguise(self) -> AdversarialNoise:
        """What the client does to feature maps: layer norm, and noise if there is any."""
        return AdversarialNoise(self.noise)

    @cached_property
    def teacher(self) -> Network:
        """The owner's recogniser of clean, normalised feature maps."""
        clean, labels = token_norm(self._faces.features), self._faces.labels
        rng = np.random.default_rng([self._seed, 6])
        return fit(clean, labels, self._settings.recogniser, self._classes, rng)

    @cached_property
    def student(self) -> Network:
        """The server's recogniser of obfuscated feature maps; without noise it is the teacher."""
        if not self._settings.noise.amount:
            return self.teacher
        taught = scores_of(self.teacher, token_norm(self._faces.features))
        return distil(
            Lesson(obfuscated(self.noise, self._faces), taught, self._faces.labels),
            self._settings.recogniser,
            np.random.default_rng([self._seed, 7]),
            temperature=self._settings.temperature,
            label_weight=self._settings.label_weight,
        )


def constant_noise(distilled: DistilledNetworks | None, test: ImageSet, seen: Tensor) -> dict[str, Score]:
    """How much of XNN-d's noise on the test photos is the same for everybody; nothing where there is none.

    Args:
        distilled: What XNN-d trained; None for another protection.
        test: Feature maps of the test photos.
        seen: The same, obfuscated.
    """
    if distilled is None or not distilled.noise.options.amount:
        return {}
    with suppress(NotMeasurable):
        return {"constant noise": noise_constant_share(seen - token_norm(test.images), test.labels)}
    return {}
