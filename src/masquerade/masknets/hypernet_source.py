"""MaskNets out of a hypernetwork: another one for each user (HyperObf)."""

from collections.abc import Mapping
from typing import final

from torch import Tensor, nn

from masquerade.files.tensors import digest_of
from masquerade.masknets.base import MaskNetSource
from masquerade.networks.cloaks.hypernet import HyperNet


@final
class HyperNetSource(MaskNetSource):
    """A hypernetwork that takes a user's numbers as its latent.

    Args:
        name: What messages call it.
        hypernet: The hypernetwork; frozen here.
        classifier: The classifier that it was trained under, if any.
    """

    def __init__(self, name: str, hypernet: HyperNet, classifier: nn.Linear | None = None) -> None:
        self.hypernet = hypernet.requires_grad_(False).align()
        facts = (type(self).__name__, hypernet.options.model_dump_json())
        digest = digest_of(facts, stored_tensors(hypernet, classifier))
        super().__init__(name, digest, hypernet.structure, classifier)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """The weights that the hypernetwork gives for this latent alone."""
        return self.hypernet.generate(numbers).weights


def stored_tensors(hypernet: HyperNet, classifier: nn.Linear | None) -> dict[str, Tensor]:
    """All tensors of a hypernetwork and its classifier, by the names that they have in files."""
    tensors = {f"network.{name}": tensor for name, tensor in hypernet.state_dict().items()}
    if classifier is not None:
        tensors |= {f"classifier.{name}": tensor for name, tensor in classifier.state_dict().items()}
    return tensors
