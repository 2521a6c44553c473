"""What generators of faces take."""

from torch import Tensor

from masquerade.errors import UsageError


def require_latents(latents: Tensor, length: int) -> None:
    """Pass if these are latents of a length.

    Raises:
        UsageError: If they are not ``(n, length)``.
    """
    if latents.ndim != 2 or latents.shape[1] != length:
        raise UsageError(
            "latents of another length than the generator takes",
            value=f"shape {tuple(latents.shape)}, expected (n, {length})",
            remedy="Draw latents for this generator, or take another.",
        )
