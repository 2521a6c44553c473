"""Images as directions: without their mean and scale, so that brightness and contrast do not decide."""

import torch
from torch import Tensor


def unit(images: Tensor) -> Tensor:
    """Each image flattened, less its mean, at length 1; flat images become zero. ``(n, numbers)``."""
    flat = images.flatten(1).float()
    centred = flat - flat.mean(1, keepdim=True)
    length = centred.norm(dim=1, keepdim=True)
    return torch.where(length > 1e-6, centred / length.clamp_min(1e-6), torch.zeros(()))
