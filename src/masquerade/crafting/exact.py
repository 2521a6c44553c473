"""The inverse Hessian product by writing the Hessian down: for small problems, to check the others against."""

from typing import Final

import torch
from torch import Tensor

from masquerade.crafting.curvature import Curvature
from masquerade.errors import CraftingError, UsageError

_LARGEST: Final = 4096
"""Most numbers of a latent: the Hessian of one photo then has 16 million."""


def hessian(curvature: Curvature) -> Tensor:
    """The whole Hessian of each photo, ``(n, d, d)``.

    Raises:
        UsageError: If latents are so long that it does not fit into memory.
    """
    n, d = curvature.slope.shape
    if d > _LARGEST:
        raise UsageError("latents too long to write the Hessian down", value=d, remedy="Take a fast solver.")
    columns = [curvature.hessian(unit.expand(n, d)) for unit in torch.eye(d).to(curvature.slope)]
    return torch.stack(columns, 2)


def exact_inverse(curvature: Curvature, vectors: Tensor) -> Tensor:
    """The inverse Hessian times vectors ``(n, d)``, as exactly as the type of numbers allows.

    Raises:
        UsageError: As ``hessian``.
        CraftingError: If a Hessian is singular.
    """
    solved, info = torch.linalg.solve_ex(hessian(curvature), vectors)
    if bool(info.any()):
        raise CraftingError(
            "a Hessian is singular",
            value=f"{int((info > 0).sum())} of {len(info)} photos",
            remedy="Invert to a minimum first, or take shorter latents.",
        )
    product: Tensor = solved
    return product


def implicit_gradient(curvature: Curvature, solved: Tensor) -> Tensor:
    """``dL_p/dF``, ``(n, *shape)``, given the inverse Hessian times ``dL_p/dz`` (implicit function theorem)."""
    return -curvature.mixed(solved)
