"""The inversion network of the HyperObf thesis (section 5.2): cloaked photos in, guesses of the originals out."""

from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import UsageError

_STRIDE: Final = 4
"""The network halves photos twice."""


@final
class InvNet(nn.Module):
    """A residual autoencoder: what it takes for the cloak, up to a whole range of grey, is added to the photo.

    Convolutions of 1, 2 and 4 times ``width`` maps with max-pooling in between, transposed ones back, and a tanh.
    The last layer begins at zero, so that an untrained network leaves photos as they are.

    Args:
        width: Maps of the first convolution; the thesis has 64.

    Raises:
        UsageError: If the width is not 1 to 256.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        if not 1 <= width <= 256:
            raise UsageError(
                "an inversion network cannot be so wide", value=width, remedy="Take 1 to 256 maps."
            )
        self.width = width
        last = nn.Conv2d(width, 3, 3, 1, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, 1, 1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2 * width, 4 * width, 3, 1, 1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.ConvTranspose2d(4 * width, 2 * width, 2, 2),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 2, 2),
            nn.ReLU(),
            last,
        )

    def forward(self, images: Tensor) -> Tensor:
        """Restored photos.

        Args:
            images: Cloaked photos ``(n, 3, h, w)``, values 0 to 255, of any height and width.

        Returns:
            float32 ``(n, 3, h, w)``: the photo plus 255 times the output of the tanh; not clipped.
        """
        images = images.float()
        h, w = images.shape[2:]
        padded = functional.pad(images, (0, -w % _STRIDE, 0, -h % _STRIDE), mode="replicate")
        change: Tensor = torch.tanh(self.layers(padded / 255 - 0.5))
        return images + 255 * change[..., :h, :w]
