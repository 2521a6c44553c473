"""A structure that an attack cannot read is missing evidence; what needs no recipe runs without one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from attack_examples import disguised, disguised_apart, faces, linked, victims
from masquerade.attacks import EVERY_ATTACK
from masquerade.attacks.base import View
from masquerade.attacks.baselines.instahide_recipe import InstaHideRecipe
from masquerade.attacks.baselines.neuracrypt_patches import require_neuracrypt
from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.attacks.blocks.gram_fingerprint import GramFingerprint
from masquerade.attacks.blocks.norm_fingerprint import NormFingerprint
from masquerade.attacks.network_recipe import patch_of
from masquerade.attacks.structure import kinds_of
from masquerade.attacks.tokens.token_recipe import TokenRecipe
from masquerade.disguises import (
    EVERY_DISGUISE,
    BlockMatrix,
    BlockPermutation,
    Chain,
    Dauntless,
    Disguise,
    InstaHide,
    ManyKeys,
    NeuraCrypt,
    Noise,
    TokenMatrix,
)
from masquerade.disguises.baselines.any_tool import AnyTool
from masquerade.disguises.tokens.adversarial_noise import AdversarialNoise
from masquerade.errors import NotApplicable, UnreadStructure
from masquerade.recipes import recipe
from outside.signs import SecretSigns

READERS = {
    "blocks": BlockRecipe.from_description,
    "tokens": TokenRecipe.from_description,
    "network": patch_of,
    "instahide": InstaHideRecipe.from_description,
    "neuracrypt": require_neuracrypt,
}
READS = {
    "blocks": BlockMatrix(4),
    "tokens": TokenMatrix(),
    "network": Dauntless(),
    "instahide": InstaHide(),
    "neuracrypt": NeuraCrypt(),
}
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("beside", [(), (Noise(5),)], ids=["alone", "in a chain"])
def test_a_kind_that_no_attack_knows_is_not_read(name: str, beside: tuple[Disguise, ...]) -> None:
    with pytest.raises(UnreadStructure, match="SecretSigns"):
        READERS[name](Chain((*beside, SecretSigns())).describe())


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("other", READS)
def test_a_known_kind_of_another_family_is_no_concern(name: str, other: str) -> None:
    read: Callable[[dict[str, object]], object] = READERS[name]
    if name == other:
        read(READS[other].describe())
        assert read(Chain((READS[other],)).describe()) == read(READS[other].describe())
    else:
        with pytest.raises(NotApplicable):
            read(READS[other].describe())


@pytest.mark.parametrize("name", READERS)
def test_a_part_that_occurs_twice_is_not_read(name: str) -> None:
    with pytest.raises(UnreadStructure):
        READERS[name](Chain((READS[name], READS[name])).describe())


@pytest.mark.parametrize(
    "mixed",
    [
        Chain((BlockPermutation(4), InstaHide())),
        Chain((NeuraCrypt(), TokenMatrix())),
        ManyKeys(BlockMatrix(4)),
        Chain((BlockMatrix(8), Dauntless())),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", READERS)
def test_known_kinds_that_no_attack_knows_together_are_not_read(name: str, mixed: Disguise) -> None:
    with pytest.raises(UnreadStructure):
        READERS[name](mixed.describe())


def test_the_hardened_recipe_written_twice_is_not_read() -> None:
    once = recipe("hardened").whole()
    BlockRecipe.from_description(once.describe())
    with pytest.raises(UnreadStructure, match="once"):
        BlockRecipe.from_description(Chain((once, once)).describe())


def test_every_kind_has_an_attack_that_was_made_for_it() -> None:
    known = {kind.__name__ for kind in (*EVERY_DISGUISE, AdversarialNoise, AnyTool)} - {"Chain"}
    assert set().union(*(attack.reads for attack in EVERY_ATTACK)) == known


def test_kinds_are_told_in_order_with_what_stands_inside() -> None:
    described = Chain((Noise(1), Chain((ManyKeys(TokenMatrix()), Noise(2))))).describe()
    assert kinds_of(described) == ("Noise", "ManyKeys", "TokenMatrix", "Noise")
    assert kinds_of(Chain().describe()) == ()


@pytest.mark.parametrize("attack", [GramFingerprint(), NormFingerprint()], ids=lambda attack: attack.name)
@pytest.mark.parametrize("shows_recipe", [True, False])
def test_signs_and_places_of_pixels_hide_no_photo(
    attack: GramFingerprint | NormFingerprint, shows_recipe: bool
) -> None:
    mine = victims()
    public = faces()[:160].float()
    told = SecretSigns().describe() if shows_recipe else None
    seen = View(disguised(mine, SecretSigns()), recipe=told, candidates=torch.cat([mine, public]))
    assert linked(attack(seen, RNG), mine).value >= 0.95


def test_resemblance_finds_nothing_under_signs_of_each_photos_own() -> None:
    mine = victims()
    seen = View(disguised_apart(mine, SecretSigns()), candidates=mine)
    assert linked(GramFingerprint()(seen, RNG), mine).value < 0.05


def test_resemblance_needs_no_recipe_of_a_disguise_written_twice() -> None:
    mine = victims()
    twice = Chain((*[BlockMatrix(8), BlockPermutation(8)] * 2,))
    seen = View(disguised(mine, twice), recipe=twice.describe(), candidates=mine)
    assert linked(GramFingerprint()(seen, RNG), mine).value >= 0.95
