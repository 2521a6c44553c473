"""What attackers read from a recipe's public description."""

import pytest

from masquerade.attacks.block_recipe import BlockRecipe
from masquerade.errors import NotApplicable, UnreadStructure

ROTATION = {"kind": "BlockMatrix", "block": 2, "variant": "rows", "matrix": "orthogonal", "per_channel": True}
NOISE = {"kind": "Noise", "level": 50}
SHUFFLE = {"kind": "BlockPermutation", "block": 2}


def chain(*parts: dict[str, object]) -> dict[str, object]:
    return {"kind": "Chain", "parts": list(parts)}


def test_the_order_in_the_chain_tells_where_the_noise_is_added() -> None:
    before = BlockRecipe.from_description(chain(NOISE, ROTATION, SHUFFLE))
    assert (before.noise_before, before.noise_after, before.noise) == (50, 0, 50)
    assert (before.block, before.variant, before.permuted) == ((2, 2), "rows", True)
    after = BlockRecipe.from_description(chain(ROTATION, chain(SHUFFLE, NOISE)))
    assert (after.noise_before, after.noise_after) == (0, 50)


def test_a_single_part_needs_no_chain() -> None:
    recipe = BlockRecipe.from_description({"kind": "BlockPermutation", "block": [4, 8]})
    assert recipe == BlockRecipe(block=(4, 8), permuted=True)
    grid = recipe.grid((3, 16, 32))
    assert (grid.rows, grid.columns) == (4, 4)


def test_what_is_not_made_of_blocks_is_not_read() -> None:
    with pytest.raises(UnreadStructure, match="MaskNet"):
        BlockRecipe.from_description(chain(NOISE, {"kind": "MaskNet"}))
    with pytest.raises(UnreadStructure, match="block"):
        BlockRecipe.from_description(chain(ROTATION, {"kind": "BlockPermutation", "block": 4}))
    with pytest.raises(NotApplicable):
        BlockRecipe.from_description(NOISE).grid((1, 8, 8))
