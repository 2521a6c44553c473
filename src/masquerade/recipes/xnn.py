"""XNN: tokens of a public encoder under secret parameters, the paper's and our answers to its weakness."""

from typing import Final

from masquerade.disguises import BlockPermutation, Chain, Disguise, ManyKeys, TokenMatrix, TokenNetwork
from masquerade.recipes.base import Recipe

_PAPER: Final = "the XNN paper, section 3.1 and Table 2"
_ALONE: Final = (
    "Whoever holds the released tokens and photos of other people solves the key from their moments and links nearly "
    "all photos; one leaked pair does it as well: see docs/results.md."
)


def _xnn(
    name: str,
    title: str,
    parts: tuple[Disguise, ...],
    advice: str,
    *,
    source: str = "ours",
    encoder: str = "sface",
) -> Recipe:
    return Recipe(
        name, title, Chain(parts), 112, 112, "RGB", "recnet", "laptop-recnet", source, advice, encoder
    )


XNN: Final[tuple[Recipe, ...]] = (
    _xnn(
        "xnn",
        "tokens of SFace, permuted, one Gaussian matrix",
        (BlockPermutation(1), TokenMatrix("gaussian")),
        _ALONE,
        source=_PAPER,
    ),
    _xnn(
        "xnn-vit",
        "tokens of a small ViT pre-trained by MoCo-v3, permuted, one Gaussian matrix",
        (BlockPermutation(1), TokenMatrix("gaussian")),
        _ALONE,
        source=f"{_PAPER}, with a smaller encoder",
        encoder="vit-small",
    ),
    _xnn(
        "xnn-orthogonal",
        "tokens of SFace, permuted, one orthogonal matrix: for the study of why not",
        (BlockPermutation(1), TokenMatrix("orthogonal")),
        "Lengths and angles of tokens are kept: a photo is linked without any key. " + _ALONE,
    ),
    _xnn("xnn-none", "tokens of SFace as they are", (), "The tokens leave as they are."),
    _xnn(
        "xnn-keys",
        "tokens of SFace, permuted, one of four Gaussian matrices, stated for each photo",
        (BlockPermutation(1), ManyKeys(TokenMatrix("gaussian"), keys=4, told="slots")),
        "The moments of each key's tokens solve it as they do a single one, and the recogniser must learn four keys "
        "from the same photos: see docs/results.md.",
    ),
    _xnn(
        "xnn-network",
        "tokens of SFace, permuted, a secret network with cosines for each token",
        (BlockPermutation(1), TokenNetwork(depth=1, act="cosine", gain=1.0)),
        "Without a leaked pair the same photos are linked, other photos of the same people seldom. With a few pairs "
        "those are found nearly as if unprotected: see docs/results.md.",
    ),
)
"""The paper's, and ours."""
