"""One secret network for all photos: it keeps who resembles whom, and leaked pairs teach it."""

import numpy as np
import pytest
import torch
from torch import Tensor

from masquerade.attacks.base import Attack, Pairs, Ranking, View
from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.attacks.tokens.random_network_known_pairs import NetworkKnownPairs
from masquerade.data import builtin
from masquerade.disguises import Chain, Dauntless, Disguise, NeuraCrypt, Noise, TaskAugment
from masquerade.errors import AttackError, NotApplicable, UnreadStructure
from masquerade.keys import Key

SHAPE = (1, 48, 48)
WHOLE, PATCHES = Dauntless(width=256), TaskAugment(width=64, patch=8)
VICTIMS = 100
LEAKED = slice(300, 400)


@pytest.fixture(scope="module")
def faces() -> Tensor:
    images = builtin.orl(*SHAPE[1:]).images
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(0))]


def linked(attack: Attack, how: Disguise, faces: Tensor, pairs: int) -> float:
    """Share of released photos whose best candidate is their own."""
    keyed = how.with_key(Key.from_secret(bytes(32)), SHAPE)
    leaked = faces[LEAKED][:pairs]
    view = View(
        keyed(faces[:VICTIMS]),
        recipe=how.describe(),
        candidates=faces[: VICTIMS + 40].float(),
        pairs=Pairs(leaked.float(), keyed(leaked)),
    )
    guess = attack(view, np.random.default_rng(0))
    assert isinstance(guess, Ranking)
    return float((guess.similarity.argmax(1) == torch.arange(VICTIMS)).float().mean())


@pytest.mark.parametrize(("how", "share"), [(WHOLE, 0.9), (PATCHES, 0.7), (Chain((WHOLE,)), 0.9)])
def test_pairs_teach_the_network(faces: Tensor, how: Disguise, share: float) -> None:
    assert linked(NetworkKnownPairs(), how, faces, 100) > share  # of patches, .76 to .98 over eight keys


@pytest.mark.parametrize("how", [WHOLE, PATCHES])
def test_one_pair_teaches_nothing(faces: Tensor, how: Disguise) -> None:
    assert linked(NetworkKnownPairs(), how, faces, 1) < 0.1


def test_a_network_on_whole_photos_keeps_resemblance(faces: Tensor) -> None:
    assert linked(GramFingerprint(), WHOLE, faces, 1) > 0.5


@pytest.mark.parametrize(
    ("how", "error"),
    [(NeuraCrypt(depth=1, width=16, patch=8), NotApplicable), (Chain((WHOLE, Noise(5))), UnreadStructure)],
)
def test_other_recipes_do_not_concern_it(faces: Tensor, how: Disguise, error: type[AttackError]) -> None:
    with pytest.raises(error):
        linked(NetworkKnownPairs(), how, faces, 4)
