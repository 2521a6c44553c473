"""Made-up people on made-up feature maps: an encoder's answers, without an encoder."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.disguises import BlockPermutation, Chain, TokenMatrix
from masquerade.guesses import Guess, Ranking
from masquerade.keys import Key
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.people.rank1 import rank1

SHAPE = (16, 4, 4)
TINY = {"width": 32, "depth": 1, "heads": 2, "head": "cosine"}


def people(count: int, each: int, seed: int, spread: float = 0.6) -> tuple[Tensor, Tensor]:
    """Feature maps ``(count * each, 16, 4, 4)`` and labels; every person has a map of their own."""
    drawn = torch.Generator().manual_seed(seed)
    own = torch.randn((count, 1, *SHAPE), generator=drawn)
    every = own + spread * torch.randn((count, each, *SHAPE), generator=drawn)
    return every.flatten(0, 1), torch.arange(count).repeat_interleave(each)


def fresh_keys(seed: int = 0) -> Callable[[], Callable[[Tensor], Tensor]]:
    """XNN's obfuscation under a new key at each call."""
    drawn = torch.Generator().manual_seed(seed)
    disguise = Chain((BlockPermutation(1), TokenMatrix()))

    def draw() -> Callable[[Tensor], Tensor]:
        secret = torch.randint(0, 256, (32,), generator=drawn, dtype=torch.uint8)
        return disguise.with_key(Key.from_secret(bytes(secret.tolist())), SHAPE)

    return draw


def unobfuscated() -> Callable[[Tensor], Tensor]:
    """No obfuscation, however often asked."""
    return lambda maps: maps


def found(guess: Guess, labels: Tensor) -> Score:
    """Rank-1 with the released maps themselves as gallery."""
    rows = torch.arange(len(labels))
    return rank1(guess, Truth(torch.zeros(len(labels), 1), labels, None, rows, labels))


def same_photo(guess: Guess) -> float:
    """Share of released maps whose own candidate is nearest."""
    assert isinstance(guess, Ranking)
    return float((guess.similarity.argmax(1) == torch.arange(len(guess.similarity))).float().mean())


def told_apart(vectors: Tensor, labels: Tensor) -> float:
    """Leave-one-out rank-1 identification by cosine."""
    unit = functional.normalize(vectors.flatten(1))
    return found(Ranking(unit @ unit.T), labels).value
