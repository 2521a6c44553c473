"""The evaluator that is trained on private people's other photos (Crafter, section VI-A)."""

from functools import cache
from typing import Final, final

import numpy as np
from torch import Tensor

from masquerade.data.image_set import ImageSet
from masquerade.encoders.recogniser import NetworkRecogniser, open_recogniser
from masquerade.networks.resnet import ResNet18
from masquerade.training import probabilities
from masquerade.training.encoders.fine_tuning import FineTuning, fine_tune, with_classes

_TRAINING: Final = FineTuning(epochs=12, learning_rate=1e-3)


@final
class Evaluator:
    """A classifier of private people, trained when it is first asked, once for the same photos.

    Args:
        known: Named photos of the people.
    """

    def __init__(self, known: ImageSet) -> None:
        self._known = known

    def __call__(self, images: Tensor) -> Tensor:
        """Probabilities ``(n, k)`` of photos ``(n, 3, h, w)``, values 0 to 255."""
        return probabilities(_trained(_Photos(self._known)), images)


class _Photos:
    """Photos that are equal if their digest is."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images
        self.digest = images.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Photos) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@cache
def _trained(photos: _Photos) -> ResNet18:
    body = open_recogniser("resnet-public")
    assert isinstance(body, NetworkRecogniser)  # noqa: S101  (it is one of ours)
    known = photos.images
    network = with_classes(body.network, len(known.names)).requires_grad_(True)
    return fine_tune(network, known.images, known.labels, _TRAINING, np.random.default_rng(0))
