"""One MaskNet for everybody: the static system of the thesis (section 5.1)."""

from collections.abc import Mapping
from typing import final

from torch import Tensor, nn

from masquerade.files.tensors import digest_of
from masquerade.masknets.base import MaskNetSource
from masquerade.masknets.ensemble import stored_tensors
from masquerade.networks.cloaks.masknet import MaskNet


@final
class StaticSource(MaskNetSource):
    """The same MaskNet whatever the numbers.

    Args:
        name: What messages call it.
        masknet: The MaskNet.
        classifier: The classifier that it was trained under, if any.
    """

    def __init__(self, name: str, masknet: MaskNet, classifier: nn.Linear | None = None) -> None:
        self.masknet = masknet
        facts = (type(self).__name__, repr(masknet.structure))
        digest = digest_of(facts, stored_tensors([masknet], classifier))
        super().__init__(name, digest, masknet.structure, classifier)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """The one MaskNet's weights, not copied."""
        del numbers
        return self.masknet.weights
