"""What is left of feature maps that no secret token matrix and no order of tokens changes."""

import torch
from torch import Tensor

from masquerade.errors import NotApplicable

_RELATIVE_FLOOR = 1e-12


def whitened(maps: Tensor) -> Tensor:
    """Tokens of feature maps, centred and whitened by the statistics of all tokens of all maps.

    Multiplied by any regular matrix, the same maps come out the same, up to one rotation of all tokens.

    Args:
        maps: ``(n, d, h, w)``.

    Returns:
        float64 ``(n, h w, d)``; ``d`` less where the tokens span fewer dimensions.

    Raises:
        NotApplicable: If there are fewer tokens than a covariance needs.
    """
    tokens = maps.flatten(2).transpose(1, 2).double()
    rows = tokens.flatten(0, 1)
    if len(rows) <= rows.shape[1]:
        raise NotApplicable("too few tokens to whiten by", value=f"{len(rows)} of {rows.shape[1]} numbers")
    centre = rows.mean(0)
    values, axes = torch.linalg.eigh(torch.cov(rows.T))
    kept = values > _RELATIVE_FLOOR * values[-1]
    out: Tensor = (tokens - centre) @ (axes[:, kept] / values[kept].sqrt())
    return out


def key_free(maps: Tensor) -> Tensor:
    """Each token by its inner products with all tokens of its map after whitening, largest first.

    Args:
        maps: ``(n, d, h, w)``, all under one key.

    Returns:
        float32 ``(n, t, h, w)`` with ``t = h w``; the order of the tokens is left to a network that does not
        care about it.

    Raises:
        NotApplicable: If there are fewer tokens than a covariance needs.
    """
    tokens = whitened(maps)
    gram = tokens @ tokens.transpose(1, 2) / tokens.shape[-1]
    ordered = gram.sort(dim=2, descending=True).values.float()
    n, t, _ = ordered.shape
    return ordered.transpose(1, 2).reshape(n, t, *maps.shape[2:])
