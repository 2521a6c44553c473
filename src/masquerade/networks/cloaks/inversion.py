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
    """A residual autoencoder: what it takes for the cloak, up to a whole range of grey, is taken off the photo.

    Convolutions of 1, 2 and 4 times ``width`` maps with max-pooling in between, transposed ones back, and a tanh.
    The last layer begins at zero, so that an untrained network leaves photos as they are.

    Args:
        width: Maps of the first convolution; the thesis has 64.
        skips: Whether the maps before each pooling are added on the way back (a U-Net), which learns what is as
            fine as a pixel many times faster; the thesis has none.

    Raises:
        UsageError: If the width is not 1 to 256.
    """

    def __init__(self, width: int = 64, *, skips: bool = True) -> None:
        super().__init__()
        if not 1 <= width <= 256:
            raise UsageError(
                "an inversion network cannot be so wide", value=width, remedy="Take 1 to 256 maps."
            )
        self.width = width
        self.skips = skips
        self.first = nn.Conv2d(3, width, 3, 1, 1)
        self.second = nn.Conv2d(width, 2 * width, 3, 1, 1)
        self.third = nn.Conv2d(2 * width, 4 * width, 3, 1, 1)
        self.back = nn.ConvTranspose2d(4 * width, 2 * width, 2, 2)
        self.full = nn.ConvTranspose2d(2 * width, width, 2, 2)
        self.last = nn.Conv2d(width, 3, 3, 1, 1, bias=False)
        nn.init.zeros_(self.last.weight)

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
        change = torch.tanh(self._change(padded / 255 - 0.5))
        return images + 255 * change[..., :h, :w]

    def _change(self, images: Tensor) -> Tensor:
        fine = functional.relu(self.first(images))
        half = functional.max_pool2d(functional.relu(self.second(fine)), 2)
        quarter = functional.max_pool2d(functional.relu(self.third(half)), 2)
        back = self.back(quarter)
        back = functional.relu(back + half if self.skips else back)
        full = self.full(back)
        out: Tensor = self.last(functional.relu(full + fine if self.skips else full))
        return out
