"""One MaskNet with another half of its features for each user: MC dropout, the thesis's second baseline."""

from collections.abc import Mapping
from typing import final

from torch import Tensor, nn

from masquerade.files.tensors import digest_of
from masquerade.masknets.base import NUMBERS, MaskNetSource
from masquerade.masknets.ensemble import stored_tensors
from masquerade.networks.cloaks.masknet import MaskNet


@final
class DropoutSource(MaskNetSource):
    """A feature is kept if its number is positive, with probability 0.5, and then doubled.

    The mask stays the same for all of a user's photos. It is put into the full layer: the leaky ReLU after it
    passes zero and factors on.

    Args:
        name: What messages call it.
        masknet: The MaskNet that all share; at most 256 features.
        classifier: The classifier that it was trained under, if any.
    """

    def __init__(self, name: str, masknet: MaskNet, classifier: nn.Linear | None = None) -> None:
        assert masknet.structure.features <= NUMBERS  # noqa: S101 - no structure has more
        self.masknet = masknet
        facts = (type(self).__name__, repr(masknet.structure))
        digest = digest_of(facts, stored_tensors([masknet], classifier))
        super().__init__(name, digest, masknet.structure, classifier)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """The shared weights, rows of the full layer zero or doubled."""
        kept = (numbers[: self.structure.features] > 0).float()
        return {**self.masknet.weights, "fc": 2 * kept.unsqueeze(1) * self.masknet.fc}
