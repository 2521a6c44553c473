"""Which cheap distance of MaskNets ranks pairs as a dear one does; run it as a script, with no arguments.

The dear one is the sketch of ``masquerade.service.masknets.masknet_distance`` on 64 other probes, at 2,048 places
of each.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional

from masquerade.masknets import open_source
from masquerade.networks.cloaks.masknet import MaskNet
from masquerade.networks.cloaks.masknet_adjoint import adjoint, traced, unit_directions
from masquerade.service.masknets import masknet_distance as functional_distance
from masquerade.service.masknets.masknet_distance import PLACES, PROBES, SIDE

MASKNETS, DEAR_PROBES, DEAR_PLACES = 160, 64, 2_048
SEED = 5

Pairs = NDArray[np.float64]


def main() -> None:
    """Print Spearman's rank correlation of each with the dear one, over all pairs."""
    source = open_source("hypernet-1")
    latents = torch.randn(MASKNETS, 256, generator=torch.Generator().manual_seed(SEED))
    probes, dear = _other_probes(), []
    sketches, weights = [], []
    for latent in latents:
        masknet = source.draw(latent)
        dear.append(np.packbits(np.concatenate([_bits(masknet, *some) for some in probes])))
        sketches.append(np.frombuffer(functional_distance.sketch(masknet), np.uint8))
        weights.append([functional.normalize(part.flatten(), dim=0) for part in masknet.weights.values()])
    wanted = _apart(np.stack(dear))
    print(f"{MASKNETS} MaskNets, pairs {wanted.min():.3f} to {wanted.max():.3f} apart")
    for probes_used in (1, 2, 4, 8, PROBES):
        cut = np.stack(sketches)[:, : probes_used * PLACES // 8]
        _tell(f"sketch, {probes_used} probes", _apart(cut), wanted)
    _tell("latents' cosine", _cosines(functional.normalize(latents)), wanted)
    parts = [_cosines(torch.stack(part)) for part in zip(*weights, strict=True)]
    for name, part in zip(("conv1", "conv2", "fc"), parts, strict=True):
        _tell(f"weights' cosine, {name}", part, wanted)
    _tell("weights' cosines, all three", _fitted(parts, wanted), wanted)


def _bits(masknet: MaskNet, photos: Tensor, noise: Tensor, places: Tensor) -> NDArray[np.bool_]:
    with torch.no_grad():
        still, way = traced(masknet, photos), traced(masknet, photos + noise)
        apart = (functional.normalize(way.features) - functional.normalize(still.features)).sign()
        slopes = adjoint(masknet, way, unit_directions(way.features, apart))
    up: NDArray[np.bool_] = (slopes.flatten(1).gather(1, places) > 0).flatten().numpy()
    return up


def _other_probes() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Made as the sketch's are, out of other numbers."""
    random = torch.Generator().manual_seed(SEED)
    photos = torch.zeros(DEAR_PROBES, 3, SIDE, SIDE)
    grids = (4, 7, 14, 28, 56)
    for grid in grids:
        light = torch.randn(DEAR_PROBES, 4, grid, grid, generator=random)
        photos += functional.interpolate(light[:, :1] + 0.3 * light[:, 1:], (SIDE, SIDE), mode="bicubic")
    photos = (120 + 40 * photos / len(grids) ** 0.5).clamp(0, 255).round()
    noise = 8 * torch.rand(photos.shape, generator=random) - 4
    places = torch.randint(3 * SIDE * SIDE, (DEAR_PROBES, DEAR_PLACES), generator=random)
    return list(zip(photos.split(PROBES), noise.split(PROBES), places.split(PROBES), strict=True))


def _pairs() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(MASKNETS, 1)
    return first, second


def _apart(sketches: NDArray[np.uint8]) -> Pairs:
    first, second = _pairs()
    shares: Pairs = np.bitwise_count(sketches[first] ^ sketches[second]).sum(1) / (8 * sketches.shape[1])
    return shares


def _cosines(vectors: Tensor) -> Pairs:
    found: Pairs = -(vectors @ vectors.T).double().numpy()[_pairs()]
    return found


def _fitted(parts: list[Pairs], wanted: Pairs) -> Pairs:
    """Least squares on the pairs of one half of the MaskNets; of the others, since only those are ranked."""
    columns = np.stack([*parts, np.ones(len(wanted))], 1)
    learned = _pairs()[1] < MASKNETS // 2
    found: Pairs = columns @ np.linalg.lstsq(columns[learned], wanted[learned], rcond=None)[0]
    return found


def _tell(name: str, found: Pairs, wanted: Pairs) -> None:
    judged = _pairs()[0] >= MASKNETS // 2
    nearest = wanted[judged] < np.quantile(wanted[judged], 0.02)
    flagged = (found[judged] <= np.quantile(found[judged], 0.05))[nearest].mean()
    rank = spearmanr(found[judged], wanted[judged])[0]
    print(
        f"{name}: rank correlation {rank:.3f}; of the nearest 2 % of pairs among its nearest 5 %: {flagged:.2f}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
