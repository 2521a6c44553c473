"""Copies of trained networks that are cheap to differentiate twice.

Where torch differentiates a convolution twice it also computes the weights' share, even if no weight asks for it,
which doubles the work. Here weights are constants and a convolution is the linear map that it is.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional

_Map = Callable[[Tensor], Tensor]
SomeNetwork = TypeVar("SomeNetwork", bound=nn.Module)


def frozen(network: SomeNetwork) -> SomeNetwork:
    """A copy with constant weights and the same results, in evaluation mode; convolutions and norms are replaced.

    Args:
        network: Any network made of modules; what is not replaced stays as it is, without gradients for its weights.
    """
    copied = deepcopy(network).eval().requires_grad_(False)
    _replace_within(copied)
    return copied


def _replace_within(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d | nn.ConvTranspose2d) and _plain(child):
            setattr(module, name, FrozenConvolution(child))
        elif isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d) and child.running_mean is not None:
            setattr(module, name, FrozenNorm(child))
        else:
            _replace_within(child)


def _plain(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    return (
        module.groups == 1 and module.padding_mode == "zeros" and not isinstance(module.padding, str)
    ) and set(module.dilation) == {1}


@final
class FrozenNorm(nn.Module):
    """Batch normalisation in evaluation mode: one factor and one summand for each map.

    Args:
        norm: What to copy.
    """

    factor: Tensor
    summand: Tensor

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        super().__init__()
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None and variance is not None  # noqa: S101, PT018  (looked at by the caller)
        factor = (variance + norm.eps).rsqrt()
        factor = factor * norm.weight.detach() if norm.affine else factor
        summand = -mean * factor
        summand = summand + norm.bias.detach() if norm.affine else summand
        shape = (-1, 1, 1) if isinstance(norm, nn.BatchNorm2d) else (-1,)
        self.register_buffer("factor", factor.view(shape))
        self.register_buffer("summand", summand.view(shape))

    def forward(self, maps: Tensor) -> Tensor:
        """The normalised maps."""
        return torch.addcmul(self.summand, maps, self.factor)


@final
class FrozenConvolution(nn.Module):
    """A convolution, transposed or not, with constant weights.

    Args:
        convolution: What to copy; one group, zeros around, no dilation.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv2d | nn.ConvTranspose2d) -> None:
        super().__init__()
        self.register_buffer("weight", convolution.weight.detach())
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self._stride = convolution.stride
        self._padding = tuple(int(p) for p in convolution.padding)
        self._transposed = isinstance(convolution, nn.ConvTranspose2d)
        self._more = convolution.output_padding

    def forward(self, maps: Tensor) -> Tensor:
        """The convolved maps, differentiable in the maps as often as wanted."""
        out: Tensor = _Linear.apply(maps, self._along, self._across(maps.shape[2:]))  # type: ignore[no-untyped-call]
        return out if self.bias is None else out + self.bias.view(-1, 1, 1)

    def _along(self, maps: Tensor) -> Tensor:
        if self._transposed:
            return functional.conv_transpose2d(
                maps,
                self.weight,
                None,
                self._stride,
                self._padding,
                self._more,
            )
        return functional.conv2d(maps, self.weight, None, self._stride, self._padding)

    def _across(self, size: torch.Size) -> _Map:
        """The transpose, for maps of ``size``."""
        if self._transposed:
            return lambda back: functional.conv2d(back, self.weight, None, self._stride, self._padding)
        kernel = self.weight.shape[2:]

        def transpose(back: Tensor) -> Tensor:
            more = [
                size[i] - ((back.shape[2 + i] - 1) * self._stride[i] - 2 * int(self._padding[i]) + kernel[i])
                for i in range(2)
            ]
            return functional.conv_transpose2d(
                back,
                self.weight,
                None,
                self._stride,
                self._padding,
                more,
            )

        return transpose


class _Linear(torch.autograd.Function):
    """A linear map whose derivative is its transpose, whose derivative is the map again."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, along: _Map, across: _Map) -> Tensor:  # noqa: ANN401
        ctx.maps = along, across
        return along(maps)

    @staticmethod
    def backward(ctx: Any, back: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        along, across = ctx.maps
        return _Linear.apply(back, across, along), None, None  # type: ignore[no-untyped-call]
