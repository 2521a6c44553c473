"""LowKey (Cherepanova et al. 2021): a cloak against recognisers that holds under blur, by steps of the signs."""

from dataclasses import dataclass
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.checks import require_count, require_number
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.optimiser import ascent, grey_ones, pooled, tied
from masquerade.disguises.cloaks.recognisers import apart, require_recognisers, vectors
from masquerade.encoders.recogniser import Recogniser
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.networks.cloaks.ssim import InnerSSIM
from masquerade.promises import THE_PERSON

_NOISE: Final = 0.005 * 255
_SIGMA: Final = 3.0
_REACH: Final = 3


@final
@dataclass(frozen=True)
class LowKey(Disguise):
    """Photos far from their own vectors, seen sharp and blurred (7x7 pixels, sigma 3).

    Maximised: the mean over recognisers and both views of half the squared distance, less ``perceptual`` times what
    the eye sees of it, by steps of ``rate`` along the gradient's signs. Where it departs from the published code:
    LPIPS needs weights that are not to be had here, so the structural dissimilarity (1 - SSIM) / 2 stands in; its
    four recognisers are replaced by those given; their vectors have length 1.

    Args:
        recognisers: What it is optimised against.
        steps: Steps, 1 to 1,000.
        rate: Length of a step, as a share of 255.
        perceptual: Weight of the dissimilarity; the published one is of LPIPS.

    Raises:
        UsageError: If a parameter is out of its range.
    """

    recognisers: tuple[Recogniser, ...]
    steps: int = 50
    rate: float = 0.0025
    perceptual: float = 0.05

    networks: ClassVar[Networks] = {"recognisers": "recogniser"}
    keyed_by_secret = True
    promises = THE_PERSON
    per_image = True
    takes_long = True
    restorable = False

    def __post_init__(self) -> None:
        require_recognisers(self.recognisers, "LowKey")
        require_count("number of steps", self.steps, 1, 1000, "LowKey")
        require_number("rate", self.rate, 1e-6, 1, "LowKey")
        require_number("perceptual weight", self.perceptual, 0, 1000, "LowKey")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Take the key's starts."""
        return KeyedLowKey(shape, key.stream("lowkey"), self)


@final
class KeyedLowKey(KeyedCloak):
    """LowKey under a key.

    Args:
        shape: Channels, height and width of the photos.
        stream: Where starts come from.
        settings: The parameters.
    """

    def __init__(self, shape: Shape, stream: KeyStream, settings: LowKey) -> None:
        super().__init__(shape, stream)
        self._settings = settings

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Climb from a start of the photos' own."""
        recognisers, settings = self._settings.recognisers, self._settings
        known, similarity, grey = vectors(recognisers, photos), InnerSSIM(photos), grey_ones(photos)

        def objective(cloaked: Tensor) -> Tensor:
            seen = apart(recognisers, cloaked, known) + apart(recognisers, blurred(cloaked), known)
            return seen / (4 * len(recognisers)) + settings.perceptual * similarity(cloaked) / 2

        cloaked = tied((photos + _NOISE * numbers).clamp_(0, 255), grey)
        for _ in range(settings.steps):
            gradient = pooled(ascent(objective, cloaked)[1], grey)
            cloaked = cloaked.add(gradient.sign(), alpha=255 * settings.rate).clamp_(0, 255)
        return tied(cloaked.round_(), grey).contiguous()

    def digest(self) -> bytes:
        """SHA-256 over the numbers of one fixed nonce, rounded."""
        return rounded_digest([self._stream.fields([bytes(16)], 64)])


def blurred(photos: Tensor) -> Tensor:
    """Photos ``(n, 3, h, w)`` under a Gaussian window of 7x7 pixels, sigma 3, the border reflected."""
    offsets = torch.arange(-_REACH, _REACH + 1, dtype=photos.dtype)
    weights = torch.softmax(-offsets.square() / (2 * _SIGMA**2), 0)
    window = torch.outer(weights, weights).expand(photos.shape[1], 1, -1, -1)
    padded = functional.pad(photos, [_REACH] * 4, mode="reflect")
    return functional.conv2d(padded, window, groups=photos.shape[1])
