"""A vision transformer as an encoder: ExtNet of XNN (section 4.2), the first blocks of a ViT."""

from typing import Final, final

from torch import Tensor

from masquerade.encoders.base import Encoder, digest_of
from masquerade.encoders.vision_transformer import VisionTransformer

_NARROW: Final = 256
"""Up to this width blocks are faster on 64 photos than on 16: measured, 2.4 ms a photo against 3.9 in bfloat16."""


@final
class ViTEncoder(Encoder):
    """The patch tokens of a vision transformer; its class token is dropped.

    Args:
        name: What messages call it.
        network: The network; kept in evaluation mode, without gradients.
    """

    def __init__(self, name: str, network: VisionTransformer) -> None:
        options = network.options
        digest = digest_of([type(self).__name__, options.model_dump_json()], network.state_dict())
        image_shape, shape = (3, options.side, options.side), (options.width, options.grid, options.grid)
        part = 64 if options.width <= _NARROW else 16
        super().__init__(name, image_shape, shape, digest, part)
        self.network = network.eval().requires_grad_(False)

    def features(self, images: Tensor) -> Tensor:
        """Feature maps ``(n, width, grid, grid)``."""
        tokens: Tensor = self.network(images)[:, 1:]
        return tokens.transpose(1, 2).reshape(images.shape[0], *self.shape)
