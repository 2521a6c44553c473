"""The contract of every protection: a public description, and a secret half made from a key.

A ``Disguise`` is a frozen dataclass of public parameters. ``with_key`` gives the secret half, a ``Keyed``
module that turns images into what may leave the owner. Facts that each declares (``keyed_by_secret``,
``per_image``, ``restorable``) are checked both ways by the shared test over ``EVERY_DISGUISE``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from hashlib import blake2b
from typing import Any, ClassVar, NoReturn, final

import torch
from torch import Tensor, nn

from masquerade.crafting.trained import TrainedSplit
from masquerade.disguises.plain import digest_of, plain
from masquerade.errors import SecretLeakRefused, UsageError
from masquerade.keys import Key
from masquerade.promises import BOTH, Question
from masquerade.traits import Traits
from masquerade.zoo import PublicNetwork

Shape = tuple[int, int, int]
"""Channels, height and width of one image or feature map."""
Networks = Mapping[str, PublicNetwork]
"""Kinds of network by parameter."""


class Keyed(nn.Module, ABC):
    """The secret half of a disguise: images or feature maps in, disguised ones out.

    Its numbers are secrets of the owner: it can be neither copied, pickled nor saved. They are plain
    attributes, not buffers, so that no walk over ``buffers()`` comes upon them.

    Args:
        shape: Channels, height and width of the images it takes.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @final  # type: ignore[misc]  # torch declares forward as an attribute
    def forward(self, images: Tensor) -> Tensor:
        """Disguise images.

        Args:
            images: ``(n, c, h, w)``, uint8 or floating, in main memory; photos have values of 0 to 255.

        Returns:
            float32 ``(n, *out_shape)``, neither clipped nor rescaled.

        Raises:
            UsageError: If the images have another shape than it was keyed for, or no numbers that it takes.
        """
        with torch.no_grad():
            plain = self._checked(images, self.shape)
            return self.disguise(plain, nonces_of(plain) if self.needs_nonces else None)

    @final
    def restore(self, disguised: Tensor) -> Tensor:
        """Undo the disguise, up to rounding.

        Args:
            disguised: float32 ``(n, *out_shape)``, as ``forward`` gave it.

        Returns:
            float32 ``(n, c, h, w)``.

        Raises:
            UsageError: If the disguise is not ``restorable``, or the images have another shape.
        """
        with torch.no_grad():
            return self.undo(self._checked(disguised, self.out_shape))

    @property
    def out_shape(self) -> Shape:
        """Channels, height and width of what it gives; by itself those of what it takes."""
        return self.shape

    @final
    def query(self, images: Tensor) -> Tensor:
        """What the owner hands to the trained model at recognition.

        Args:
            images: As ``forward`` takes them.

        Returns:
            float32 ``(n, *out_shape)``; the disguised images, unless the disguise is for training alone.
        """
        with torch.no_grad():
            plain = self._checked(images, self.shape)
            return self.answer(plain, nonces_of(plain) if self.needs_nonces else None)

    @final
    def targets(self, images: Tensor, classes: Tensor) -> Tensor:
        """Training targets of ``forward(images)``.

        Args:
            images: As ``forward`` takes them; the same images give the same mixture.
            classes: Share of each class, float32 ``(n, k)``.

        Returns:
            float32 ``(n, k)``: the classes, unless the disguise mixes images; over other classes where an
            image stands for several tasks.
        """
        with torch.no_grad():
            plain = self._checked(images, self.shape)
            return self.mixed(plain, nonces_of(plain) if self.needs_nonces else None, classes)

    @property
    def needs_nonces(self) -> bool:
        """Whether ``disguise`` draws something fresh for each image."""
        return False

    @abstractmethod
    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Disguise checked images, contiguous uint8 or float32; ``nonces`` are 16 bytes each, if needed."""

    @property
    def wants_public(self) -> bool:
        """Whether photos of other people have still to be given by ``with_public`` before it disguises any."""
        return False

    def with_public(self, images: Tensor) -> "Keyed":
        """The same with photos of other people, ``(p, c, h, w)``; a disguise that wants some implements it.

        Raises:
            UsageError: If it has no use for them, or they do not fit.
        """
        raise UsageError(
            "no use for photos of other people",
            value=f"{len(images)} photos",
            place=type(self).__name__,
            remedy="Leave them out.",
        )

    @property
    def draws_again(self) -> bool:
        """Whether ``again`` has new draws for photos that were asked for before, under the same key."""
        return False

    def again(self, images: Tensor, query: int) -> Tensor:
        """What another query with the same photos gets; where nothing is drawn anew, the same.

        Args:
            images: As ``forward`` takes them.
            query: Number of the query; 0 is what ``forward`` gives.

        Returns:
            float32 ``(n, *out_shape)``.
        """
        del query
        result: Tensor = self(images)
        return result

    def answer(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """What recognition gets, from checked images; by itself what training gets."""
        return self.disguise(images, nonces)

    def mixed(self, images: Tensor, nonces: list[bytes] | None, classes: Tensor) -> Tensor:
        """Targets from checked images and their classes; by itself the classes."""
        del images, nonces
        return classes

    def undo(self, disguised: Tensor) -> Tensor:
        """Undo the disguise of checked images; a restorable disguise implements it."""
        del disguised
        raise UsageError(
            "this disguise cannot be undone, not even with the key",
            value=type(self).__name__,
            remedy="Keep the photos: the released data set is no copy of them.",
        )

    @abstractmethod
    def digest(self) -> bytes:
        """SHA-256 over the secret numbers, rounded so that platforms agree; leaves only under the key."""

    def _checked(self, images: Tensor, shape: Shape) -> Tensor:
        if tuple(images.shape[1:]) != shape:
            raise UsageError(
                "images of another shape than the disguise was keyed for",
                value=f"{tuple(images.shape[1:])}, expected {shape}",
                remedy="Resize the images, or key the disguise for their shape.",
            )
        if images.device.type != "cpu" or not (images.dtype == torch.uint8 or images.is_floating_point()):
            raise UsageError(
                "images that a disguise cannot take",
                value=f"{images.dtype} on {images.device}",
                remedy="Give uint8 or floating numbers in main memory.",
            )
        return (images if images.dtype == torch.uint8 else images.float()).contiguous()

    def __reduce__(self) -> NoReturn:
        raise SecretLeakRefused(
            "a keyed disguise cannot be pickled or copied",
            remedy="Derive it from the key, or see masquerade.KeyFile.",
        )

    def state_dict(self, *_: object, **__: object) -> NoReturn:
        """Refuse: the numbers are secrets."""
        raise SecretLeakRefused("a keyed disguise has no state to save", remedy="Save the key instead.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape})"


def derivation_check(key: Key, keyed: Keyed) -> str:
    """What a manifest states so that a platform that derives other numbers notices, hexadecimal.

    Args:
        key: The key that ``keyed`` was made with: the digest of secret numbers leaves only under it.
        keyed: The secret half.
    """
    return key.authenticate("derivation-check", keyed.digest())


def nonces_of(images: Tensor) -> list[bytes]:
    """16 bytes for each image, from its content: the same noise whenever the image comes again, in any batch.

    Noise that were new each time could be averaged away by whoever sees an image twice. Floating images that
    hold whole grey levels have the nonces of the same image in uint8.
    """
    flat = images.flatten(1)
    if images.dtype == torch.uint8:
        return [_code(row) for row in flat]
    levels = flat.clamp(0, 255).to(torch.uint8)
    whole = (levels == flat).all(dim=1).tolist()
    return [_code(levels[i] if is_whole else flat[i]) for i, is_whole in enumerate(whole)]


def _code(row: Tensor) -> bytes:
    return blake2b(row.numpy().tobytes(), digest_size=16).digest()


class Disguise(ABC):
    """The public half of a protection: parameters that anyone may know."""

    @property
    @abstractmethod
    def keyed_by_secret(self) -> bool:
        """Whether another key gives another result."""

    @property
    @abstractmethod
    def per_image(self) -> bool:
        """Whether an image's result is independent of the other images in its batch."""

    @property
    @abstractmethod
    def restorable(self) -> bool:
        """Whether the owner can undo it exactly, up to rounding."""

    promises: ClassVar[frozenset[Question]] = BOTH
    """The questions that what is released must leave open; see ``masquerade.promises``."""

    hides_people: ClassVar[bool] = False
    """Whether it is there to hide people although it has no key, as blur is; an audit grades it without being told."""

    is_control: ClassVar[bool] = False
    """Whether it is there to show what others are worth, as noise of a cloak's size is; reports count it among the
    protections under test only where there are no others."""

    revision: ClassVar[int] = 1
    """Raised by hand when the same parameters, key and photos begin to give something else."""

    @property
    def traits(self) -> Traits | None:
        """What it does to photos, as attacks ask for it; None where that is left to measurement.

        Cloaks leave it: their change is small and follows from networks, so that how nearly they are linear does too.
        """
        return None

    @classmethod
    def examples(cls) -> "tuple[Disguise, ...]":
        """Small ones that the contract and the golden vectors are tried on, for colour photos of 16 by 16.

        By itself the one with its defaults; a kind with parameters that have none says others, or tests name some.

        Raises:
            UsageError: If it has parameters without defaults, and no examples of its own.
        """
        try:
            return (cls(),)
        except TypeError as error:
            raise UsageError(
                "a protection without an example",
                value=cls.__name__,
                remedy="Give its parameters defaults, or define examples() in its class.",
            ) from error

    @property
    def takes_long(self) -> bool:
        """Whether photos are optimised one by one, so that an audit does not ask for hundreds to measure traits."""
        return False

    networks: ClassVar[Networks] = {}
    """Parameters that are public networks, or several: recipes open them, descriptions name them by name and digest."""

    settings_in: ClassVar[str | None] = None
    """The parameter whose numbers a recipe's change may name as if they were parameters; None where there is none."""

    @property
    def noise_level(self) -> float | None:
        """How strong it is where it is noise and nothing else, in its own units; None for anything else.

        The control of an attack gets the noise of the arm that it belongs to.
        """
        return None

    @property
    def features_of(self) -> TrainedSplit | None:
        """The split network whose features it gives, for the cloud's half to go on from; None where it gives none."""
        return None

    @property
    def answers_of(self) -> TrainedSplit | None:
        """The split network whose answers the cloud is to tell; by itself that of the features."""
        return self.features_of

    @property
    def noise_in_ball(self) -> float | None:
        """Standard deviation of its normal noise on features of norm 1 at most; None where they have no such bound.

        Nothing but rounding comes after the noise; 0 stands for none.
        """
        return None

    @property
    def crafted_together(self) -> int | None:
        """Photos that it crafts together, so that their answers are kept; None where it crafts none."""
        return None

    @property
    def is_public_encoder(self) -> bool:
        """Whether anyone can compute what it gives, and later steps stand on that instead of on the photos."""
        return False

    def in_order(self) -> "tuple[Disguise, ...]":
        """Its steps in order; a chain has those of its parts."""
        return (self,)

    def public_prefix(self) -> "tuple[Disguise | None, Disguise]":
        """The public encoder that it begins with, None without one, and what follows."""
        return None, self

    def in_blocks_of(self, block: int | tuple[int, int]) -> "Disguise":
        """The same in blocks of that height and width, if it is a public step of blocks; else itself."""
        del block
        return self

    bound_to_parameters: ClassVar[bool] = True
    """Whether other parameters have other secrets; False only where the secret was issued, and is the user's own."""

    @final
    def with_key(self, key: Key, shape: Shape) -> Keyed:
        """The secret half for images of ``shape``.

        All that is drawn follows from the key and from every parameter. Two disguises of one key that differ in
        anything have nothing secret in common: no noise that cancels between two levels, no matrix that is known
        from elsewhere. Equal ones are equal.

        Raises:
            UsageError: If the parameters do not fit the shape.
        """
        return self.keyed(key.derive(f"disguise {self.digest}") if self.bound_to_parameters else key, shape)

    @abstractmethod
    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The secret half under a key of these parameters' own.

        Raises:
            UsageError: If the parameters do not fit the shape.
        """

    @property
    @final
    def digest(self) -> str:
        """SHA-256 of the description, hexadecimal; the same for equal numbers, however they are written."""
        return digest_of(self.describe())

    @final
    def describe(self) -> dict[str, Any]:
        """Public parameters as plain data, with the kind of disguise; ``from_description`` reads it."""
        named = {field.name: plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]
        return {"kind": type(self).__name__, **named}


def call_of(nonces: list[bytes] | None) -> bytes:
    """16 bytes for all photos of a call, in their order."""
    return blake2b(b"".join(nonces or []), digest_size=16).digest()
