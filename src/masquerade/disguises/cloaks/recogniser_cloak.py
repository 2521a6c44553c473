"""A cloak that public recognisers feel: optimised against several, each user towards decoys of their own.

Beyond the thesis, whose cloak moves the user's own MaskNet and leaves modern recognisers untouched. Parts of it are
known from attacks on recognisers: several networks, and photos handled in between (Xie et al. 2019,
"Improving transferability of adversarial examples with input diversity"; Cherepanova et al. 2021, LowKey).
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.base import Networks, Shape
from masquerade.disguises.checks import require_number
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.masknet import moved_from
from masquerade.disguises.cloaks.optimiser import START, CloakBudget, Distance, optimised
from masquerade.disguises.cloaks.ssim_floor import similar_enough
from masquerade.disguises.cloaks.user_masknet import OwnMaskNet
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import UsageError
from masquerade.keys import Key, rounded_digest
from masquerade.masknets import MaskNetSource
from masquerade.networks.cloaks.augmentations import handled
from masquerade.networks.cloaks.masknet import MaskNet

_WEIGHT: Final = 10.0
"""Of the cosines, beside a dissimilarity of 100 times its square."""

Decoys = tuple[tuple[Recogniser, Tensor], ...]
"""Recognisers, and where a user's photos are drawn to in the vectors of each, unit vectors ``(e,)``."""


@final
@dataclass(frozen=True)
class FeltCloak(OwnMaskNet):
    """Photos that recognisers no longer take for the person, and that look alike to people.

    At each step recognisers look at the photos after one handling (saved smaller, as JPEG, softened, cut anew), which
    take turns. Each recogniser's cosine to the photo's own vector is made small, and that to a decoy large: a
    direction that the user's key draws for each recogniser, so that no two users are moved alike. The distance in the
    user's own MaskNet is made large besides.

    It is measured against recognisers that it was not optimised against; a later one may see through it.

    Args:
        source: Where MaskNets come from; the user's key draws one.
        recognisers: Recognisers with gradients.
        steps: Steps of the optimiser.
        bound: Most that a pixel may change, in grey levels.
        similarity: Structural similarity below which no photo comes.
        decoy: Weight of the cosine to the decoy, beside that to the photo's own vector.
        masknet: Weight of the distance in the user's own MaskNet, in the unit of ten cosines.

    Raises:
        UsageError: If a parameter is out of its range, or a recogniser has no gradients.
    """

    source: MaskNetSource
    recognisers: tuple[Recogniser, ...]
    steps: int = 40
    bound: float = 15.0
    similarity: float = 0.9
    decoy: float = 0.5
    masknet: float = 0.1

    networks: ClassVar[Networks] = {"source": "source", "recognisers": "recogniser"}

    def __post_init__(self) -> None:
        usable = [isinstance(each, Recogniser) and each.differentiable for each in self.recognisers]
        if not isinstance(self.source, MaskNetSource) or not usable or not all(usable):
            raise UsageError(
                "a felt cloak needs a source of MaskNets and recognisers with gradients",
                value=f"{self.source!r} and {self.recognisers!r}",
                remedy="Give what open_source and open_recogniser return, dlib's aside.",
            )
        require_number("structural similarity", self.similarity, 0, 1, "FeltCloak")
        require_number("weight of the decoy", self.decoy, 0, 10, "FeltCloak")
        require_number("weight of the MaskNet", self.masknet, 0, 10, "FeltCloak")
        self.budget  # noqa: B018  (it checks the numbers)

    @property
    def budget(self) -> CloakBudget:
        """What the cloak may cost while it is optimised."""
        return CloakBudget(self.steps, self.bound, (1 - self.similarity) / 2)

    def with_masknet(self, masknet: MaskNet, numbers: Tensor, shape: Shape) -> "KeyedFeltCloak":
        """The secret half from a MaskNet that was drawn before."""
        return KeyedFeltCloak(shape, self, masknet, numbers)


@final
class KeyedFeltCloak(KeyedCloak):
    """A user's MaskNet and decoys at work.

    Args:
        shape: Channels, height and width of the photos.
        cloak: The public half.
        masknet: The user's MaskNet.
        numbers: The user's numbers, which decoys and starts are drawn from too.
    """

    def __init__(self, shape: Shape, cloak: FeltCloak, masknet: MaskNet, numbers: Tensor) -> None:
        own = Key.from_secret(sha256(b"felt-cloak" + numbers.numpy().astype("<f4").tobytes()).digest())
        super().__init__(shape, own.stream("start"))
        self._public = cloak
        self._extract = masknet.forward
        self._numbers = numbers
        self._decoys = tuple((each, _direction(own, each)) for each in cloak.recognisers)

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Optimise from a start of the photos' own, then keep to the similarity."""
        public = self._public
        felt = _felt(photos, self._decoys, public.decoy)
        own = moved_from(photos, self._extract)

        def distance(cloaked: Tensor) -> Tensor:
            return felt(cloaked) + public.masknet * own(cloaked)

        cloaked = optimised(photos, numbers * START, distance, public.budget)
        return similar_enough(photos, cloaked, public.bound, public.similarity)

    def digest(self) -> bytes:
        """SHA-256 over the user's numbers, rounded."""
        return rounded_digest([self._numbers.numpy()])


def _direction(own: Key, recogniser: Recogniser) -> Tensor:
    drawn = own.stream(f"decoy {recogniser.digest}").normal(recogniser.size)
    return functional.normalize(torch.from_numpy(drawn).float(), dim=0)


def _felt(photos: Tensor, decoys: Decoys, weight: float) -> Distance:
    """How far recognisers are moved, their mean; at each call it is another handling's turn."""
    with torch.no_grad():
        before = [recogniser.embed(photos) for recogniser, _ in decoys]
    turns = count()

    def distance(cloaked: Tensor) -> Tensor:
        seen = handled(cloaked, next(turns))
        far = [_away(each, own, seen, weight) for each, own in zip(decoys, before, strict=True)]
        return _WEIGHT * torch.stack(far).mean(0)

    return distance


def _away(decoy: tuple[Recogniser, Tensor], before: Tensor, cloaked: Tensor, weight: float) -> Tensor:
    """One recogniser's part: away from the photos' own vectors, towards the decoy."""
    recogniser, direction = decoy
    vectors = recogniser.embed(cloaked)
    away: Tensor = 1 - (vectors * before).sum(1) + weight * (vectors @ direction)
    return away
