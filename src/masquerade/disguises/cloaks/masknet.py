"""The thesis's cloak: photos moved away from themselves as the user's own MaskNet sees them (HyperObf, chapter 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.base import Shape
from masquerade.disguises.checks import require_one_of
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.optimiser import START, CloakBudget, Distance, optimised
from masquerade.disguises.cloaks.user_masknet import OwnMaskNet
from masquerade.errors import UsageError
from masquerade.keys import Key, rounded_digest
from masquerade.masknets import MaskNetSource
from masquerade.networks.cloaks.masknet import MaskNet

Features = Literal["penultimate", "logits"]
Extractor = Callable[[Tensor], Tensor]
"""From photos ``(n, 3, h, w)``, 0 to 255, to features ``(n, d)`` of any length, differentiable."""

FEATURES: Final = ("penultimate", "logits")


@final
@dataclass(frozen=True)
class MaskNetCloak(OwnMaskNet):
    """Photos whose features in the user's own MaskNet are far from those that they had, and little else changed.

    Loss: ``100 max(DSSIM - dssim, 0)^2 - |phi(x') - phi(x)|_1`` with features of length 1, by ``optimised``. The
    start follows from key and photo. A grey photo of three equal channels stays grey.

    A random change of the same size does most of what this does against a tracker that learns from cloaked photos,
    and a recogniser such as SFace does not notice it.

    Args:
        source: Where MaskNets come from; the user's key draws one.
        steps: Steps of the optimiser; the published code takes 40.
        bound: Most that a pixel may change, in grey levels.
        dssim: Structural dissimilarity (1 - SSIM) / 2 that is free.
        features: "penultimate" is what the thesis describes; "logits" the published code, which takes the shared
            classifier's outputs but for the last.

    Raises:
        UsageError: If a parameter is out of its range, or the source has no classifier and ``features`` needs one.
    """

    source: MaskNetSource
    steps: int = 40
    bound: float = 15.0
    dssim: float = 0.1
    features: Features = "penultimate"

    def __post_init__(self) -> None:
        if not isinstance(self.source, MaskNetSource):
            raise UsageError(
                "not a source of MaskNets",
                value=repr(self.source),
                place="MaskNetCloak",
                remedy="Give what masquerade.masknets.open_source returns.",
            )
        require_one_of("features", self.features, FEATURES, "MaskNetCloak")
        if self.features == "logits" and self.source.classifier is None:
            raise UsageError(
                "the source has no classifier, so no logits",
                value=self.source.name,
                place="MaskNetCloak",
                remedy='Take "penultimate" features, or a trained source.',
            )
        self.budget  # noqa: B018  (it checks the numbers)

    @property
    def budget(self) -> CloakBudget:
        """What the cloak may cost."""
        return CloakBudget(self.steps, self.bound, self.dssim)

    def with_masknet(self, masknet: MaskNet, numbers: Tensor, shape: Shape) -> "KeyedMaskNetCloak":
        """The secret half from a MaskNet that was drawn before."""
        return KeyedMaskNetCloak(shape, self._extractor(masknet), numbers, self.budget)

    def _extractor(self, masknet: MaskNet) -> Extractor:
        classifier = self.source.classifier
        if self.features == "penultimate" or classifier is None:
            return masknet.forward
        return lambda photos: classifier(masknet(photos))[:, :-1]


@final
class KeyedMaskNetCloak(KeyedCloak):
    """A user's MaskNet at work.

    Args:
        shape: Channels, height and width of the photos.
        extract: Features of the user's MaskNet.
        numbers: The user's numbers, which starts are drawn from too.
        budget: What the cloak may cost.
    """

    def __init__(self, shape: Shape, extract: Extractor, numbers: Tensor, budget: CloakBudget) -> None:
        seed = sha256(b"masknet-cloak" + numbers.numpy().astype("<f4").tobytes()).digest()
        super().__init__(shape, Key.from_secret(seed).stream("start"))
        self._extract = extract
        self._numbers = numbers
        self._budget = budget

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Optimise from a start of the photos' own."""
        return optimised(photos, numbers * START, moved_from(photos, self._extract), self._budget)

    def digest(self) -> bytes:
        """SHA-256 over the user's numbers, rounded."""
        return rounded_digest([self._numbers.numpy()])


def moved_from(photos: Tensor, extract: Extractor) -> Distance:
    """How far photos are from given ones ``(n, 3, h, w)``: the L1 distance of features of length 1."""
    with torch.no_grad():
        before = functional.normalize(extract(photos))

    def distance(cloaked: Tensor) -> Tensor:
        return (functional.normalize(extract(cloaked)) - before).abs().sum(1)

    return distance
