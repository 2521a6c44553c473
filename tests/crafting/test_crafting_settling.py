"""Crafting stops once features have come to rest, and not before."""

import torch
from torch import Generator

from crafting_examples import LATENTS, near_manifold, normal, tiny
from masquerade.crafting.craft import Crafted, craft
from masquerade.crafting.settings import AdversaryOptions, CraftSettings
from masquerade.crafting.settling import Settling, SettlingOptions


def test_looks_at_every_photo_once_in_a_window() -> None:
    originals = torch.zeros(2, 1, 1, 2)
    settling = Settling(originals, SettlingOptions(tolerance=0.1, window=3))
    far = torch.ones_like(originals)
    assert not settling.reached(far, 3)  # all of the way in one window
    assert not settling.reached(far, 4)  # not looked at
    one_moves = far.clone()
    one_moves[1] += 0.2
    assert not settling.reached(one_moves, 6)
    assert settling.reached(one_moves * 1.05, 9)


def test_no_tolerance_never_stops() -> None:
    originals = torch.zeros(1, 1, 1, 2)
    settling = Settling(originals, SettlingOptions(window=1))
    assert not any(settling.reached(originals, number) for number in range(1, 4))


def crafted(settling: SettlingOptions, beta: float) -> Crafted:
    rebuild, private = tiny(), 2 + 0.3 * normal(3, LATENTS)
    settings = CraftSettings(
        iterations=12,
        beta=beta,
        learning_rate=0.02,
        settling=settling,
        adversary=AdversaryOptions(width=4, steps=1, minibatch=4),
    )
    originals = near_manifold(rebuild, private, noise=0.02)
    random = Generator().manual_seed(1)
    return craft(originals, rebuild, settings, pool=normal(4, LATENTS), start=private, random=random)


def test_crafting_stops_early_with_what_it_has() -> None:
    loose = crafted(SettlingOptions(tolerance=0.9, window=4), beta=1.0)
    whole = crafted(SettlingOptions(), beta=1.0)
    assert (len(loose.log), len(whole.log)) == (8, 12)
    assert loose.log == whole.log[:8]
    assert not torch.equal(loose.features, whole.features)
