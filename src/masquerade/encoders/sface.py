"""SFace's trunk as an encoder: feature maps of a strong public recogniser, as tokens."""

from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.encoders.base import Encoder, digest_of
from masquerade.encoders.folding import folded
from masquerade.encoders.positions import sin_cos
from masquerade.encoders.sface_file import SHA256
from masquerade.encoders.sface_network import load_sface
from masquerade.files.tensors import read_tensors
from masquerade.shipped_weights import shipped_weights

WIDTH: Final = 192
"""Numbers of a token."""
_SIDE: Final = 7
_MAPS: Final = 512
_PART: Final = 4
"""Photos at a time: 17.8 ms of a processor a face, against 22.3 in parts of 16, and a single photo takes a quarter."""
PROJECTION: Final = "encoders/weights/sface-tokens.safetensors"
"""Mean ``(512,)`` of SFace's pooled maps, and matrix ``(512, 192)``, of public people's photos."""


@final
class SFaceTokens(Encoder):
    """Tokens of SFace's maps before its last layers: ``(n, 192, 7, 7)``.

    The maps, 512 of 14x14, are averaged to 7x7, and each place's 512 numbers are projected to their 192
    principal components, all divided by one number, so that their mean square is about 1. Fixed positions are
    added: what follows may have no other way to know a token's place.

    Raises:
        StudyError: If the packages that SFace comes in are not installed, or its file is not the one expected.
    """

    def __init__(self) -> None:
        network = load_sface()
        expected = {"mean": torch.empty(_MAPS), "matrix": torch.empty(_MAPS, WIDTH)}
        projection = read_tensors(shipped_weights(PROJECTION), expected)
        digest = digest_of([type(self).__name__, SHA256], projection)
        super().__init__("sface", (3, 112, 112), (WIDTH, _SIDE, _SIDE), digest, _PART)
        trunk = folded(nn.Sequential(network.stem, network.lower)).requires_grad_(False)
        self._trunk = trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean, self._matrix = projection["mean"], projection["matrix"]
        self._positions = sin_cos(WIDTH, _SIDE, _SIDE)

    def features(self, images: Tensor) -> Tensor:
        """Feature maps ``(n, 192, 7, 7)``."""
        shifted = ((images - 127.5) / 128).contiguous(memory_format=torch.channels_last)
        maps = functional.avg_pool2d(self._trunk(shifted).float(), 2).flatten(2).transpose(1, 2)
        tokens = (maps - self._mean) @ self._matrix + self._positions
        return tokens.transpose(1, 2).reshape(images.shape[0], *self.shape)
