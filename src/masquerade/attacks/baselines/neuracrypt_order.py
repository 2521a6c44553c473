"""Shuffled codes of patches put in one order, and what tells the places of that order apart.

Codes ``(n, t, d)`` are n photos' sets of t patches; after ``in_order`` row p is the same place in all photos.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.assignment import assign

ORDER_ROUNDS: Final = 3
GRAPH_IMAGES: Final = 600
"""Photos that dependences between places are estimated from, at most: their Gram matrices are held at once."""
QUANTILES: Final = 17


def in_order(codes: Tensor) -> Tensor:
    """Each photo's codes in the order that fits the mean of all best; at first, that of the first photo."""
    target = codes[0]
    for _ in range(ORDER_ROUNDS):
        affinity = target @ codes.mT
        order = torch.stack([assign(each) for each in affinity])
        codes = codes.gather(1, order[:, :, None].expand(codes.shape))
        target = codes.mean(0)
    return codes


def sizes(codes: Tensor) -> Tensor:
    """Log of how far each code is from the mean of its place, ``(n, t)``."""
    far: Tensor = (codes - codes.mean(0)).norm(dim=2)
    return far.clamp_min(1e-6).log()


def place_graph(encodings: Sequence[Tensor], lengths: Tensor, rng: np.random.Generator) -> Tensor:
    """How places depend on each other, ``(2, t, t)``, without their own: no random rotation changes it.

    The first graph compares which photos resemble each other at one place and at another (alignment of Gram
    matrices), mean over the encodings; the second correlates sizes.

    Args:
        encodings: Codes of the same photos by several encoders, in order.
        lengths: Sizes ``(n, t)``.
        rng: Chooses photos where there are too many.
    """
    some = torch.from_numpy(rng.permutation(len(lengths))[:GRAPH_IMAGES])
    alike = torch.stack([each @ each.T for each in (gram_vectors(codes[some]) for codes in encodings)]).mean(
        0
    )
    standard = (lengths - lengths.mean(0)) / lengths.std(0).clamp_min(1e-9)
    graph = torch.stack([alike, standard.T @ standard / len(standard)])
    return graph - torch.diag_embed(graph.diagonal(dim1=1, dim2=2))


def profile_affinity(known: Tensor, seen: Tensor) -> Tensor:
    """Minus the distance between distributions of sizes at known places and seen ones, ``(t, t)``."""
    at = torch.linspace(0.02, 0.98, QUANTILES)
    a, b = (torch.quantile(lengths, at, dim=0).T for lengths in (known, seen))
    return -torch.cdist(a - a.mean(), b - b.mean())


def gram_vectors(codes: Tensor) -> Tensor:
    """Which photos resemble each other at each place: Gram matrices as unit vectors ``(t, n * n)``.

    The diagonal is left out: it is there whatever the photos. Their cosine is the alignment of two places.
    """
    places = (codes - codes.mean(0)).transpose(0, 1)
    grams = places @ places.mT
    grams.diagonal(dim1=1, dim2=2).zero_()
    flat = grams.flatten(1)
    unit: Tensor = flat / flat.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return unit
