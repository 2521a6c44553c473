"""Who blurs his own photos too compares like with like; and what colours alone tell."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from attack_examples import disguised, faces, tinted
from masquerade.attacks.base import Attack, Labelled, Labels, View
from masquerade.attacks.baselines.protected_gallery import ProtectedGallery
from masquerade.attacks.pictures.colours import Colours
from masquerade.disguises import Disguise, GaussianBlur
from masquerade.errors import NotApplicable

NAME = "mean-pool"
"""Attacks keep vectors by the recogniser's name: a stand-in must not go under that of a real one."""


def _people(start: int, stop: int, parity: int) -> Labelled:
    rows = torch.arange(10 * start, 10 * stop)
    rows = rows[rows % 2 == parity]
    return Labelled(tinted(faces()[rows].float()), rows // 10 - start)


def share_named(attack: Attack, disguise: Disguise, *, alike: bool) -> float:
    """Of twelve people, whose other photos the attacker has; with ``alike`` he can protect his own."""
    mine = _people(0, 12, 0)
    public = _people(12, 30, 0)
    view = View(
        disguised(mine.images, disguise),
        gallery=_people(0, 12, 1),
        public=public,
        fresh=(lambda: partial(disguised, disguise=disguise)) if alike else None,
        recognisers={NAME: _mean_pool},
    )
    guess = attack(view, np.random.default_rng(0))
    assert isinstance(guess, Labels)
    return float((guess.labels == mine.labels).float().mean())


def _mean_pool(images: Tensor) -> Tensor:
    """A recogniser that no blur of this size bothers much: small grey pictures."""
    return torch.nn.functional.adaptive_avg_pool2d(images.mean(1, keepdim=True), 12).flatten(1)


def test_photos_blurred_alike_name_more_than_clean_ones() -> None:
    clean = share_named(ProtectedGallery(NAME), GaussianBlur(3.0), alike=False)
    alike = share_named(ProtectedGallery(NAME), GaussianBlur(3.0), alike=True)
    assert alike >= clean
    assert alike > 0.5


@pytest.mark.parametrize("sigma", [2.0, 30.0])
def test_colours_name_people_whatever_the_blur(sigma: float) -> None:
    assert share_named(Colours(), GaussianBlur(sigma), alike=True) > 0.3


@pytest.mark.parametrize("attack", [Colours(), ProtectedGallery(NAME)], ids=lambda attack: attack.name)
def test_what_is_no_picture_is_left_to_other_attacks(attack: Attack) -> None:
    view = View(
        torch.zeros(10, 192, 2, 2),
        gallery=_people(0, 12, 1),
        public=_people(12, 30, 0),
        recognisers={NAME: _mean_pool},
    )
    with pytest.raises(NotApplicable):
        attack(view, np.random.default_rng(0))
