"""A ResNet's body as a recogniser: what its classifier saw, of people it does not know."""

from typing import final

from torch import Tensor

from masquerade.encoders.base import digest_of
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.networks.resnet import ResNet18

HEAD = "head."
"""What the names of a network's class scores begin with; they are no part of a recogniser."""


@final
class NetworkRecogniser(Recogniser):
    """The features of a ResNet that was trained to tell people apart; its class scores are dropped.

    Args:
        name: What messages call it.
        network: The network; kept in evaluation mode, without gradients for its weights.
    """

    def __init__(self, name: str, network: ResNet18) -> None:
        body = {k: v for k, v in network.state_dict().items() if not k.startswith(HEAD)}
        digest = digest_of([type(self).__name__, network.options.model_dump_json(), str(network.shape)], body)
        super().__init__(name, network.shape[1], network.embedding_size, digest)
        self.network = network.eval().requires_grad_(False)

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 8 * width)``."""
        return self.network.embed(images)
