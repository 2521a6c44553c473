"""Fit the projection that the encoder ``sface`` ships with: principal components of SFace's pooled maps.

    python studies/fit_sface_tokens.py DATA

DATA holds LFW (see docs on data sets). 600 of the people with exactly one photo are used, drawn with seed 0; no
study has them as owner's people, as attacker's people or as victims.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.data import packs
from masquerade.encoders import load_sface
from masquerade.encoders.sface import PROJECTION, WIDTH
from masquerade.shipped_weights import PACKAGE
from masquerade.training.tensor_file import write_tensors

PHOTOS, SEED = 600, 0


def single_photos(root: Path) -> Tensor:
    """Photos of the people of LFW with exactly one, in the order of their names."""
    everybody = packs.lfw(root, 112, 112)
    return everybody.images[(torch.bincount(everybody.labels) == 1)[everybody.labels]]


def pooled(images: Tensor) -> Tensor:
    """Tokens ``(n, 512)`` of photos, float64: SFace's maps at 7x7 places."""
    parts = []
    with torch.no_grad():
        for some in torch.split(images, 16):
            maps = functional.avg_pool2d(load_sface().trunk(some.float()), 2)
            parts.append(maps.double().movedim(1, -1).reshape(-1, maps.shape[1]))
    return torch.cat(parts)


def main(root: Path) -> None:
    """Fit and write."""
    photos = single_photos(root)
    rows = np.sort(np.random.default_rng(SEED).permutation(len(photos))[:PHOTOS])
    tokens = pooled(photos[torch.from_numpy(rows)])
    mean = tokens.mean(0)
    variances, axes = torch.linalg.eigh((tokens - mean).T @ (tokens - mean) / len(tokens))
    variances, axes = variances.flip(0)[:WIDTH], axes.flip(1)[:, :WIDTH]
    axes = axes * axes.sum(0).sign()  # either sign is an eigenvector; this one is the same everywhere
    matrix = axes / variances.mean().sqrt()
    kept = float(variances.sum() / (tokens - mean).square().sum(1).mean())
    card = {"fitted on": f"{PHOTOS} photos of LFW people with one photo", "seed": SEED, "variance kept": kept}
    tensors = {"mean": mean.float(), "matrix": matrix.float()}
    write_tensors(PACKAGE / PROJECTION, tensors, "masquerade.projection", json.dumps(card))
    print(card)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(packs.data_root(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
