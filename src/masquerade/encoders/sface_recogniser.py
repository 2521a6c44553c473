"""SFace as a recogniser: 128 numbers, the strongest public recogniser here."""

from typing import Final, final

import torch
from torch import Tensor, nn

from masquerade.encoders.base import digest_of
from masquerade.encoders.folding import folded
from masquerade.encoders.recogniser_base import Recogniser
from masquerade.encoders.sface_file import SHA256
from masquerade.encoders.sface_network import load_sface

_SIDE: Final = 112
_SIZE: Final = 128


@final
class SFaceRecogniser(Recogniser):
    """SFace (Zhong et al. 2021), weights from OpenCV Zoo, Apache-2.0.

    Raises:
        StudyError: If the packages that it comes in are not installed, or its file is not the one expected.
    """

    def __init__(self) -> None:
        network = load_sface()
        super().__init__("sface", _SIDE, _SIZE, digest_of([type(self).__name__, SHA256], {}))
        maps = folded(nn.Sequential(network.stem, network.lower, network.upper)).requires_grad_(False)
        self._maps = maps.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._vector = network.vector

    def vectors(self, images: Tensor) -> Tensor:
        """Vectors ``(n, 128)``."""
        shifted = ((images - 127.5) / 128).contiguous(memory_format=torch.channels_last)
        out: Tensor = self._vector(self._maps(shifted).flatten(1))
        return out
