"""A few photos that are public besides give the key, and the key gives everybody."""

import numpy as np
import pytest
import torch

from masquerade.attacks.base import Ranking, View
from masquerade.attacks.tokens.escalation import TokenEscalation
from masquerade.disguises import Disguise
from token_examples import (
    GAUSSIAN,
    ORTHOGONAL,
    TWO_KEYS,
    disguised,
    owners,
    public,
    scores,
    unprotected,
    view,
)

RNG = np.random.default_rng(0)
QUICK = TokenEscalation(guesses=12)


@pytest.mark.parametrize("disguise", [GAUSSIAN, ORTHOGONAL, TWO_KEYS], ids=["gaussian", "orthogonal", "two"])
def test_everybody_is_found(disguise: Disguise) -> None:
    same, second = scores(QUICK(view(disguise), RNG))
    assert same == 1
    assert second > unprotected() - 0.02


def test_ten_shared_photos_identify_the_others() -> None:
    images, people = owners().images, owners().labels
    released, shared = images[:125], images[:10]
    # other photos of the same people, and people who are not in the data at all
    candidates = torch.cat([shared, images[125:], public().images])
    names = torch.cat([people[:10], people[125:], public().labels + 100])
    seen = View(disguised(released, GAUSSIAN), None, GAUSSIAN.describe(), public(), candidates=candidates)
    guess = TokenEscalation()(seen, RNG)
    assert isinstance(guess, Ranking)
    found = guess.similarity.argmax(1)
    assert float((found[:10] == torch.arange(10)).float().mean()) > 0.9
    assert float((names[found] == people[:125])[10:].float().mean()) > 0.8


def test_a_key_for_each_photo_resists() -> None:
    assert scores(TokenEscalation(guesses=4)(view(GAUSSIAN, apart=True), RNG))[0] < 0.1
