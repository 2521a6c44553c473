"""Targets that attacks must break, or else they prove nothing."""

from typing import Final

from masquerade.disguises import BlockMatrix, BlockPermutation, Chain, Disguise, TokenMatrix
from masquerade.recipes.base import CONTROL_ADVICE, Recipe
from masquerade.recipes.disguised_nets import rows


def _blocks(name: str, title: str, disguise: Disguise, side: int = 32) -> Recipe:
    return Recipe(
        f"control-{name}",
        title,
        disguise,
        side,
        side,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        "ours",
        CONTROL_ADVICE,
    )


def _tokens(name: str, title: str, disguise: Disguise) -> Recipe:
    return Recipe(
        f"control-{name}",
        title,
        disguise,
        112,
        112,
        "RGB",
        "recnet",
        "laptop-recnet",
        "ours",
        CONTROL_ADVICE,
        encoder="sface",
    )


CONTROLS: Final[tuple[Recipe, ...]] = (
    _blocks(
        "signs",
        "every pixel changes its place and perhaps its sign",
        Chain((BlockMatrix(1), BlockPermutation(1))),
    ),
    _blocks("permutation4", "4x4 blocks change places, nothing else", Chain((BlockPermutation(4),))),
    _blocks("permutation16", "16x16 blocks change places, nothing else", Chain((BlockPermutation(16),))),
    _blocks("permutation14", "14x14 blocks change places, nothing else", Chain((BlockPermutation(14),)), 28),
    _blocks("rows2", "2x2 rows, no noise, no permutation", rows(2, 0, permuted=False)),
    _blocks("rows4", "4x4 rows, no noise, no permutation", rows(4, 0, permuted=False)),
    _blocks("block4", "vectorised 4x4 blocks, orthogonal", Chain((BlockMatrix(4, variant="block"),))),
    _tokens("tokens-permuted", "tokens change places, nothing else", Chain((BlockPermutation(1),))),
    _tokens(
        "tokens-orthogonal", "one orthogonal matrix, no permutation", Chain((TokenMatrix("orthogonal"),))
    ),
    _tokens("tokens-gaussian", "one Gaussian matrix, no permutation", Chain((TokenMatrix("gaussian"),))),
)
"""For attacks on photos, then for attacks on tokens."""
