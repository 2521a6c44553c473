"""Training photos under noise and blur: what keeps a tracker from learning the cloak instead of the face."""

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.cloaks.purification import blur

NOISE = 12.0
"""Largest deviation of the noise in grey levels; cloaks of +-15 change a pixel by 5 to 10."""
SIGMA = 1.2
"""Deviation of the blur in pixels; a photo gets a random share of it."""


def noise_and_blur(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Photos of 0 to 255, each blurred by a random share and under fresh Gaussian noise of a random deviation."""
    shape = (len(images), 1, 1, 1)
    share = torch.from_numpy(rng.random(shape, dtype=np.float32))
    level = torch.from_numpy(rng.random(shape, dtype=np.float32)) * NOISE
    noise = torch.from_numpy(rng.standard_normal(tuple(images.shape), dtype=np.float32))
    blurred = images.float().lerp(blur(images, SIGMA), share)
    return (blurred + level * noise).clip(0, 255)
