"""A cloak for recognisers that it was not made against: photos moved away from their person, as far as may be seen.

It looks through a random view at each step (Xie et al. 2019), with momentum (Dong et al. 2018), each recogniser's
gradient at one length, a step that is larger where structural similarity forgives more, and changes brightness alone.
It needs no key. Cloaked photos of a person still find each other; ``studies/cloaks.json`` says how often.
"""

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import ClassVar, Final, final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.checks import require_count
from masquerade.disguises.cloaks.keyed import CloakInParts
from masquerade.disguises.cloaks.recognisers import require_recognisers, vectors
from masquerade.disguises.cloaks.seen_budget import BesideOriginals, SeenBudget, face_oval, luminance
from masquerade.encoders.recogniser import Recogniser
from masquerade.keys import Key
from masquerade.networks.cloaks.augmentations import softened
from masquerade.networks.cloaks.views import PhotoView, views
from masquerade.promises import THE_PERSON

_MOMENTUM: Final = 0.9
_FIRST: Final = 0.25
_LAST: Final = 0.05
"""Length of the first and of the last step, as shares of what would spend the whole budget."""
_FLOOR: Final = 58.5225
"""The constant in SSIM's contrast, (0.03 * 255)^2: how much a plain part of a face forgives."""
_WINDOW: Final = 11
_TRIED: Final = 2.0


@final
@dataclass(frozen=True)
class TransferableCloak(Disguise):
    """Photos that recognisers, known and unknown, take less for the person.

    Each recogniser's cosine to the person's own vector, seen through one view a step, is made small. The change is one
    of brightness, inside the face.

    Args:
        recognisers: Recognisers with gradients.
        similarity: Least structural similarity.
        colour: Most that the 95th percentile of CIEDE2000 on the face may be.
        steps: Steps, 1 to 1000.

    Raises:
        UsageError: If a parameter is out of its range, or a recogniser has no gradients.
    """

    recognisers: tuple[Recogniser, ...]
    similarity: float = 0.98
    colour: float = 2.5
    steps: int = 30

    networks: ClassVar[Networks] = {"recognisers": "recogniser"}
    keyed_by_secret = False
    hides_people = True
    promises = THE_PERSON
    per_image = True
    takes_long = True
    restorable = False

    def __post_init__(self) -> None:
        require_recognisers(self.recognisers, "TransferableCloak")
        require_count("number of steps", self.steps, 1, 1000, "TransferableCloak")
        self.budget  # noqa: B018  (it checks the numbers)

    @classmethod
    def examples(cls) -> tuple[Disguise, ...]:
        """None: recognisers have no small ones of their own; tests name some."""
        return ()

    @property
    def budget(self) -> SeenBudget:
        """What may be seen."""
        return SeenBudget(self.similarity, self.colour)

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The cloak at work; nothing of the key goes into it."""
        del key
        return KeyedTransferableCloak(shape, self)


@final
class KeyedTransferableCloak(CloakInParts):
    """A cloak at work; it holds no secret.

    Args:
        shape: Channels, height and width of the photos.
        how: The public half.
        others: Other photos of the same person, aligned, ``(m, 3, h, w)``: a recogniser's vector of the person is then
            the mean over the photo and these, which later photos lie nearer to.
    """

    def __init__(self, shape: Shape, how: TransferableCloak, others: Tensor | None = None) -> None:
        super().__init__(shape)
        self._how = how
        self._others: list[Tensor] = []
        if others is not None and len(others):
            self._others = [v.sum(0) for v in vectors(how.recognisers, others)]

    def knowing(self, others: Tensor) -> "KeyedTransferableCloak":
        """The same with other photos of the person, ``(m, 3, h, w)``."""
        return KeyedTransferableCloak(self.shape, self._how, others)

    def part(self, photos: Tensor, numbers: Tensor | None) -> Tensor:
        """Walk away from the person, within the budget."""
        del numbers
        own = vectors(self._how.recognisers, photos)
        if self._others:
            own = [functional.normalize(v + more) for v, more in zip(own, self._others, strict=True)]
        beside = BesideOriginals(photos)
        return beside.as_much(_walked(beside, self._how, own), self._how.budget)

    def digest(self) -> bytes:
        """Of the public parameters; nothing in it is secret."""
        how = self._how
        said = [
            (each.name, repr(getattr(how, each.name))) for each in fields(how) if each.name != "recognisers"
        ]
        named = [each.digest for each in how.recognisers]
        return sha256(repr((type(how).__name__, said, named)).encode()).digest()


def _walked(beside: BesideOriginals, how: TransferableCloak, own: list[Tensor]) -> Tensor:
    """The change after all steps, float32 ``(n, 3, h, w)``, about as large as the similarity allows."""
    photos, most = beside.originals, 1 - how.similarity
    shape = _forgiving(photos)
    change, momentum = torch.zeros_like(photos), torch.zeros_like(photos)
    for step, view in enumerate(views(how.steps)):
        pull = _pull(photos + change, how.recognisers, own, view)
        momentum = _MOMENTUM * momentum + _at_length_one(softened(pull.mean(1, keepdim=True)) * shape)
        direction = _at_length_one(momentum)
        share = _FIRST + (_LAST - _FIRST) * step / max(how.steps - 1, 1)
        spent = 1 - beside.similarity(photos + _TRIED * direction)
        change = change + _each(share * _TRIED * (most / spent.clamp(min=1e-9)).sqrt()) * direction
        change = (photos + change).clamp(0, 255) - photos
        spent = 1 - beside.similarity(photos + change)
        change = change * _each((most / spent.clamp(min=1e-9)).sqrt().clamp(max=1))
    return change


def _pull(images: Tensor, recognisers: tuple[Recogniser, ...], own: list[Tensor], view: PhotoView) -> Tensor:
    """Where the cosines fall fastest: each recogniser's gradient at length 1, added, ``(n, 3, h, w)``."""
    found = torch.zeros_like(images)
    for recogniser, vector in zip(recognisers, own, strict=True):
        with torch.enable_grad():
            seen = images.detach().requires_grad_()
            cosine = (recogniser.embed(view(seen)) * vector).sum()
            (gradient,) = torch.autograd.grad(cosine, seen)
        found -= gradient / _each(gradient.flatten(1).norm(dim=1).clamp(min=1e-12))
    return found


def _forgiving(photos: Tensor) -> Tensor:
    """How much a change of each pixel may be for one loss of similarity, ``(n, 1, h, w)``; 0 beyond the face."""
    light = luminance(photos)
    deviation = (_local_mean(light.square()) - _local_mean(light).square()).clamp(min=0)
    return (deviation + _FLOOR).sqrt() * face_oval(*photos.shape[2:])


def _local_mean(maps: Tensor) -> Tensor:
    padded = functional.pad(maps, [_WINDOW // 2] * 4, mode="reflect")
    return functional.avg_pool2d(padded, _WINDOW, 1)


def _at_length_one(maps: Tensor) -> Tensor:
    """Maps of a mean absolute value of 1, in three channels."""
    wide = maps.expand(-1, 3, -1, -1)
    return wide / _each(wide.abs().mean((1, 2, 3)).clamp(min=1e-12))


def _each(numbers: Tensor) -> Tensor:
    return numbers[:, None, None, None]
