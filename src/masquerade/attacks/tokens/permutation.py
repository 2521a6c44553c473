"""Finds the secret order of tokens by matching graphs: tokens are nodes, and what ties two of them are edges."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment, quadratic_assignment
from torch import Tensor

ROUNDS: Final = 50
RELAXED: Final = 3
"""Graphs from each of which a relaxed assignment starts."""
DIAGONAL: Final = 5.0
"""A node's own value counts as much as this many edges at the start."""


def gram_moments(whitened: Tensor, mean: Tensor) -> Tensor:
    """Graphs ``(3, t, t)`` of one side: inner products of tokens, their mean, their spread, those of the means.

    A matrix changes none of them once tokens are whitened, and a permutation of tokens permutes their nodes.

    Args:
        whitened: Tokens of many photos, ``(n, t, d)``.
        mean: Whitened means ``(t, d)``.
    """
    total, squares = torch.zeros(2, whitened.shape[1], whitened.shape[1])
    for part in torch.split(whitened, 64):
        gram = part @ part.mT
        total += gram.sum(0)
        squares += gram.square().sum(0)
    first = total / len(whitened)
    spread = (squares / len(whitened) - first.square()).clamp_min(0).sqrt()
    return torch.stack([standardised(graph) for graph in (first, spread, mean @ mean.T)])


def standardised(graph: Tensor) -> Tensor:
    """A graph with edges of mean 0 and variance 1."""
    return (graph - graph.mean()) / graph.std().clamp_min(1e-12)


def ranks(graph: Tensor) -> Tensor:
    """A graph whose edges are replaced by their ranks, standardised."""
    return standardised(graph.flatten().argsort().argsort().float().reshape(graph.shape))


def guesses(disguised: tuple[Tensor, Tensor], originals: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Orders to choose from: by the graphs of the pairs, by those of all photos, and by all of them.

    Those of pairs are exact but for noise, those of many photos hardly noisy but of other people's photos.

    Args:
        disguised: Graphs of the pairs ``(k, t, t)`` and of all photos ``(m, t, t)``.
        originals: The same of originals.
    """
    both = [torch.cat(side) for side in (disguised, originals)]
    return _distinct([match(*graphs) for graphs in (*zip(disguised, originals, strict=True), both)])


def match(disguised: Tensor, originals: Tensor) -> Tensor:
    """For each original position the disguised one that its tokens went to, int64 ``(t,)``: the first match."""
    return matches(disguised, originals)[0]


def matches(disguised: Tensor, originals: Tensor) -> list[Tensor]:
    """Orders under which the graphs are alike, distinct, the most alike first.

    Starts are an assignment by the sorted edges of each node, and for the first graphs the relaxed quadratic
    assignment of Vogelstein et al. (FAQ, 2015). From each, nodes are assigned again by their edges to the nodes
    matched so far, until nothing changes. A face is much like its mirror image, so that the best match may be
    the mirrored one: who can tell better should try the others as well.

    Args:
        disguised: Graphs ``(k, t, t)``.
        originals: The same graphs of originals.
    """
    starts = [_assignment(torch.cdist(_signature(originals), _signature(disguised)))]
    for wanted, given in list(zip(originals, disguised, strict=True))[:RELAXED]:
        unused = np.random.default_rng(0)  # nothing is drawn; without it SciPy asks numpy's global state
        found = quadratic_assignment(
            wanted.double().numpy(), given.double().numpy(), options={"maximize": True, "rng": unused}
        )
        starts.append(torch.from_numpy(found.col_ind))
    ends = starts + [_settled(start, disguised, originals) for start in starts]
    return _distinct(sorted(ends, key=_Cost(disguised, originals)))


def _distinct(orders: list[Tensor]) -> list[Tensor]:
    return [one for k, one in enumerate(orders) if not any(torch.equal(one, other) for other in orders[:k])]


def _settled(became: Tensor, disguised: Tensor, originals: Tensor) -> Tensor:
    for _ in range(ROUNDS):
        placed = disguised[:, :, became]
        own = [graph.diagonal(dim1=1, dim2=2) for graph in (originals, disguised)]
        cost = (own[0][:, :, None] - own[1][:, None, :]).square().sum(0)
        cost += torch.stack([torch.cdist(a, b).square() for a, b in zip(originals, placed, strict=True)]).sum(
            0
        )
        again = _assignment(cost)
        if torch.equal(again, became):
            break
        became = again
    return became


@dataclass(frozen=True)
class _Cost:
    """Squared difference of all edges under an order."""

    disguised: Tensor
    originals: Tensor

    def __call__(self, became: Tensor) -> float:
        return float((self.disguised[:, became][:, :, became] - self.originals).square().sum())


def _signature(graphs: Tensor) -> Tensor:
    """What a node is, in whatever order the others come: ``(t, features)``."""
    own = DIAGONAL * graphs.diagonal(dim1=1, dim2=2)[..., None]
    return torch.cat([graphs.sort(2).values, own], 2).transpose(0, 1).flatten(1)


def _assignment(cost: Tensor) -> Tensor:
    """The column of each row, at the least cost."""
    return torch.from_numpy(linear_sum_assignment(cost.double().numpy())[1])
