"""Links released images to photos by likenesses learned under keys of the attacker's own; no key, no pairs.

Whoever knows the recipe can protect public photos as often as he likes. What then survives from photo to protected
photo under every key is learned twice: by canonical correlations between invariants of both, in closed form, and by
two small networks that bring both to one space. Photos and keys that neither saw decide how much each counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from masquerade.attacks.agreement import levelled
from masquerade.attacks.base import Attack, Control, Guess, Ranking, Sight, View
from masquerade.attacks.canonical import RIDGES, Canonical
from masquerade.attacks.generic.invariants import bank
from masquerade.attacks.generic.two_towers import train_towers
from masquerade.attacks.own_pairs import OwnPairs, under_own_keys
from masquerade.attacks.principal import leading_axes

AXES: Final = 48
"""Principal axes at most of one kind of numbers."""
_Compared = Callable[[Tensor, Tensor], Tensor]


@final
@dataclass(frozen=True)
class LearnedLinkage(Attack):
    """Learns on public photos under own keys which protected photo is which photo.

    Args:
        keys: Keys of the attacker's own, of which a third, at least one, is kept for measuring.
        photos: Public photos at most that are protected under each.
        numbers: Numbers of pixels at most that are protected in all; larger photos are fewer.
        steps: Batches that the networks learn from; 0 for none.
    """

    name: ClassVar[str] = "learned_linkage"
    needs: ClassVar[frozenset[Sight]] = frozenset({Sight.CANDIDATES, Sight.PUBLIC, Sight.FRESH})
    control: ClassVar[Control] = Control(
        "none", "linkage", 0.3, "ours: that a photo is like itself is learned from a hundred others"
    )

    keys: int = 6
    photos: int = 400
    numbers: int = 12_000_000
    steps: int = 150

    def run(self, view: View, rng: np.random.Generator) -> Guess:
        """How much likelier each candidate is than a stranger, ``(n, m)``, rows standardised."""
        assert view.candidates is not None  # noqa: S101  (the sealed caller checked it)
        size = max(1, view.released[0].numel())
        photos = min(self.photos, max(32, self.numbers // (size * self.keys)))
        own = under_own_keys(view, self.keys, photos, rng)
        released, candidates = bank(view.released), bank(view.candidates)
        learned = _Learned.of(own, self.steps, rng)
        return Ranking(learned.similarity(released, candidates).float())


@dataclass(frozen=True)
class _Learned:
    """Axes of both sides, and the comparison that found most where nothing was learned."""

    left: "_Axes"
    right: "_Axes"
    compared: _Compared

    @classmethod
    def of(cls, own: OwnPairs, steps: int, rng: np.random.Generator) -> "_Learned":
        keys = int(own.keys.max()) + 1
        n = len(own.keys) // keys
        by_key = [bank(own.protected[own.keys == key]) for key in range(keys)]
        plain = bank(own.photos.images[:n])
        left, right = _Axes.of([_standard(torch.cat(kind)) for kind in _kinds(by_key)]), _Axes.of(plain)
        x = torch.stack([left.place(numbers) for numbers in by_key])
        y = right.place(plain)
        new_keys = torch.arange(keys) >= keys - max(1, keys // 3)
        new_photos = torch.arange(n) % 3 == 0
        rows = _Rows(x, y, new_keys, new_photos)
        canonical = max((rows.canonical(ridge) for ridge in RIDGES), key=lambda c: rows.rehearsed(c.evidence))
        ways: list[_Compared] = [canonical.evidence]
        if steps:
            seen = x[~new_keys][:, ~new_photos], y[~new_photos]
            towers = train_towers(*seen, steps, rng)
            ways += [towers.similarity, lambda a, b: _sum(canonical.evidence(a, b), towers.similarity(a, b))]
        return cls(left, right, max(ways, key=rows.rehearsed))

    def similarity(self, released: list[Tensor], candidates: list[Tensor]) -> Tensor:
        return levelled(self.compared(self.left.place(released), self.right.place(candidates)))


@dataclass(frozen=True)
class _Rows:
    """Placed photos: protected ``(keys, n, f)``, plain ``(n, g)``, and which keys and photos are kept apart."""

    protected: Tensor
    plain: Tensor
    new_keys: Tensor
    new_photos: Tensor

    def canonical(self, ridge: float) -> Canonical:
        seen = self.protected[~self.new_keys][:, ~self.new_photos].flatten(0, 1)
        new = self.protected[self.new_keys][:, self.new_photos].flatten(0, 1)
        plain = [self.plain[~self.new_photos], self.plain[self.new_photos]]
        times = [int((~self.new_keys).sum()), int(self.new_keys.sum())]
        both = torch.cat([some.repeat(count, 1) for some, count in zip(plain, times, strict=True)])
        return Canonical.of(torch.cat([seen, new]), both, torch.arange(len(both)) >= len(seen), ridge)

    def rehearsed(self, similarity: _Compared) -> float:
        """Share of photos found above chance, among photos and under keys that nothing was learned from."""
        plain = self.plain[self.new_photos]
        right = torch.arange(len(plain))
        shares = [
            float((levelled(similarity(x, plain)).argmax(1) == right).float().mean())
            for x in self.protected[self.new_keys][:, self.new_photos]
        ]
        return max(0.0, sum(shares) / len(shares) - 1 / len(plain))


@dataclass(frozen=True)
class _Axes:
    """Principal axes of each kind of numbers."""

    bases: Sequence[Tensor]

    @classmethod
    def of(cls, kinds: Sequence[Tensor]) -> "_Axes":
        bases = [leading_axes(_standard(numbers), AXES).float() for numbers in kinds]
        return cls(bases)

    def place(self, kinds: Sequence[Tensor]) -> Tensor:
        """Coordinates ``(n, f)`` after each kind is standardised by the images at hand."""
        return torch.cat([_standard(some) @ basis for some, basis in zip(kinds, self.bases, strict=True)], 1)


def _sum(evidence: Tensor, cosines: Tensor) -> Tensor:
    return levelled(evidence) + levelled(cosines.double())


def _kinds(by_key: Sequence[Sequence[Tensor]]) -> list[list[Tensor]]:
    """The same kind of numbers under every key, each standardised under its own."""
    return [[_standard(numbers) for numbers in kind] for kind in zip(*by_key, strict=True)]


def _standard(numbers: Tensor) -> Tensor:
    spread = numbers.std(0)
    return (numbers - numbers.mean(0)) / (spread + 1e-6 * spread.mean() + 1e-9)
