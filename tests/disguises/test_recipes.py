"""Recipes: names, what their whole disguise is, and what of it is public."""

from dataclasses import replace

import pytest

from encoder_examples import tiny_encoder
from masquerade.cloaking.methods import current_method
from masquerade.cloaking.worth import worth
from masquerade.disguises import BlockNormalise, BlockPermutation, Chain, Encode, Noise, TokenMatrix
from masquerade.encoders import Encoder
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


def test_the_public_part_of_a_chain_ends_with_its_encoder() -> None:
    encode, rest = Encode(tiny_encoder()), (TokenMatrix(), BlockPermutation(1))
    assert Chain((encode, *rest)).public_prefix() == (encode, Chain(rest))
    assert Chain((BlockNormalise(4), encode, BlockNormalise(1))).public_prefix() == (
        Chain((BlockNormalise(4), encode)),
        Chain((BlockNormalise(1),)),
    )
    behind_a_secret = Chain((Noise(1), encode))
    assert behind_a_secret.public_prefix() == (None, behind_a_secret)


def test_an_encoder_comes_first_in_the_whole_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def open_tiny(name: object) -> Encoder:
        opened.append(name)
        return tiny_encoder()

    monkeypatch.setattr("masquerade.recipes.base.open_encoder", open_tiny)
    xnn = replace(recipe("xnn"), encoder="mine")
    assert opened == []
    assert xnn.whole() == Chain((Encode(tiny_encoder()), *recipe("xnn").disguise.parts))  # type: ignore[attr-defined]
    assert opened == ["mine"]
    assert replace(xnn, disguise=TokenMatrix()).whole() == Chain((Encode(tiny_encoder()), TokenMatrix()))


def test_a_cloak_before_the_encoder_takes_its_own_changes() -> None:
    whole = recipe("crafter-fawkes").changed({"mode": "low"}).whole()
    assert isinstance(whole, Chain)
    assert [type(part).__name__ for part in whole.parts] == ["Fawkes", "SplitEncode"]
    assert whole.describe()["parts"][0]["mode"] == "low"
    with pytest.raises(UsageError, match="no such parameter"):
        recipe("crafter-fawkes").changed({"beta": 1})


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("hardened", "blocks-noise"),
        ("felt", "recogniser-cloak"),
        ("felt-one-pass", "recogniser-cloak-one-pass"),
    ],
)
def test_a_recipe_is_still_found_by_its_earlier_name(earlier: str, now: str) -> None:
    assert recipe(earlier) is recipe(now)


@pytest.mark.parametrize(
    ("earlier", "now"), [("felt", "recogniser"), ("felt-one-pass", "recogniser-one-pass")]
)
def test_a_way_of_cloaking_is_still_found_by_its_earlier_name(earlier: str, now: str) -> None:
    assert worth(earlier) == worth(now)
    assert current_method(earlier) == now
