"""How far reconstructions are from the prior's faces: the epsilon of perceptual inversion indistinguishability.

Source: Crafter (Wang et al., NDSS 2024), definition 2 and figure 10. The paper takes the earth mover's distance by
POT, "scaled down by the image size", and leaves sample count and scale open; both are fixed here.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor

from masquerade.errors import NotMeasurable, StudyError

SAMPLES: Final = 128
"""Images on each side: the batch of the published code."""
_PIVOTS: Final = 10_000_000
"""Most steps of the network simplex; 128 by 128 images take a few thousand."""
_NAME: Final = "epsilon_pii"


@final
@dataclass(frozen=True)
class Indistinguishability:
    """An epsilon, beside what sampling alone makes of it. Compare at the same ``samples`` alone.

    Args:
        epsilon: Earth mover's distance of the reconstructions to the prior, mean over the prior's two halves.
        floor: The distance of these halves to each other: what reconstructions that were of the prior would score,
            as a distance of samples is never 0.
        spread: How much the halves differ in their distance to the reconstructions.
        samples: Images on each side.
        pixels: Numbers of an image, by which distances are divided.
    """

    epsilon: float
    floor: float
    spread: float
    samples: int
    pixels: int


def perceptual_indistinguishability(
    rebuilt: Tensor, prior: Tensor, samples: int = SAMPLES
) -> Indistinguishability:
    """The exact earth mover's distance of two samples of images, all of the same weight.

    Two images are as far from each other as the Euclidean length of their difference, values from 0 to 1, divided by
    channels times height times width. That is the paper's scale as far as it says; since lengths grow as the root of
    the number of pixels, numbers at different sizes do not compare.

    Args:
        rebuilt: What an attacker rebuilt, ``(n, c, h, w)`` of 0 to 255, in an order of no meaning; the first
            ``samples`` are taken.
        prior: Faces of the prior, drawn apart from those that crafting saw, ``(m, c, h, w)`` of 0 to 255; twice
            as many are taken, a half for each of two distances.
        samples: Images on each side.

    Raises:
        NotMeasurable: If there are too few images, or not of one shape, or the distance was not found.
        StudyError: If the package POT is not installed.
    """
    _require_enough(rebuilt, prior, samples)
    pixels = prior[0].numel()
    some, one, other = (
        images.detach().cpu().double().flatten(1).numpy() / 255
        for images in (rebuilt[:samples], prior[:samples], prior[samples : 2 * samples])
    )
    first, second, floor = (_distance(*pair) / pixels for pair in ((some, one), (some, other), (one, other)))
    return Indistinguishability((first + second) / 2, floor, abs(first - second), samples, pixels)


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    try:
        import ot  # takes seconds, and is for this alone
    except ImportError:
        raise StudyError(
            "the package of optimal transport is not installed",
            place="package POT",
            remedy="Install it: pip install POT",
        ) from None
    value, log = ot.emd2([], [], cdist(one, other), numItermax=_PIVOTS, log=True)
    if log["warning"]:
        raise NotMeasurable(
            f"{_NAME} was not found", value=str(log["warning"])[:100], remedy="Take fewer samples."
        )
    return float(value)


def _require_enough(rebuilt: Tensor, prior: Tensor, samples: int) -> None:
    if samples < 1 or len(rebuilt) < samples or len(prior) < 2 * samples:
        raise NotMeasurable(
            f"{_NAME} needs {samples} reconstructions and twice as many faces of the prior, one at least",
            value=f"{len(rebuilt)} and {len(prior)}",
            remedy="Attack more photos and draw more faces, or ask for fewer samples.",
        )
    if rebuilt.shape[1:] != prior.shape[1:]:
        raise NotMeasurable(
            f"{_NAME} compares images of one shape",
            value=f"{tuple(rebuilt.shape[1:])} and {tuple(prior.shape[1:])}",
            remedy="Take the generator that the attacker has.",
        )
    if not bool(rebuilt.isfinite().all()) or not bool(prior.isfinite().all()):
        raise NotMeasurable(f"{_NAME} needs finite images", remedy="Leave out those that are not.")
