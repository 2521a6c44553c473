"""What a generator of one-pass cloaks reaches, and whether it has collapsed to one pattern."""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Generator, Tensor
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.masknets import NUMBERS, MaskNetSource
from masquerade.masknets.generator import TrainedGenerator
from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.networks.cloaks.ssim import structural_similarity
from masquerade.training.hyperobf.one_pass import moved

_SEED: Final = 1_000_003
_PART: Final = 16


@final
@dataclass(frozen=True)
class Reached:
    """Means over users and photos.

    Args:
        distance: L1 distance of features of length 1 in the user's own MaskNet.
        wrong_key: The same in another user's.
        similarity: Structural similarity.
        over_photos: Cosine of perturbations of two photos under one key; near 1, the photo is ignored.
        over_keys: Cosine of perturbations of one photo under two keys; near 1, the key is ignored.
    """

    distance: float
    wrong_key: float
    similarity: float
    over_photos: float
    over_keys: float


@torch.no_grad()
def measure(
    generator: TrainedGenerator, source: MaskNetSource, photos: Tensor, bound: float, users: int = 4
) -> Reached:
    """Cloak photos for several users, in whole grey levels, and look.

    Args:
        generator: The generator.
        source: Where the users' MaskNets come from.
        photos: ``(n, 3, h, w)``, uint8 or floating, two or more.
        bound: Largest change of a pixel, in grey levels.
        users: How many, two or more.

    Raises:
        UsageError: If there are fewer than two users or photos.
    """
    if users < 2 or len(photos) < 2:
        raise UsageError("two users and two photos at least", value=f"{users} and {len(photos)}")
    drawn = [torch.randn(NUMBERS, generator=Generator().manual_seed(_SEED + i)) for i in range(users)]
    nets = [source.draw(numbers) for numbers in drawn]
    plain = photos.float()
    cloaked = [_cloaked(generator, plain, net, own, bound) for net, own in zip(nets, drawn, strict=True)]
    changes = [functional.normalize((some - plain).flatten(1)) for some in cloaked]
    return Reached(
        distance=_mean([moved(net, some, plain) for net, some in zip(nets, cloaked, strict=True)]),
        wrong_key=_mean([moved(nets[i - 1], some, plain) for i, some in enumerate(cloaked)]),
        similarity=_mean([structural_similarity(some, plain) for some in cloaked]),
        over_photos=_mean([_apart(one) for one in changes]),
        over_keys=_mean([(changes[i - 1] * one).sum(1) for i, one in enumerate(changes)]),
    )


def _cloaked(
    generator: TrainedGenerator, photos: Tensor, masknet: MaskNet, numbers: Tensor, bound: float
) -> Tensor:
    parts = [
        some + generator.perturbation(some, masknet, numbers, bound) for some in torch.split(photos, _PART)
    ]
    return torch.cat(parts).round().clamp(0, 255)


def _apart(changes: Tensor) -> Tensor:
    """Cosines of all pairs of different rows."""
    cosines = changes @ changes.T
    return cosines[~torch.eye(len(changes), dtype=torch.bool)]


def _mean(values: list[Tensor]) -> float:
    return float(torch.cat([each.flatten() for each in values]).mean())
