"""Attacks that need no recipe, on protections written here: what falls, and what must not seem to fall."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attack_examples import disguised, faces, linked, tinted
from masquerade.attacks.base import Attack, Disguising, Guess, Labelled, Labels, Membership, Pairs, View
from masquerade.attacks.generic.detection import Detection
from masquerade.attacks.generic.few_pairs_ridge import FewPairsRidge
from masquerade.attacks.generic.invariant_linkage import InvariantLinkage
from masquerade.attacks.generic.learned_inverter import LearnedInverter
from masquerade.attacks.generic.learned_linkage import LearnedLinkage
from masquerade.attacks.generic.public_recogniser import PublicRecogniser
from masquerade.attacks.generic.vector_identity import VectorIdentity
from masquerade.disguises import BlockMatrix, BlockPermutation, Chain
from masquerade.errors import NotApplicable
from masquerade.metrics import detection, ssim
from masquerade.metrics.base import Truth

PEOPLE = 10
SIGNS = Chain((BlockMatrix(1), BlockPermutation(1)))
BLOCKS = Chain((BlockMatrix(4, variant="block"), BlockPermutation(4)))


@cache
def colour() -> Tensor:
    return tinted(faces().float())


def victims() -> Tensor:
    """Half of the photos of the last thirty people; 150."""
    return colour()[100:].reshape(30, 10, 3, 32, 32)[:, ::2].flatten(0, 1)


def gallery() -> Labelled:
    """The other half, named."""
    others = colour()[100:].reshape(30, 10, 3, 32, 32)[:, 1::2].flatten(0, 1)
    return Labelled(others, torch.arange(30).repeat_interleave(5))


def who() -> Tensor:
    return torch.arange(30).repeat_interleave(5)


def public() -> Labelled:
    return Labelled(colour()[:100], torch.arange(PEOPLE).repeat_interleave(10))


def signs(images: Tensor, fresh: bool, centre: float = 0.0) -> Tensor:
    """Every pixel at another place, with a secret sign, after ``centre`` is taken off."""
    draw = torch.Generator().manual_seed(1)
    d = images[0].numel()
    out = []
    for image in images:
        if fresh or not out:
            order = torch.randperm(d, generator=draw)
            sign = torch.randint(0, 2, (d,), generator=draw) * 2.0 - 1
        out.append(((image.flatten() - centre) * sign)[order].reshape(image.shape))
    return torch.stack(out)


def convolution(seed: int) -> Disguising:
    kernel = torch.randn(3, 3, 3, 3, generator=torch.Generator().manual_seed(seed))
    return lambda images: functional.conv2d(images.float(), kernel, padding=1)


def keys_of(make: object, first: int = 100) -> object:
    """Draws protections under new keys, as ``View.fresh`` does."""
    numbers = iter(range(first, first + 100))
    return lambda: make(next(numbers))  # type: ignore[operator]


def blocks(secret: int) -> Disguising:
    return lambda images: disguised(images, BLOCKS, secret)


def ran(attack: Attack, released: Tensor, **shown: object) -> Guess:
    return attack(View(released, **shown), np.random.default_rng(0))  # type: ignore[arg-type]


def hits(attack: Attack, released: Tensor, **shown: object) -> float:
    candidates = torch.cat([victims(), public().images])
    return linked(ran(attack, released, candidates=candidates, **shown), victims()).value


@pytest.mark.parametrize("centre", [0.0, 127.5])
@pytest.mark.parametrize("fresh", [True, False], ids=["a key for each photo", "one key"])
def test_signs_and_order_keep_magnitudes(fresh: bool, centre: float) -> None:
    assert hits(InvariantLinkage(), signs(victims(), fresh, centre)) == 1.0


@pytest.mark.parametrize("secret", [1, 2, 3])
def test_a_keyed_convolution_keeps_the_spectrum_up_to_a_factor(secret: int) -> None:
    assert hits(InvariantLinkage(), convolution(secret)(victims())) > 0.9


def test_blocks_keep_lengths() -> None:
    assert hits(InvariantLinkage(), disguised(victims(), BLOCKS)) > 0.9


@pytest.mark.parametrize("protect", [blocks(1), convolution(1), lambda x: signs(x, True)])
def test_released_from_other_photos_nothing_is_linked(protect: Disguising) -> None:
    others = gallery().images
    assert hits(InvariantLinkage(), protect(others.flip(0))) < 0.06


def test_feature_maps_are_linked_alike() -> None:
    maps = victims().reshape(150, 48, 8, 8)
    candidates = torch.cat([victims(), public().images]).reshape(-1, 48, 8, 8)
    guess = ran(InvariantLinkage(), signs(maps, True), candidates=candidates)
    assert linked(guess, maps).value == 1.0


def test_likeness_is_learned_under_own_keys() -> None:
    shown = {"public": public(), "fresh": keys_of(convolution)}
    assert hits(LearnedLinkage(steps=30), convolution(1)(victims()), **shown) > 0.2
    assert hits(LearnedLinkage(steps=30), convolution(1)(victims().flip(0)), **shown) < 0.05


def test_eight_pairs_link_the_rest_and_wrong_pairs_do_not() -> None:
    released = disguised(victims(), BLOCKS)
    known = gallery().images[::18][:8]
    leaked = disguised(known, BLOCKS)
    assert hits(FewPairsRidge(), released, pairs=Pairs(known, leaked)) > 0.9
    assert hits(FewPairsRidge(), released, pairs=Pairs(known, leaked.roll(5, 0))) < 0.1
    assert hits(FewPairsRidge(), released, pairs=Pairs(known[:1], leaked[:1])) < 0.2


def test_people_are_named_by_vectors_where_there_is_no_key() -> None:
    def mirrored(images: Tensor) -> Tensor:
        return 300 - 2 * images.float().flip(3)

    def right(released: Tensor, **shown: object) -> float:
        guess = ran(VectorIdentity(), released, gallery=gallery(), public=public(), **shown)
        assert isinstance(guess, Labels)
        return float((guess.labels == who()).float().mean())

    assert right(mirrored(victims()), fresh=lambda: mirrored) > 0.8
    assert right(mirrored(victims()), query=mirrored) > 0.8
    assert right(victims()) > 0.8
    assert right(mirrored(victims().roll(5, 0)), fresh=lambda: mirrored) < 0.1


def test_a_recogniser_names_people_on_what_is_still_a_face() -> None:
    def dimmed(seed: int) -> Disguising:
        shift = 20 * (seed % 5)
        return lambda images: 0.5 * images.float() + shift

    few = torch.arange(0, 150, 5)
    shown = {"gallery": gallery(), "public": public(), "recognisers": _Recognisers()}
    guess = ran(PublicRecogniser(steps=10), dimmed(3)(victims())[few], fresh=keys_of(dimmed), **shown)
    assert isinstance(guess, Labels)
    assert float((guess.labels == who()[few]).float().mean()) > 0.6
    guess = ran(PublicRecogniser(steps=10), signs(victims()[few], True), **shown)
    assert isinstance(guess, Labels)
    assert float((guess.labels == who()[few]).float().mean()) < 0.2


class _Recognisers(dict[str, object]):
    """A stand-in recogniser: faces made small, their mean taken off."""

    def __getitem__(self, name: str) -> object:
        return lambda images: functional.adaptive_avg_pool2d(
            (images - images.mean((1, 2, 3), keepdim=True)).mean(1, keepdim=True), 8
        ).flatten(1)


def test_a_recogniser_takes_no_feature_maps() -> None:
    maps = Labelled(torch.zeros(20, 48, 8, 8), torch.arange(20))
    with pytest.raises(NotApplicable):
        ran(PublicRecogniser(), maps.images, gallery=maps, public=maps, recognisers=_Recognisers())


def test_answers_teach_to_undo_and_more_of_them_teach_more() -> None:
    truth = Truth(victims()[:60], who()[:60])
    released = disguised(victims()[:60], BLOCKS)
    scores = [
        ssim(
            ran(LearnedInverter(queries=n, steps=0), released, public=public(), query=blocks(1)), truth
        ).value
        for n in (0, 100)
    ]
    assert scores[1] > scores[0] + 0.1


def test_scrambled_photos_are_told_from_others() -> None:
    met = torch.cat([disguised(victims()[:50], BLOCKS), gallery().images[:50]])
    protected = torch.arange(100) < 50
    truth = Truth(met, torch.arange(100), sighting_identities=torch.arange(100), sighting_cloaked=protected)
    guess = ran(Detection(), met, public=public(), fresh=keys_of(blocks), sightings=met)
    assert isinstance(guess, Membership)
    assert detection(guess, truth).value > 0.95
    wrong = Truth(
        met,
        torch.arange(100),
        sighting_identities=torch.arange(100),
        sighting_cloaked=torch.arange(100) % 2 == 0,
    )
    assert 0.35 < detection(guess, wrong).value < 0.65
