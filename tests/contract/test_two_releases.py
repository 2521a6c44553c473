"""One key, the same photos, two recipes: whoever holds both releases must not get more than from each."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from test_disguises import INSTANCES, KEY, SHAPE
from test_disguises import photos as any_photos
from torch import Tensor

from masquerade.disguises import (
    BlockMatrix,
    BlockPermutation,
    Chain,
    Disguise,
    GaussianNoise,
    InstaHide,
    MatchedNoise,
    Noise,
    TaskAugment,
    from_description,
)
from masquerade.keys import stream
from masquerade.recipes import recipe

MATRIX = BlockMatrix(4, variant="block", matrix="gaussian")
LEVELS = (25, 60)
NOISY = {
    "noise": [Noise(level) for level in LEVELS],
    "normal noise": [GaussianNoise(level) for level in LEVELS],
    "matched noise": [MatchedNoise(level / 5, fresh=True) for level in LEVELS],
    "one pattern": [MatchedNoise(level / 5) for level in LEVELS],
    "noise, then matrices": [Chain((Noise(level), MATRIX)) for level in LEVELS],
    "matrices, then noise": [Chain((MATRIX, BlockPermutation(4), Noise(level))) for level in LEVELS],
}


def photos() -> Tensor:
    """Of middle brightness, so that noise is not cut off."""
    return (any_photos(6).float() / 4 + 96).round()


def left_of_noise(pair: list[Disguise]) -> float:
    """The attack: what two releases leave of the noise, as a share of what the weaker one has.

    A release is M x + level n. If n and M are the same in both, ``(b Y1 - a Y2) / (b - a)`` is M x.
    """
    released = [each.with_key(KEY, SHAPE)(photos()) for each in pair]
    a, b = LEVELS
    guess = (b * released[0] - a * released[1]) / (b - a)
    plain = without_noise(pair[0], SHAPE, photos())
    return float((guess - plain).square().mean().sqrt() / (released[0] - plain).square().mean().sqrt())


def without_noise(disguise: Disguise, shape: tuple[int, int, int], images: Tensor) -> Tensor:
    """What the disguise's own matrices make of images."""
    if not isinstance(disguise, Chain):
        return images
    own = KEY.derive(f"disguise {disguise.digest}") if disguise.bound_to_parameters else KEY
    silent = tuple(Noise(0) if isinstance(part, Noise) else part for part in disguise.parts)
    return Chain(silent).keyed(own, shape)(images)


@pytest.mark.parametrize("pair", NOISY.values(), ids=NOISY)
def test_noise_of_two_levels_does_not_cancel(pair: list[Disguise], monkeypatch: pytest.MonkeyPatch) -> None:
    assert left_of_noise(pair) > 0.9
    monkeypatch.setattr(Disguise, "bound_to_parameters", False)
    assert left_of_noise(pair) < 0.15, "the attack does not work where it has to"


@contextmanager
def drawn_from(patch: pytest.MonkeyPatch) -> Iterator[set[bytes]]:
    """The seeds of all streams that are opened meanwhile, whatever their purpose is called."""
    seeds: set[bytes] = set()
    expand = stream.expand

    def noted(*given: object) -> object:
        secret = expand(*given)  # type: ignore[arg-type]
        seeds.add(secret.reveal())
        return secret

    with patch.context() as within:
        within.setattr(stream, "expand", noted)
        yield seeds


def seeds_of(disguise: Disguise, patch: pytest.MonkeyPatch) -> set[bytes]:
    with drawn_from(patch) as seeds:
        disguise.with_key(KEY, SHAPE)(any_photos())
    return seeds


def test_disguises_with_other_parameters_share_no_secret_number(monkeypatch: pytest.MonkeyPatch) -> None:
    owner: dict[bytes, Disguise] = {}
    for disguise in (each for each in INSTANCES if each.bound_to_parameters):
        for seed in seeds_of(disguise, monkeypatch):
            assert owner.setdefault(seed, disguise) is disguise
    assert len(owner) > 100
    monkeypatch.setattr(Disguise, "bound_to_parameters", False)
    one, other = (seeds_of(Noise(level), monkeypatch) for level in LEVELS)
    assert one & other, "what is shared would not be noticed"


def test_who_is_mixed_with_whom_is_drawn_anew_for_other_parameters() -> None:
    many = torch.randint(0, 256, (60, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    one, other = (InstaHide(k=3, ceiling=c).with_key(KEY, SHAPE).mixture(many)[0] for c in (0.5, 0.6))
    assert (one[:, 1:] == other[:, 1:]).mean() < 0.1
    shares = torch.ones(60, 1)
    tasks = [TaskAugment(classes=30, width=w, patch=8).with_key(KEY, SHAPE) for w in (8, 9)]
    partners = [task.targets(many, shares).argmax(1) for task in tasks]
    assert (partners[0] == partners[1]).float().mean() < 0.2


@pytest.mark.parametrize("level", [50, 50.0])
def test_a_number_is_the_same_however_it_is_written(level: float) -> None:
    described = {
        "kind": "Chain",
        "parts": [{"kind": "Noise", "level": level}, {"kind": "BlockMatrix", "block": [4, 4]}],
    }
    ours, theirs = from_description(described), Chain((Noise(50), BlockMatrix(4)))
    assert ours.digest == theirs.digest
    assert torch.equal(ours.with_key(KEY, SHAPE)(any_photos()), theirs.with_key(KEY, SHAPE)(any_photos()))


def test_the_default_recipe_at_two_noise_levels_does_not_cancel() -> None:
    chosen = recipe("blocks-noise")
    shape = (3 if chosen.mode == "RGB" else 1, chosen.height, chosen.width)
    images = torch.randint(0, 256, (4, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    plain = chosen.disguise
    assert isinstance(plain, Chain)
    level = next(part.level for part in plain.parts if isinstance(part, Noise))
    more = Chain(tuple(Noise(1.5 * level) if isinstance(part, Noise) else part for part in plain.parts))
    released = [each.with_key(KEY, shape)(images) for each in (plain, more)]
    truth = without_noise(plain, shape, images)
    guess = 3 * released[0] - 2 * released[1]
    assert (guess - truth).square().mean() > (released[0] - truth).square().mean()


def test_a_masknet_is_its_owners_whatever_the_cloak() -> None:
    free = [each for each in INSTANCES if not each.bound_to_parameters]
    assert {type(each).__name__ for each in free} == {
        "MaskNetCloak",
        "SeveralCloaks",
        "OnePassCloak",
        "FeltCloak",
    }
