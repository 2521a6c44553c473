"""Linear assignment: one column for each row, no column twice."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def assign(affinity: Tensor) -> Tensor:
    """Choose the column for each row that maximises the total affinity, int64 ``(t,)``."""
    _, columns = linear_sum_assignment(affinity.numpy(), maximize=True)
    return torch.from_numpy(columns.astype(np.int64))
