"""Real faces under a fresh key, and what an attacker sees of them."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from masquerade.attacks.base import Guess, Labelled, Pairs, View
from masquerade.data import builtin
from masquerade.disguises import Disguise
from masquerade.keys import Key
from masquerade.metrics import linkage, psnr
from masquerade.metrics.base import Score, Truth

SIDE = 32
PUBLIC_PEOPLE = 16


@cache
def faces() -> Tensor:
    """The 400 built-in faces at 32 x 32, grey, ordered by person, uint8."""
    return builtin.orl(SIDE, SIDE).images


def victims() -> Tensor:
    """Faces of the people whose photos are disguised, float32, shuffled."""
    mine = faces()[10 * PUBLIC_PEOPLE :].float()
    return mine[torch.randperm(len(mine), generator=torch.Generator().manual_seed(0))]


def public() -> Labelled:
    """Faces of other people."""
    images = faces()[: 10 * PUBLIC_PEOPLE].float()
    return Labelled(images, torch.arange(len(images)) // 10)


def tinted(images: Tensor) -> Tensor:
    """Three channels that resemble each other as those of photographs do."""
    shades = [images, 0.85 * images + 20 * (images / 255) ** 2, 0.7 * images + 15]
    return torch.cat(shades, 1).clamp(0, 255)


def disguised(images: Tensor, disguise: Disguise, secret: int = 1) -> Tensor:
    """The images under one key."""
    key = Key.from_secret(bytes([secret]) * 32)
    return disguise.with_key(key, tuple(images.shape[1:]))(images)


def disguised_apart(images: Tensor, disguise: Disguise) -> Tensor:
    """Each image under a key of its own: the negative control."""
    return torch.cat([disguised(image[None], disguise, secret=k % 256) for k, image in enumerate(images)])


def view(
    images: Tensor,
    disguise: Disguise,
    how: Callable[[Tensor, Disguise], Tensor] = disguised,
    *,
    pairs: int = 0,
    shows_public: bool = True,
    candidates: Tensor | None = None,
) -> View:
    """The images but the first ``pairs``, which leaked."""
    released = how(images, disguise)
    return View(
        released[pairs:],
        recipe=disguise.describe(),
        public=public() if shows_public else None,
        pairs=Pairs(images[:pairs], released[:pairs]) if pairs else None,
        candidates=candidates,
    )


def linked(guess: Guess, originals: Tensor) -> Score:
    """Linkage; in a ranking candidate k is the original of released image k."""
    return linkage(guess, _truth(originals))


def quality(guess: Guess, originals: Tensor) -> float:
    """Peak signal-to-noise ratio in dB."""
    return psnr(guess, _truth(originals)).value


def _truth(originals: Tensor) -> Truth:
    rows = torch.arange(len(originals))
    return Truth(originals, rows, candidate_rows=rows)
