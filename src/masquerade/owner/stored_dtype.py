"""Whether a data set is stored in half or in single precision.

Half precision halves what is written, sent and read. It rounds a value v by at most |v| / 2048:
measured on 400 photos of faces, disguised by orthogonal 2x2 to 16x16 blocks and restored with the key, a root
mean square error of 0.027 grey levels, a tenth of that of rounding to whole levels (0.289), and far below the
noise of any recipe. Its largest value is 65504, which a projection matrix with entries of one sign can pass;
then single precision is taken.
"""

import numpy as np
import torch

from masquerade.disguises.base import Keyed, Shape
from masquerade.released.shard import StoredType

HEADROOM = 4.0
"""How much larger than with the probes a photo's values may become before half precision overflows."""
LARGEST_HALF = 65504.0


def probe(keyed: Keyed) -> tuple[Shape, float]:
    """Shape and largest absolute value of what a keyed disguise makes of extreme images.

    Probes are black, white, and pixels that are black or white at random: among all images these reach the
    extremes of an affine map, up to the headroom.
    """
    random = np.random.default_rng(0).integers(0, 2, (6, *keyed.shape))
    images = np.concatenate([np.zeros_like(random[:1]), np.ones_like(random[:1]), random])
    disguised = keyed(torch.from_numpy((images * 255).astype(np.uint8)))
    c, h, w = disguised.shape[1:]
    return (int(c), int(h), int(w)), float(disguised.abs().max())


def stored_type(largest: float) -> StoredType:
    """The smallest type that holds values up to ``largest`` with headroom.

    It is chosen before the first photo is opened; a value that overflows all the same is refused when its
    shard is written.
    """
    return "float16" if largest * HEADROOM < LARGEST_HALF else "float32"
