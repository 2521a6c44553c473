"""Several disguises, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import cast, final

from torch import Tensor

from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises.base import Disguise, Keyed, Shape
from masquerade.disguises.blocks.keyed import KeyedBlocks
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class Chain(Disguise):
    """Disguises in order; its facts follow from its parts.

    Each part has a key of its own, derived from its place, so that two equal parts differ. The empty chain
    leaves images as they are and protects nothing: it is what unprotected results are measured with.

    Args:
        parts: The disguises, first to last.

    Raises:
        UsageError: If a part is no disguise.
    """

    parts: tuple[Disguise, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _sequence(self.parts))
        for i, part in enumerate(self.parts):
            if not isinstance(part, Disguise):
                raise UsageError(
                    "not a disguise",
                    value=type(part).__name__,
                    place=f"part {i} of the chain",
                    remedy="Give disguises such as BlockPermutation(4), in a tuple.",
                )

    @property
    def keyed_by_secret(self) -> bool:
        """Whether any part is."""
        return any(part.keyed_by_secret for part in self.parts)

    @property
    def per_image(self) -> bool:
        """Whether every part is."""
        return all(part.per_image for part in self.parts)

    @property
    def restorable(self) -> bool:
        """Whether every part is."""
        return all(part.restorable for part in self.parts)

    @property
    def traits(self) -> Traits | None:
        """What every part has; None where one leaves it to measurement."""
        declared = [part.traits for part in self.parts]
        known = [traits for traits in declared if traits is not None]
        if len(known) < len(declared):
            return None
        return Traits(**{name: all(getattr(one, name) for one in known) for name in Traits.names()})

    @property
    def takes_long(self) -> bool:
        """Whether any part does."""
        return any(part.takes_long for part in self.parts)

    @property
    def features_of(self) -> TrainedSplit | None:
        """That of the last part that gives features."""
        return next((split for part in reversed(self.parts) if (split := part.features_of)), None)

    @property
    def answers_of(self) -> TrainedSplit | None:
        """That of the last part that gives features."""
        return next((split for part in reversed(self.parts) if (split := part.answers_of)), None)

    @property
    def noise_in_ball(self) -> float | None:
        """That of its only part."""
        return self.parts[0].noise_in_ball if len(self.parts) == 1 else None

    def in_order(self) -> tuple[Disguise, ...]:
        """Those of every part."""
        return tuple(step for part in self.parts for step in part.in_order())

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """Key every part, for the shape that the part before it gives."""
        keyed: list[Keyed] = []
        for i, part in enumerate(self.parts):
            keyed.append(part.with_key(key.derive(f"part {i}"), keyed[-1].out_shape if keyed else shape))
        return KeyedChain(shape, keyed)

    def public_prefix(self) -> tuple[Disguise | None, "Chain"]:
        """The public encoder, with public steps before it if there are any, and what follows.

        Anyone can compute what the first gives. Public steps that follow the encoder, or stand in a chain
        without one, belong to the protection. Parts of the rest have other numbers than in the whole, and so
        other keys: for audits, which make up keys, and for what needs none.

        Returns:
            The steps up to the last encoder, or None if there is none among the leading public ones; and the rest.
        """
        cut = 0
        for i, part in enumerate(self.parts):
            if part.keyed_by_secret or not part.per_image:
                break
            cut = i + 1 if part.is_public_encoder else cut
        front = self.parts[0] if cut == 1 else Chain(self.parts[:cut])
        return (front if cut else None), Chain(self.parts[cut:])


@final
class KeyedChain(Keyed):
    """Keyed disguises in order; neighbours that move and multiply the same blocks are carried out as one.

    Args:
        shape: Channels, height and width of the images.
        parts: The secret halves.
    """

    def __init__(self, shape: Shape, parts: Sequence[Keyed]) -> None:
        super().__init__(shape)
        self._parts = tuple(parts)
        self._stages = tuple(_fused(parts))

    def after(self, count: int) -> "KeyedChain":
        """The same secret halves without the first ``count``, for what these give."""
        first = self._parts[:count]
        return KeyedChain(first[-1].out_shape if first else self.shape, self._parts[count:])

    @property
    def needs_nonces(self) -> bool:
        """Whether any part does."""
        return any(part.needs_nonces for part in self._parts)

    @property
    def out_shape(self) -> Shape:
        """What the last part gives."""
        return self._parts[-1].out_shape if self._parts else self.shape

    def answer(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Every part's own answer to that of the part before it."""
        result = images
        for part in self._parts:
            result = part.answer(result, nonces if part.needs_nonces else None)
        return result.float().clone() if result is images else result

    def mixed(self, images: Tensor, nonces: list[bytes] | None, classes: Tensor) -> Tensor:
        """The targets after every part; each sees what the part before it gives."""
        result = images
        for i, part in enumerate(self._parts):
            given = nonces if part.needs_nonces else None
            classes = part.mixed(result, given, classes)
            if i + 1 < len(self._parts):
                result = part.disguise(result, given)
        return classes

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Carry out all parts; nonces are those of the original images throughout."""
        result = images
        for stage in self._stages:
            result = stage.disguise(result, nonces if stage.needs_nonces else None)
        return result.float().clone() if result is images else result

    def undo(self, disguised: Tensor) -> Tensor:
        """Undo all parts, the last first."""
        result = disguised
        for stage in reversed(self._stages):
            result = stage.undo(result)
        return result.clone() if result is disguised else result

    def digest(self) -> bytes:
        """SHA-256 over the digests of the parts."""
        return sha256(b"".join(part.digest() for part in self._parts)).digest()


def _sequence(parts: object) -> tuple[Disguise, ...]:
    return tuple(parts) if isinstance(parts, (tuple, list)) else (parts,)  # type: ignore[return-value]


def _fused(parts: Sequence[Keyed]) -> Iterator[Keyed]:
    held: Keyed | None = None
    for part in parts:
        both = held.then(part) if isinstance(held, KeyedBlocks) and isinstance(part, KeyedBlocks) else None
        if both is None and held is not None:
            yield held
        held = part if both is None else both
    if held is not None:
        yield held


def keyed_after_encoder(whole: Disguise, key: Key, shape: Shape) -> Keyed:
    """What follows the public encoder of a whole protection, under the key as the owner uses it.

    Args:
        whole: The protection of photos.
        key: The owner's.
        shape: Channels, height and width of the photos.
    """
    keyed = whole.with_key(key, shape)
    _, rest = whole.public_prefix()
    if not isinstance(whole, Chain) or not isinstance(rest, Chain) or len(rest.parts) == len(whole.parts):
        return keyed
    return cast(KeyedChain, keyed).after(len(whole.parts) - len(rest.parts))
