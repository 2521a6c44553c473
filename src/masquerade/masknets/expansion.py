"""More numbers out of a user's numbers, which cannot be read back from them."""

from hashlib import shake_256

import numpy as np
import torch
from torch import Tensor


def expanded(numbers: Tensor, purpose: str, count: int) -> Tensor:
    """Whole numbers below 2^32, all equally likely, from a user's numbers by SHAKE-256.

    Args:
        numbers: float32 ``(256,)``.
        purpose: Another purpose gives independent numbers.
        count: How many.

    Returns:
        int64 ``(count,)``.
    """
    hashed = shake_256(purpose.encode() + b"\0" + numbers.detach().cpu().numpy().astype("<f4").tobytes())
    return torch.from_numpy(np.frombuffer(hashed.digest(4 * count), "<u4").astype(np.int64))


def normals(numbers: Tensor, purpose: str, count: int) -> Tensor:
    """Standard normal numbers from a user's numbers: float32 ``(count,)``."""
    inside = (expanded(numbers, purpose, count).double() + 0.5) / 2**32
    drawn: Tensor = torch.special.ndtri(inside)
    return drawn.float()
