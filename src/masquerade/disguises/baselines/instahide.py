"""InstaHide: photos mixed with others, and the sign of every pixel flipped at random (Huang et al. 2020)."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Shape, call_of, nonces_of
from masquerade.disguises.checks import require_count, require_number, require_one_of
from masquerade.errors import UsageError
from masquerade.keys import Key, KeyStream, rounded_digest
from masquerade.traits import Traits

MixMode = Literal["inside", "cross"]

MIX_MODES: Final = ("inside", "cross")
LEAST_PRIVATE_SHARE: Final = 0.3
"""Across data sets the two private photos have at least this share together, as in the published code."""
_CENTRE, _SCALE = 127.5, 64.0
_PART: Final = 64


@final
@dataclass(frozen=True)
class InstaHide(Disguise):
    """Each photo of a call mixed with partners, then every number times a sign of its own.

    Photos are mixed, and change their signs, as ``(x - 127.5) / 64``, and leave in the scale of photos again, so
    that networks for photos take them. Weights are ``|N(0, 1)|``, divided by their sum, drawn again while one
    is above the ceiling; partners come from a permutation of the call's photos, so that one may meet itself.
    Weights, partners and signs follow from the key and from all photos of the call: the same call gives the
    same result, another selection of photos another one, with fresh signs. The published code draws anew in
    every epoch; here whoever wants that calls again with other photos, or another key.

    Training targets are mixed by the same weights, which they publish (``targets``). The trained model is asked
    with plain photos (``query``), as the published code tests it: recognition is not protected.
    Carlini et al. (2020) recovered the photos.

    Args:
        k: Number of photos that are mixed, 2 to 8; 3 or more across data sets.
        ceiling: Largest weight of a photo, above 1 / k.
        mode: ``"inside"``: all partners are the owner's. ``"cross"``: two photos are the owner's, with a share
            of at least 0.3, the rest public ones, given by ``with_public`` of the keyed disguise.

    Raises:
        UsageError: If a parameter is none of these.
    """

    k: int = 2
    ceiling: float = 0.65
    mode: MixMode = "inside"

    keyed_by_secret = True
    per_image = False
    restorable = False
    traits = Traits(deterministic=False, linear=False, same_map=False, keeps_inner_products=False)

    def __post_init__(self) -> None:
        require_one_of("mode", self.mode, MIX_MODES, "InstaHide")
        require_count("number of mixed photos", self.k, 2 if self.mode == "inside" else 3, 8, "InstaHide")
        require_number("ceiling", self.ceiling, 1.1 / self.k, 1.0, "InstaHide")

    def keyed(self, key: Key, shape: Shape) -> "KeyedInstaHide":
        """Take the key's streams for photos of ``shape``."""
        return KeyedInstaHide(shape, self, key.derive(f"instahide on {'x'.join(map(str, shape))}"))


