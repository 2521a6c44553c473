"""Recipes: names, what their whole disguise is, and what of it is public."""

import pytest

from masquerade.disguises import BlockNormalise, BlockPermutation, Chain, Noise, TokenMatrix
from masquerade.errors import UsageError
from masquerade.recipes import RECIPES, recipe


def test_names_are_told_apart() -> None:
    assert len({known.name for known in RECIPES}) == len(RECIPES)
    with pytest.raises(UsageError, match="Did you mean xnn-none"):
        recipe("xnn-non")


def test_a_recipe_of_photos_is_its_disguise() -> None:
    assert recipe("dn-lfw").whole() is recipe("dn-lfw").disguise


def test_without_an_encoder_nothing_of_a_chain_is_its_public_part() -> None:
    for parts in ((), (BlockNormalise(4), Noise(1)), (BlockPermutation(1), TokenMatrix())):
        assert Chain(parts).public_prefix() == (None, Chain(parts))
