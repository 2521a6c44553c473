"""The one-pass cloak: what a trained generator gives for photo and user, in milliseconds."""

from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, final

import torch
from torch import Tensor

from masquerade.disguises.base import Networks, Shape
from masquerade.disguises.checks import require_number
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.optimiser import grey_ones
from masquerade.disguises.cloaks.ssim_floor import similar_enough
from masquerade.disguises.cloaks.tanh_space import whole_levels
from masquerade.disguises.cloaks.user_masknet import OwnMaskNet
from masquerade.errors import UsageError
from masquerade.keys import Key, rounded_digest
from masquerade.masknets import MaskNetSource
from masquerade.masknets.generator import TrainedGenerator
from masquerade.networks.cloaks.cloak_generator import require_foldable
from masquerade.networks.cloaks.masknet import MaskNet


@final
@dataclass(frozen=True)
class OnePassCloak(OwnMaskNet):
    """Photos moved away from themselves as the user's own MaskNet sees them, without an optimiser.

    A grey photo of three equal channels stays grey.

    Args:
        generator: The trained generator; ``open_cloak_generator`` gives it.
        source: Where MaskNets come from; the user's key draws one.
        bound: Most that a pixel may change, in grey levels, 1 to 255.
        similarity: Structural similarity below which no photo comes, 0 to 1; 0 spares the time of looking.

    Raises:
        UsageError: If a parameter is none of these, or the source's size is no multiple of 4.
    """

    generator: TrainedGenerator
    source: MaskNetSource
    bound: float = 15.0
    similarity: float = 0.0

    networks: ClassVar[Networks] = {"generator": "cloak generator", "source": "source"}

    def __post_init__(self) -> None:
        if not isinstance(self.generator, TrainedGenerator) or not isinstance(self.source, MaskNetSource):
            raise UsageError(
                "not a generator and a source of MaskNets",
                value=f"{type(self.generator).__name__} and {type(self.source).__name__}",
                place="OnePassCloak",
                remedy="Give what open_cloak_generator and open_source of masquerade.masknets return.",
            )
        require_number("bound of grey levels", self.bound, 1, 255, "OnePassCloak")
        require_number("structural similarity", self.similarity, 0, 1, "OnePassCloak")
        require_foldable(self.source.structure)

    def with_masknet(self, masknet: MaskNet, numbers: Tensor, shape: Shape) -> "KeyedOnePass":
        """The secret half from a MaskNet that was drawn before."""
        return KeyedOnePass(shape, self, masknet, numbers)


@final
class KeyedOnePass(KeyedCloak):
    """A user's MaskNet in the hands of the generator.

    Args:
        shape: Channels, height and width of the photos.
        cloak: The public half.
        masknet: The user's MaskNet.
        numbers: The user's numbers.
    """

    def __init__(self, shape: Shape, cloak: OnePassCloak, masknet: MaskNet, numbers: Tensor) -> None:
        seed = sha256(b"one-pass-cloak" + numbers.numpy().astype("<f4").tobytes()).digest()
        super().__init__(shape, Key.from_secret(seed).stream("start"))
        self._public = cloak
        self._masknet = (masknet,)  # in a tuple, so that its weights are no part of this module's
        self._numbers = numbers

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Add what the generator gives; it needs no numbers of the photo's own."""
        del numbers
        public = self._public
        change = public.generator.perturbation(photos, self._masknet[0], self._numbers, public.bound)
        grey = grey_ones(photos)
        change = change if grey is None else torch.where(grey, change.mean(1, keepdim=True), change)
        cloaked = whole_levels(photos + change, photos, public.bound)
        if not public.similarity:
            return cloaked
        return similar_enough(photos, cloaked, public.bound, public.similarity)

    def digest(self) -> bytes:
        """SHA-256 over the user's numbers, rounded."""
        return rounded_digest([self._numbers.numpy()])
