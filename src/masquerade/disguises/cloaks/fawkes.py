"""Fawkes (Shan et al. 2020), as its version 1.0 does it: a cloak against public recognisers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, final

import torch
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.checks import require_one_of
from masquerade.disguises.cloaks.fawkes_optimiser import FawkesSettings, fawkes
from masquerade.disguises.cloaks.keyed import KeyedCloak
from masquerade.disguises.cloaks.optimiser import START
from masquerade.disguises.cloaks.recognisers import apart, require_recognisers, vectors
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.promises import THE_PERSON

Mode = Literal["low", "mid", "high"]

MODES: Final[dict[Mode, FawkesSettings]] = {
    "low": FawkesSettings(dssim=0.004, steps=40, rate=25, extractors=1),
    "mid": FawkesSettings(dssim=0.012, steps=75, rate=20, extractors=2),
    "high": FawkesSettings(dssim=0.017, steps=150, rate=15, extractors=2),
}
"""The published code's; what the command line asks for otherwise is overwritten by these there."""
CANDIDATES: Final = 20
"""Photos of other people among which a target is chosen."""


@final
@dataclass(frozen=True)
class Fawkes(Disguise):
    """Photos that recognisers take for somebody else's, at most as dissimilar as the mode allows.

    Where it departs from the published code: the recognisers are other ones (its two are not to be had under a
    free licence), their vectors have length 1, and its pictures of 112x112 pixels are whatever size the photos
    have. The key decides the start, and the candidates where there is a target; another key's cloak differs little
    where there is none.

    Args:
        mode: "low", "mid" or "high".
        recognisers: What it is optimised against; the published modes take one, two and two.
        targeted: Whether photos move towards the vectors of another person, as the paper has it, or anywhere away
            from their own, as the published code has it by itself. Other people's photos are given by ``with_public``
            of the keyed disguise; of 20 that the key picks, each photo moves to the most unlike.

    Raises:
        UsageError: If a parameter is none of these.
    """

    mode: Mode
    recognisers: tuple[Recogniser, ...]
    targeted: bool = False

    networks: ClassVar[Networks] = {"recognisers": "recogniser"}
    keyed_by_secret = True
    promises = THE_PERSON
    per_image = True
    takes_long = True
    restorable = False

    def __post_init__(self) -> None:
        require_one_of("mode", self.mode, tuple(MODES), "Fawkes")
        require_one_of("targeted", self.targeted, (True, False), "Fawkes")
        require_recognisers(self.recognisers, "Fawkes")

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Take the key's starts, and its choice of candidates."""
        kind = "towards" if self.targeted else "away"
        return KeyedFawkes(shape, key.stream(f"fawkes {self.mode} {kind}"), self)


@final
class KeyedFawkes(KeyedCloak):
    """Fawkes under a key.

    Args:
        shape: Channels, height and width of the photos.
        stream: Where starts and candidates come from.
        settings: The parameters.
        targets: Vectors of the candidates ``(c, e)``, a tensor a recogniser; None before there are any.
    """

    def __init__(
        self, shape: Shape, stream: KeyStream, settings: Fawkes, targets: Sequence[Tensor] | None = None
    ) -> None:
        super().__init__(shape, stream)
        self._settings = settings
        self._targets = targets

    @property
    def wants_public(self) -> bool:
        """Whether photos of other people have still to be given."""
        return self._settings.targeted and self._targets is None

    def with_public(self, images: Tensor) -> "KeyedFawkes":
        """The same, with photos of other people that targets are chosen among.

        Args:
            images: ``(p, 3, h, w)``, values 0 to 255, of any size; the key picks 20 of them.

        Raises:
            UsageError: If there is none, or the disguise has no target.
        """
        if not self._settings.targeted or not len(images):
            raise UsageError(
                "no use for photos of other people, or none given",
                value=f"{len(images)} photos",
                place="Fawkes",
                remedy="Give one or more to a targeted Fawkes.",
            )
        draws = self._stream.fields([bytes(16)], len(images))[0]
        chosen = images[torch.from_numpy(draws.argsort(kind="stable")[:CANDIDATES].copy())]
        targets = vectors(self._settings.recognisers, chosen)
        return KeyedFawkes(self.shape, self._stream, self._settings, targets)

    def cloak(self, photos: Tensor, numbers: Tensor) -> Tensor:
        """Optimise from a start of the photos' own."""
        recognisers, settings = self._settings.recognisers, MODES[self._settings.mode]
        known = vectors(recognisers, photos)
        if self._settings.targeted:
            known = self._most_unlike(known)
        return fawkes(
            photos,
            numbers * START,
            lambda cloaked: apart(recognisers, cloaked, known),
            settings,
            towards=self._settings.targeted,
        )

    def digest(self) -> bytes:
        """SHA-256 over the numbers of one fixed nonce, rounded."""
        return rounded_digest([self._stream.fields([bytes(16)], 64)])

    def _most_unlike(self, known: Sequence[Tensor]) -> list[Tensor]:
        """The candidate's vectors that are least alike to each photo's, over all recognisers."""
        if self._targets is None:
            raise UsageError(
                "a targeted Fawkes has nobody to move photos to",
                place="Fawkes",
                remedy="Give photos of other people: disguise.with_key(key, shape).with_public(images).",
            )
        pairs = zip(known, self._targets, strict=True)
        chosen = torch.stack([own @ target.T for own, target in pairs]).sum(0).argmin(1)
        return [target[chosen] for target in self._targets]
