"""Maps that double their side layer after layer: the second half of generators and decoders."""

from torch import nn

from masquerade.errors import UsageError


def doublings(start: int, side: int) -> int:
    """How often ``start`` is doubled to give ``side``.

    Raises:
        UsageError: If it is not doubled once or more.
    """
    count = (side // start).bit_length() - 1
    if count < 1 or start << count != side:
        raise UsageError(
            "sides that do not double into one another",
            value=f"{start} to {side}",
            remedy=f"Take {start} times a power of two.",
        )
    return count


def grow(channels: int, layers: int) -> nn.Sequential:
    """Transposed 5x5 convolutions of stride 2, the maps halved by each, down to an image of 0 to 1.

    Batch normalisation and ReLU follow all but the last, which a sigmoid follows. ``(n, channels, s, s)``
    becomes ``(n, 3, s * 2**layers, s * 2**layers)``.
    """
    modules: list[nn.Module] = []
    for _ in range(layers - 1):
        modules += [_doubled(channels, channels // 2, bias=False), nn.BatchNorm2d(channels // 2), nn.ReLU()]
        channels //= 2
    return nn.Sequential(*modules, _doubled(channels, 3, bias=True), nn.Sigmoid())


def _doubled(c_in: int, c_out: int, *, bias: bool) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(c_in, c_out, 5, 2, padding=2, output_padding=1, bias=bias)
