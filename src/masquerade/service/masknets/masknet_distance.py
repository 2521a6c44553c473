"""How differently two MaskNets cloak: the share of pixels that they push in opposite directions.

Features of two MaskNets cannot be compared, since any turn of a feature space is as good; what a cloak does to
pixels can. On fixed photos, generated and the same everywhere, a MaskNet is asked at fixed places which way its
features' distance grows; the answers are bits. Two copies of a MaskNet differ in none, unrelated ones in half.
"""

from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from masquerade.keys import Key
from masquerade.networks.cloaks.masknet import MaskNet, fitted
from masquerade.networks.cloaks.masknet_adjoint import adjoint, traced, unit_directions

PROBES: Final = 16
"""Photos that MaskNets are compared on."""
PLACES: Final = 512
"""Pixels and channels looked at in each."""
SIDE: Final = 112
"""Height and width of the probes."""
BYTES: Final = PROBES * PLACES // 8
"""Length of a sketch."""
_NUDGE: Final = 4.0
"""Largest grey level of the noise that the push starts from: without a change there is no direction."""
_GRIDS: Final = (4, 7, 14, 28, 56)
"""Structure of the probes from coarse to fine, each of the same strength, as in natural pictures."""
_PUBLIC: Final = bytes(32)
"""Probes are no secret: everybody makes the same ones."""


def sketch(masknet: MaskNet) -> bytes:
    """The directions in which a MaskNet pushes the probes, a bit for each of ``PROBES * PLACES`` places."""
    photos, noise, places = _fixed()
    size = masknet.structure.size
    with torch.no_grad():
        still = fitted(photos, size)
        moved = fitted(photos + noise, size)
        before = functional.normalize(traced(masknet, still).features)
        way = traced(masknet, moved)
        apart = (functional.normalize(way.features) - before).sign()
        slopes = adjoint(masknet, way, unit_directions(way.features, apart))
        there = functional.interpolate(slopes, (SIDE, SIDE), mode="nearest") if size != SIDE else slopes
        up = there.flatten(1).gather(1, places) > 0
    return np.packbits(up.flatten().numpy()).tobytes()


def distances(one: bytes, others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the bits in which a sketch differs from others.

    Args:
        one: A sketch.
        others: uint8 ``(n, BYTES)``, a sketch in each row.

    Returns:
        float64 ``(n,)``: 0 for the same MaskNet, about 0.5 for unrelated ones.
    """
    differing = np.bitwise_count(others ^ np.frombuffer(one, np.uint8))
    shares: NDArray[np.float64] = differing.sum(axis=1, dtype=np.int64) / (8 * BYTES)
    return shares


@cache
def _fixed() -> tuple[Tensor, Tensor, Tensor]:
    """Probes and noise ``(PROBES, 3, SIDE, SIDE)``, places ``(PROBES, PLACES)``."""
    stream = Key.from_secret(_PUBLIC).stream("masknet-probes")
    photos = torch.zeros(PROBES, 3, SIDE, SIDE)
    for grid in _GRIDS:
        light = torch.from_numpy(stream.normal(PROBES * 4 * grid * grid)).float().view(PROBES, 4, grid, grid)
        coarse = light[:, :1] + 0.3 * light[:, 1:]
        photos += functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic")
    photos = (120 + 40 * photos / len(_GRIDS) ** 0.5).clamp(0, 255).round()
    noise = torch.from_numpy(stream.uniform(photos.numel())).float().view_as(photos) * 2 - 1
    places = torch.from_numpy(stream.integers(3 * SIDE * SIDE, PROBES * PLACES)).view(PROBES, PLACES)
    return photos, noise * _NUDGE, places
