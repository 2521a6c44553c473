"""XNN: tokens of a public encoder under secret parameters, the paper's and our answers to its weakness."""

from typing import Final

from masquerade.disguises import BlockPermutation, Chain, Disguise, ManyKeys, TokenMatrix, TokenNetwork
from masquerade.recipes.base import Recipe, Status

_PAPER: Final = "the XNN paper, section 3.1 and Table 2"
_ONE_PAIR: Final = (
    "Whoever has one photo beside its disguised tokens solves the key and links nearly all others; five photos give "
    "it exactly. Photos that are public besides can stand in for leaked ones: see docs/results.md."
)


def _xnn(
    name: str,
    title: str,
    parts: tuple[Disguise, ...],
    status: Status,
    advice: str,
    *,
    source: str = "ours",
    encoder: str = "sface",
) -> Recipe:
    return Recipe(
        name, title, Chain(parts), 112, 112, "RGB", "recnet", "laptop-recnet", source, status, advice, encoder
    )


XNN: Final[tuple[Recipe, ...]] = (
    _xnn(
        "xnn",
        "tokens of SFace, permuted, one Gaussian matrix",
        (BlockPermutation(1), TokenMatrix("gaussian")),
        "broken",
        _ONE_PAIR,
        source=_PAPER,
    ),
    _xnn(
        "xnn-vit",
        "tokens of a small ViT pre-trained by MoCo-v3, permuted, one Gaussian matrix",
        (BlockPermutation(1), TokenMatrix("gaussian")),
        "broken",
        _ONE_PAIR,
        source=f"{_PAPER}, with a smaller encoder",
        encoder="vit-small",
    ),
    _xnn(
        "xnn-orthogonal",
        "tokens of SFace, permuted, one orthogonal matrix: for the study of why not",
        (BlockPermutation(1), TokenMatrix("orthogonal")),
        "broken",
        "Lengths and angles of tokens are kept: a photo is linked without any key. " + _ONE_PAIR,
    ),
    _xnn("xnn-none", "tokens of SFace as they are", (), "none", "The tokens leave as they are."),
    _xnn(
        "xnn-hardened-keys",
        "tokens of SFace, permuted, one of four Gaussian matrices, stated for each photo",
        (BlockPermutation(1), ManyKeys(TokenMatrix("gaussian"), keys=4, told="slots")),
        "broken",
        "A leaked pair solves its own key, a fourth of the photos; 20 pairs solve all four. The recogniser must learn "
        "four keys from the same photos and loses a quarter of its accuracy: see docs/results.md.",
    ),
    _xnn(
        "xnn-hardened-network",
        "tokens of SFace, permuted, a secret network with cosines for each token",
        (BlockPermutation(1), TokenNetwork(depth=1, act="cosine", gain=1.0)),
        "hardened",
        "Without leaked pairs few photos are linked. One photo beside its disguised tokens links that photo's like "
        "among candidates, and 20 find other photos of the same people nearly as if unprotected: see docs/results.md.",
    ),
)
"""The paper's, and ours."""
