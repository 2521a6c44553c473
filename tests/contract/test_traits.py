"""The four traits that each disguise declares are the ones that are measured on it as a black box, both ways."""

from dataclasses import replace

import pytest
import torch
from test_disguises import INSTANCES, KEY, SHAPE
from torch import Tensor
from torch.nn import functional

from attack_examples import faces
from masquerade.disguises import (
    BlockMatrix,
    BlockPermutation,
    Chain,
    Disguise,
    Noise,
    TaskAugment,
)
from masquerade.measuring import Measured, measured_traits
from masquerade.traits import Traits
from outside.signs import SecretSigns


def photos(n: int) -> Tensor:
    """Faces of three people each, one for each channel, whole grey levels, ``(n, 3, 16, 16)``."""
    small = functional.adaptive_avg_pool2d(faces().float(), 16)[:, 0]
    return torch.stack([small[k::16] for k in (0, 5, 11)], 1).round()[:n]


def measured(disguise: Disguise) -> Measured:
    draws = 64 if isinstance(disguise, TaskAugment) else 16
    size = (8, 2) if disguise.takes_long else (24, draws)
    return measured_traits(disguise.with_key(KEY, SHAPE), photos(size[0]), size[1])


DECLARED = [disguise for disguise in INSTANCES if disguise.traits is not None]
LEFT = [disguise for disguise in INSTANCES if disguise.traits is None]


@pytest.mark.parametrize("disguise", DECLARED, ids=repr)
def test_declared_traits_are_the_measured_ones(disguise: Disguise) -> None:
    found = measured(disguise)
    assert found.traits == disguise.traits, found


@pytest.mark.parametrize("disguise", LEFT, ids=repr)
def test_what_leaves_them_to_measurement_is_a_small_change_to_each_photo(disguise: Disguise) -> None:
    found = measured(disguise)
    assert found.traits == replace(
        found.traits, deterministic=True, same_map=True, keeps_inner_products=True
    ), found


@pytest.mark.parametrize("level", [5, 50, 150])
def test_noise_on_top_hides_no_trait(level: float) -> None:
    noisy = Chain((Noise(level), BlockMatrix(8, variant="block"), BlockPermutation(8)))
    assert measured(noisy).traits == Traits(True, True, True, True)


def test_somebody_elses_protection_is_measured_too() -> None:
    assert measured(SecretSigns()).traits == Traits(True, True, True, True)
