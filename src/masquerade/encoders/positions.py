"""Fixed positions of tokens on a grid, as sines and cosines (Chen et al. 2021, MoCo-v3, section 4)."""

import torch
from torch import Tensor

from masquerade.errors import UsageError

_LONGEST = 10_000.0
"""Longest wavelength, in units of 2 pi positions (Vaswani et al. 2017, section 3.5)."""


def sin_cos(width: int, rows: int, columns: int) -> Tensor:
    """A vector for each place of a grid: a half tells its column, the other half its row.

    Args:
        width: Numbers of a vector, a multiple of 4.
        rows: Rows of the grid.
        columns: Columns of the grid.

    Returns:
        float32 ``(rows * columns, width)``, row by row, values -1 to 1.

    Raises:
        UsageError: If ``width`` is no multiple of 4.
    """
    if width % 4:
        raise UsageError(
            "positions need a width that is a multiple of 4", value=width, remedy="Take another width."
        )
    quarter = width // 4
    wavelengths = _LONGEST ** (torch.arange(quarter, dtype=torch.float64) / quarter)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    along, down = (place.flatten()[:, None] / wavelengths for place in (column, row))
    return torch.cat([along.sin(), along.cos(), down.sin(), down.cos()], dim=1).float()