@final
class KeyedInstaHide(Keyed):
    """A secret source of partners, weights and signs.

    Args:
        shape: Channels, height and width of the photos.
        how: The parameters.
        key: The key of this use.
        public: Public photos ``(m, c, h, w)``, 0 to 255, for mixing across data sets.
    """

    def __init__(self, shape: Shape, how: InstaHide, key: Key, public: Tensor | None = None) -> None:
        super().__init__(shape)
        self._how = how
        self._key = key
        self._public = public

    @property
    def wants_public(self) -> bool:
        """Whether public photos have still to be given."""
        return self._how.mode == "cross" and self._public is None

    def with_public(self, images: Tensor) -> "KeyedInstaHide":
        """The same with public photos to mix in.

        Args:
            images: ``(m, c, h, w)``, 0 to 255, at least one; anyone may know them.

        Raises:
            UsageError: If they have another shape, or there are none.
        """
        public = self._checked(images, self.shape)
        if not len(public):
            raise UsageError("no public photos to mix in", remedy="Give one or more.")
        return KeyedInstaHide(self.shape, self._how, self._key, public)

    @property
    def needs_nonces(self) -> bool:
        """The photos of a call decide on all that is drawn for it."""
        return True

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Mix and flip signs, 64 photos at a time."""
        call = call_of(nonces)
        partners, weights = self._drawn(call, len(images))
        signs = self._key.stream("signs")
        result = torch.empty(images.shape)
        for start in range(0, len(images), _PART):
            rows = range(start, min(start + _PART, len(images)))
            fields = signs.fields([_row_code(call, row) for row in rows], images[0].numel())
            flips = torch.from_numpy(fields).view(-1, *self.shape) < 0.5
            mixed = self._mixed(images, partners[rows], weights[rows])
            result[rows.start : rows.stop] = torch.where(flips, -mixed, mixed) * _SCALE + _CENTRE
        return result

    def answer(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Plain photos."""
        del nonces
        return images.float()

    def mixed(self, images: Tensor, nonces: list[bytes] | None, classes: Tensor) -> Tensor:
        """Class shares mixed by the weights of the photos.

        Public partners have no class: across data sets the two private weights are divided by their sum.
        """
        partners, weights = self._drawn(call_of(nonces), len(images))
        private = self._private
        shares = weights[:, :private] / weights[:, :private].sum(1, keepdims=True)
        drawn = torch.from_numpy(shares).to(classes.dtype)
        return (classes[torch.from_numpy(partners[:, :private])] * drawn[:, :, None]).sum(1)

    def mixture(self, images: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """What is mixed into each photo of a call; who is mixed is the secret.

        Args:
            images: All photos of the call, ``(n, c, h, w)``.

        Returns:
            Rows of the mixed photos, int64 ``(n, k)``, the first being the photo itself, public ones counted
            among themselves; and their weights, float64 ``(n, k)``, which add up to one.

        Raises:
            UsageError: If public photos are needed and none were given.
        """
        return self._drawn(call_of(nonces_of(self._checked(images, self.shape))), len(images))

    def _drawn(self, call: bytes, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        k, private = self._how.k, self._private
        stream = self._key.stream(f"mixture {call.hex()}")
        own = [np.arange(n), *(stream.permutation(n) for _ in range(private - 1))]
        others = [stream.integers(self._public_count, n) for _ in range(k - private)]
        return np.stack([*own, *others], axis=1), weights_of(stream, n, self._how)

    def digest(self) -> bytes:
        """SHA-256 over the signs of one fixed nonce, and weights of one fixed call, rounded."""
        weights = weights_of(self._key.stream("mixture"), 8, self._how)
        return rounded_digest([self._key.stream("signs").fields([bytes(16)], 64), weights])

    @property
    def _private(self) -> int:
        return self._how.k if self._how.mode == "inside" else 2

    @property
    def _public_count(self) -> int:
        if self._private < self._how.k and self._public is None:
            raise UsageError(
                "mixing across data sets needs public photos",
                value=f"mode {self._how.mode!r}",
                remedy="Give them: disguise.with_key(key, shape).with_public(images).",
            )
        return 1 if self._public is None else len(self._public)

    def _mixed(self, images: Tensor, partners: NDArray[np.int64], weights: NDArray[np.float64]) -> Tensor:
        mixed = torch.zeros((len(partners), *self.shape))
        for place in range(self._how.k):
            source = images if place < self._private or self._public is None else self._public
            share = torch.from_numpy(weights[:, place]).float().view(-1, 1, 1, 1)
            mixed += share * _standard(source[torch.from_numpy(partners[:, place])])
        return mixed


def weights_of(stream: KeyStream, n: int, how: InstaHide) -> NDArray[np.float64]:
    """Weights of ``n`` mixtures, float64 ``(n, k)``; rows that do not pass are drawn again together."""
    weights = np.empty((n, how.k))
    todo = np.arange(n)
    while len(todo):
        drawn = np.abs(stream.normal(len(todo) * how.k)).reshape(-1, how.k)
        drawn /= drawn.sum(axis=1, keepdims=True)
        fits = drawn.max(axis=1) <= how.ceiling
        if how.mode == "cross":
            fits &= drawn[:, :2].sum(axis=1) >= LEAST_PRIVATE_SHARE
        weights[todo[fits]] = drawn[fits]
        todo = todo[~fits]
    return weights


def _row_code(call: bytes, row: int) -> bytes:
    return blake2b(call + row.to_bytes(8, "little"), digest_size=16).digest()


def _standard(images: Tensor) -> Tensor:
    return (images.float() - _CENTRE) / _SCALE
