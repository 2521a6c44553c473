"""The task's answers in a few numbers instead of the face's features; this project's own."""

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import ClassVar, Final, final

import torch
from torch import Tensor

from masquerade.crafting.task.closed_form import coded, spread
from masquerade.crafting.trained import TrainedAnswers, TrainedSplit
from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.disguises.checks import require_count, require_number
from masquerade.disguises.features.split_encode import SplitEncoding, require_split
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.promises import THE_PERSON
from masquerade.traits import Traits

REACH: Final = 2.5
"""Standard deviations of a public photo's number that the levels reach to on each side."""
_STEP: Final = 2.0**-24
"""Of a field's uniform numbers; two make one of 48 bits, whose quantiles reach to 7.8 deviations."""
_PLACE: Final = "TaskAnswers"


@final
@dataclass(frozen=True)
class TaskAnswers(Disguise):
    """A photo becomes a few numbers, from which the cloud tells the task's answers and little else.

    The numbers lie in a ball of radius 1, fixed on public photos. Noise comes after the ball, so that what any attacker
    learns of one photo has a bound (``masquerade.metrics.people.naming_bound``); rounding comes last.

    Args:
        split: The public split network whose answers they are.
        answers: What public photos say of these answers.
        numbers: How many numbers are sent, 1 to 64.
        bits: Of each number: 16 levels for 4; 0 leaves them unrounded.
        deviation: Standard deviation of normal noise on each number, 0 for none; the ball has radius 1.
        thin: Whether one matrix after the encoder gives the numbers, instead of the whole network on the edge.
        attributes: Which answers are kept, by their numbers among the network's; none for all.

    Raises:
        UsageError: If a parameter is none of these.
    """

    split: TrainedSplit
    answers: TrainedAnswers
    _: KW_ONLY
    numbers: int = 4
    bits: int = 4
    deviation: float = 0.0
    thin: bool = False
    attributes: tuple[int, ...] = ()

    networks: ClassVar[Networks] = {"split": "split", "answers": "answers"}
    promises = THE_PERSON
    per_image = True
    restorable = False
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_split(self.split, _PLACE)
        if not isinstance(self.answers, TrainedAnswers):
            raise UsageError(
                "no statistics of answers",
                value=repr(self.answers)[:100],
                place=_PLACE,
                remedy="Give what masquerade.crafting.shipped.open_answers returns.",
            )
        require_count("number of numbers", self.numbers, 1, 64, _PLACE)
        require_count("number of bits", self.bits, 0, 16, _PLACE)
        require_number("standard deviation of noise", self.deviation, 0, 1e6, _PLACE)
        object.__setattr__(self, "attributes", tuple(self.attributes))
        self.scale  # noqa: B018  (refuses numbers and attributes that do not fit)

    @property
    def keyed_by_secret(self) -> bool:
        """Whether there is noise, which is all that a key draws."""
        return self.deviation > 0

    @property
    def features_of(self) -> TrainedSplit:
        """The network that the numbers are the features of."""
        return self.cloud

    @property
    def answers_of(self) -> TrainedSplit:
        """The network as it is."""
        return self.split

    @property
    def noise_in_ball(self) -> float:
        """Of the noise."""
        return self.deviation

    @cached_property
    def cloud(self) -> TrainedSplit:
        """The split network whose features are these numbers, before noise, and whose cloud's half reads them."""
        return coded(
            self.split,
            self.answers,
            self.numbers,
            "features" if self.thin else "answers",
            self.attributes,
        )

    @cached_property
    def scale(self) -> Tensor:
        """How far the levels of each number reach, ``(numbers,)``."""
        own = spread(self.answers, self.numbers, self.attributes)
        return REACH * (own.square() + self.deviation**2).sqrt()

    def keyed(self, key: Key, shape: Shape) -> "KeyedTaskAnswers":
        """The key's noise, if there is any."""
        return KeyedTaskAnswers(self, key.stream(f"noise on {self.numbers} answers"), shape)


@final
class KeyedTaskAnswers(Keyed):
    """Few numbers of each photo, noise of a key, and rounding.

    Args:
        how: The public half.
        stream: Where noise comes from.
        shape: Channels, height and width of the photos.

    Raises:
        UsageError: If the encoder takes photos of another shape.
    """

    def __init__(self, how: TaskAnswers, stream: KeyStream, shape: Shape) -> None:
        super().__init__(shape)
        self._how = how
        self._stream = stream
        self._encoding = (SplitEncoding(how.cloud, shape),)

    @property
    def out_shape(self) -> Shape:
        """As many channels as numbers, of one place each."""
        return (self._how.numbers, 1, 1)

    @property
    def needs_nonces(self) -> bool:
        """Noise follows from key and photo: who asks again gets the same answer."""
        return self._how.deviation > 0

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Code the photos, add noise, round."""
        codes = self._encoding[0].disguise(images, None).flatten(1)
        if self._how.deviation:
            codes = codes + self._how.deviation * self._normal(nonces or [])
        return rounded(codes, self._how.scale, self._how.bits)[:, :, None, None]

    def _normal(self, nonces: list[bytes]) -> Tensor:
        coarse, fine = (
            torch.from_numpy(self._stream.fields(nonces, 2 * self._how.numbers)).double().chunk(2, 1)
        )
        normal: Tensor = torch.special.ndtri(coarse + _STEP * (fine + _STEP / 2))
        return normal.float()

    def digest(self) -> bytes:
        """SHA-256 over the noise of one fixed nonce, rounded; what the network is made of where there is none."""
        if not self._how.deviation:
            return bytes.fromhex(self._how.cloud.digest)
        return rounded_digest([self._stream.fields([bytes(16)], 64)])


def rounded(codes: Tensor, scale: Tensor, bits: int) -> Tensor:
    """Codes ``(n, r)`` at the nearest of ``2**bits`` even levels from ``-scale`` to ``scale``; 0 bits leave them."""
    if not bits:
        return codes
    steps = 2**bits - 1
    even: Tensor = levels(codes, scale, bits).float() / steps * 2 * scale - scale
    return even


def levels(codes: Tensor, scale: Tensor, bits: int) -> Tensor:
    """The number of each code's level, int64 ``(n, r)``, 0 to ``2**bits - 1``: what is worth sending."""
    steps = 2**bits - 1
    return ((codes / scale).clamp(-1, 1) + 1).mul(steps / 2).round().long()
