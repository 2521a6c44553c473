"""SFace (Zhong et al. 2021), a face recogniser as a differentiable network; weights from OpenCV Zoo, Apache-2.0."""

from functools import cache
from typing import Final, final

import torch
from torch import Tensor, nn

from masquerade.encoders.sface_file import sface_weights

_STEM: Final = 32
_LAYERS: Final = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
"""Maps and stride of each separable convolution, numbers 2 to 14 in the file."""
_TRUNK: Final = 11
"""Separable convolutions before the maps shrink from 14x14 to 7x7."""


@final
class SFace(nn.Module):
    """The recogniser, in two parts: feature maps, and the vector of 128 numbers that people are told by.

    Faces must be aligned: eyes, nose and corners of the mouth where the ArcFace template has them.
    """

    def __init__(self) -> None:
        super().__init__()
        maps = [_STEM, *(after for after, _ in _LAYERS)]
        layers = [_separable(maps[i], after, stride) for i, (after, stride) in enumerate(_LAYERS)]
        self.stem = nn.Sequential(*_convolution(3, _STEM, 3, 1))
        self.lower = nn.Sequential(*layers[:_TRUNK])
        self.upper = nn.Sequential(*layers[_TRUNK:], nn.BatchNorm2d(maps[-1], eps=2e-5))
        self.vector = nn.Sequential(nn.Linear(maps[-1] * 49, 128), nn.BatchNorm1d(128, eps=2e-5))

    def trunk(self, images: Tensor) -> Tensor:
        """Feature maps of the layers before the last ones.

        Args:
            images: ``(n, 3, 112, 112)``, red, green and blue, values 0 to 255.

        Returns:
            float32 ``(n, 512, 14, 14)``.
        """
        out: Tensor = self.lower(self.stem((images - 127.5) / 128))
        return out

    def embed(self, images: Tensor) -> Tensor:
        """Recognition vectors ``(n, 128)``, compared by their cosine, of images as ``trunk`` takes them."""
        out: Tensor = self.vector(self.upper(self.trunk(images)).flatten(1))
        return out

    def forward(self, images: Tensor) -> Tensor:
        """``embed``."""
        return self.embed(images)


@cache
def load_sface() -> SFace:
    """SFace with its weights, in evaluation mode and without gradients for the weights; one for all callers.

    Raises:
        StudyError: If a package is not installed, or its file is not the one expected.
    """
    with torch.device("meta"):
        network = SFace()
    network.load_state_dict(_state(sface_weights()), assign=True)
    return network.eval().requires_grad_(False)


def _convolution(before: int, after: int, side: int, stride: int, groups: int = 1) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(before, after, side, stride, side // 2, groups=groups, bias=False)
    return convolution, nn.BatchNorm2d(after, eps=1e-3), nn.PReLU(after)


def _separable(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        *_convolution(before, before, 3, stride, groups=before), *_convolution(before, after, 1, 1)
    )


def _state(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's state out of the file's names."""
    state = _convolution_state("stem", 0, "conv_1", weights)
    for i in range(len(_LAYERS)):
        place = f"lower.{i}" if i < _TRUNK else f"upper.{i - _TRUNK}"
        state |= _convolution_state(place, 0, f"conv_{i + 2}_dw", weights)
        state |= _convolution_state(place, 3, f"conv_{i + 2}", weights)
    state |= _norm_state(f"upper.{len(_LAYERS) - _TRUNK}", "bn1", weights)
    state |= _norm_state("vector.1", "fc1", weights)
    state["vector.0.weight"] = weights["pre_fc1_weight_dequantized"]
    state["vector.0.bias"] = weights["pre_fc1_bias_dequantized"]
    return state


def _convolution_state(place: str, first: int, name: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        f"{place}.{first}.weight": weights[f"{name}_conv2d_weight_reshaped"],
        **_norm_state(f"{place}.{first + 1}", f"{name}_batchnorm", weights),
        f"{place}.{first + 2}.weight": weights[f"{name}_relu_gamma"].flatten(),
    }


def _norm_state(place: str, name: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        f"{place}.weight": weights[f"{name}_gamma"],
        f"{place}.bias": weights[f"{name}_beta"],
        f"{place}.running_mean": weights[f"{name}_moving_mean"],
        f"{place}.running_var": weights[f"{name}_moving_var"],
        f"{place}.num_batches_tracked": torch.zeros((), dtype=torch.int64),
    }
