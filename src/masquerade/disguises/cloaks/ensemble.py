"""Photos of one user under MaskNets of several hypernetworks, a photo each (HyperObf, section 5.4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.cloaks.masknet import MaskNetCloak
from masquerade.disguises.key_choice import by_turns, chosen_by
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream
from masquerade.masknets import MaskNetSource
from masquerade.promises import THE_PERSON

_FEWEST: Final = 2


@final
@dataclass(frozen=True)
class SeveralCloaks(Disguise):
    """The thesis's cloak with one of several MaskNets for each photo, one of every source.

    The user's numbers, and with them each MaskNet, are those of ``MaskNetCloak`` with that source alone. Which one
    a photo is cloaked with follows from its content and the key.

    Args:
        sources: Two or more; hypernetworks of several structures, in the thesis.
        steps: As of ``MaskNetCloak``.
        bound: Likewise.
        dssim: Likewise.

    Raises:
        UsageError: If there are fewer than two sources, two are the same, or a number is out of its range.
    """

    sources: tuple[MaskNetSource, ...]
    steps: int = 40
    bound: float = 15.0
    dssim: float = 0.1

    networks: ClassVar[Networks] = {"sources": "source"}
    keyed_by_secret = True
    promises = THE_PERSON
    per_image = True
    takes_long = True
    restorable = False
    bound_to_parameters = False

    def __post_init__(self) -> None:
        cloaks = self.cloaks
        if len(cloaks) < _FEWEST or len({cloak.source for cloak in cloaks}) < len(cloaks):
            raise UsageError(
                "not several sources of MaskNets",
                value=f"{len(cloaks)}, of which {len({cloak.source for cloak in cloaks})} differ",
                place="SeveralCloaks",
                remedy="Give two or more, each once; for one, take MaskNetCloak.",
            )

    @property
    def cloaks(self) -> tuple[MaskNetCloak, ...]:
        """The cloak with each source."""
        return tuple(MaskNetCloak(source, self.steps, self.bound, self.dssim) for source in self.sources)

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Draw the user's MaskNet of every source."""
        keyed = [cloak.with_key(key, shape) for cloak in self.cloaks]
        return KeyedSeveralCloaks(shape, keyed, key.stream(f"several-cloaks {len(keyed)}"))


@final
class KeyedSeveralCloaks(Keyed):
    """A user's MaskNets at work.

    Args:
        shape: Channels, height and width of the photos.
        cloaks: The user's cloak with each.
        choices: Where the choice for each photo comes from.
    """

    def __init__(self, shape: Shape, cloaks: Sequence[Keyed], choices: KeyStream) -> None:
        super().__init__(shape)
        self._cloaks = tuple(cloaks)
        self._choices = choices

    @property
    def needs_nonces(self) -> bool:
        """The choice follows from the photo's content, as each cloak's start does."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Cloak each photo with the MaskNet that is drawn for it."""
        cloaked = torch.empty(images.shape)
        chosen = chosen_by(self._choices, nonces or [], len(self._cloaks))
        for rows, made in by_turns(self._cloaks, chosen, images, nonces or []):
            cloaked[rows] = made
        return cloaked

    def digest(self) -> bytes:
        """SHA-256 over the digests of all cloaks, and the choices of one fixed nonce."""
        choices = self._choices.fields([bytes(16)], 64).tobytes()
        return sha256(b"".join(cloak.digest() for cloak in self._cloaks) + choices).digest()
