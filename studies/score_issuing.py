"""What refusing to issue MaskNets that are alike is worth: studies/score_issuing.py DATA [SOURCE].

An inversion network is trained on public photos under one MaskNet, A, and takes the cloaks of the others, B, off other
people's photos. Is it the better at it the nearer B lies to A, by the distance of `masknet new`? Then the cost:
seconds and draws for 100 users of the shipped hypernetwork, by the least distance asked for.

MaskNets are of nobody: drawn by numbers from a public seed. Photos: LFW; A's of people with two to four of them, those
under B of people with twenty or more, one each.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import Tensor

from masquerade.data.packs import lfw
from masquerade.disguises import MaskNetCloak
from masquerade.keys import Key
from masquerade.masknets import NUMBERS, MaskNetSource, open_source
from masquerade.service.masknets.local import MIN_DISTANCE, issue
from masquerade.service.masknets.masknet_distance import distances, sketch
from masquerade.training.hyperobf.inversion import InversionSettings, restored, train_inversion

MASKNETS, ATTACKERS, PAIRS, PHOTOS, SIZE, SEED = 60, 4, 256, 24, 64, 1
SETTINGS = InversionSettings(steps=300)
USERS = 100
LIMITS = (0.0, MIN_DISTANCE, 0.38)


def photos(root: Path) -> tuple[Tensor, Tensor]:
    """Photos that attackers learn from, and those that were published, float32 ``(n, 3, SIZE, SIZE)``."""
    everybody = lfw(root, SIZE, SIZE, "RGB", 2)
    counts = torch.bincount(everybody.labels)[everybody.labels]
    first = torch.cat([torch.ones(1, dtype=torch.bool), everybody.labels[1:] != everybody.labels[:-1]])
    public, published = (everybody.images[first & chosen] for chosen in (counts <= 4, counts >= 20))
    return public[:PAIRS].float(), published[:PHOTOS].float()


def cloaks(source: MaskNetSource) -> Iterator[tuple[bytes, MaskNetCloak, Tensor]]:
    """Sketches of MaskNets, and what cloaks with them."""
    random, disguise = torch.Generator().manual_seed(SEED), MaskNetCloak(source)
    for _ in range(MASKNETS):
        numbers = torch.randn(NUMBERS, generator=random)
        yield sketch(source.draw(numbers)), disguise, numbers


def cloaked(source: MaskNetSource, disguise: MaskNetCloak, numbers: Tensor, images: Tensor) -> Tensor:
    """Photos under one MaskNet."""
    worn: Tensor = disguise.with_masknet(source.draw(numbers), numbers, (3, SIZE, SIZE))(images)
    return worn


def removed(guessed: Tensor, worn: Tensor, originals: Tensor) -> float:
    """Share of a cloak's energy that is gone, over all photos."""
    return 1 - float((guessed - originals).square().sum() / (worn - originals).square().sum())


def attacks(root: Path, source: MaskNetSource) -> None:
    """Print what inversion networks of some MaskNets do to the cloaks of all."""
    public, published = photos(root)
    drawn = list(cloaks(source))
    sketches = np.stack([np.frombuffer(bits, np.uint8) for bits, _, _ in drawn])
    worn = [cloaked(source, disguise, numbers, published) for _, disguise, numbers in drawn]
    apart = np.stack([distances(bits, sketches) for bits, _, _ in drawn])
    pairs = apart[np.triu_indices(MASKNETS, 1)]
    print(f"{len(pairs)} pairs: {pairs.min():.3f} to {pairs.max():.3f}, median {np.median(pairs):.3f}")
    for number in range(ATTACKERS):
        _, disguise, numbers = drawn[number]
        rng = np.random.default_rng([SEED, number])
        network = train_inversion(cloaked(source, disguise, numbers, public), public, SETTINGS, rng)
        shares = np.array([removed(restored(network, some), some, published) for some in worn])
        print(f"A {number}: {_line(number, apart[number], shares)}", flush=True)


def _line(own: int, apart: NDArray[np.float64], shares: NDArray[np.float64]) -> str:
    others = np.delete(np.argsort(apart), np.flatnonzero(np.argsort(apart) == own))
    named = {"nearest": others[0], "median": others[len(others) // 2], "farthest": others[-1]}
    cells = [f"own {shares[own]:.3f}"]
    cells += [f"{name} (at {apart[one]:.3f}) {shares[one]:.3f}" for name, one in named.items()]
    kept = others[apart[others] >= MIN_DISTANCE]
    strongest = f"strongest {shares[others].max():.3f}, of those {MIN_DISTANCE} away {shares[kept].max():.3f}"
    rank = spearmanr(apart[others], shares[others])
    return f"{'; '.join(cells)}; {strongest}; rank correlation {rank.statistic:.2f} (p {rank.pvalue:.3f})"


def costs(source: MaskNetSource) -> None:
    """Print what issuing costs, by the least distance."""
    for limit in LIMITS:
        with TemporaryDirectory() as folder:
            out, start = Path(folder), time.process_time()
            issued = [
                issue(source, Key.from_secret(user.to_bytes(32)), out / f"{user}", out, min_distance=limit)
                for user in range(USERS)
            ]
            seconds = time.process_time() - start
        again = sum(one.draw - 1 for one in issued)
        nearest = min(one.nearest for one in issued if one.nearest is not None)
        print(
            f"least distance {limit}: {USERS} users, {again} draws again, {seconds:.1f} s of a core, "
            f"nearest pair {nearest:.3f}",
            flush=True,
        )


def main() -> None:
    """Attack, then issue."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("data", type=Path)
    asked.add_argument("source", nargs="?", default="studies/models/hypernet-1-64.safetensors")
    args = asked.parse_args()
    costs(open_source())
    attacks(args.data, open_source(args.source))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
