"""One sign for all pixels of solutions that are known up to a sign for each pixel.

Neighbouring pixels, and the channels of one, go together over photos; so where two solutions are opposed, one
of them has the wrong sign. The surest neighbours form a tree along which signs are carried.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from torch import Tensor
from torch.nn import functional

Shape = tuple[int, int, int]
"""Channels, height and width."""


def agreeing(photos: Tensor, shape: Shape) -> Tensor:
    """Photos ``(m, pixels)`` with the signs of pixels turned to agree with their neighbours'."""
    unit = photos / photos.norm(dim=0).clamp_min(1e-9)
    ends = _neighbours(shape)
    cosine = (unit[:, ends[0]] * unit[:, ends[1]]).sum(0).double().numpy()
    doubt = sparse.coo_array((1.001 - np.abs(cosine), tuple(ends.numpy())), (photos.shape[1],) * 2)
    tree = csgraph.minimum_spanning_tree(doubt.tocsr())
    opposed = sparse.coo_array((cosine < 0, tuple(ends.numpy())), doubt.shape).tocsr()
    return photos * torch.from_numpy(_carried(tree, opposed)).to(photos.dtype)


def blurred(photos: Tensor, weights: Tensor, shape: Shape) -> Tensor:
    """Each pixel's weighted mean with its eight neighbours, ``(m, pixels)``; weights ``(pixels,)``."""

    def boxed(maps: Tensor) -> Tensor:
        return functional.avg_pool2d(maps.reshape(-1, *shape), 3, 1, 1).flatten(1)

    return boxed(photos * weights) / boxed(weights)


def _neighbours(shape: Shape) -> Tensor:
    """Pairs of pixel numbers, int64 ``(2, edges)``: side by side, one above the other, channel by channel."""
    numbers = torch.arange(shape[0] * shape[1] * shape[2]).reshape(shape)
    pairs = [
        torch.stack(
            [
                numbers.narrow(axis, 0, shape[axis] - 1).flatten(),
                numbers.narrow(axis, 1, shape[axis] - 1).flatten(),
            ]
        )
        for axis in range(3)
    ]
    return torch.cat(pairs, 1)


def _carried(tree: sparse.csr_array, opposed: sparse.csr_array) -> NDArray[np.float64]:
    """Signs of all pixels, from the first one down the tree."""
    order, before = csgraph.breadth_first_order(tree, 0, directed=False)
    flips = (opposed + opposed.T).tocsr()
    turned = np.asarray(flips[before[order[1:]], order[1:]]).ravel()
    signs = np.ones(tree.shape[0])
    for pixel, flip in zip(order[1:], turned, strict=True):
        signs[pixel] = -signs[before[pixel]] if flip else signs[before[pixel]]
    return signs
