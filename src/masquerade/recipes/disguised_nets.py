"""Disguised-Nets (Sharma and Chen): the paper's settings, its published code's, and one of ours with more noise."""

from typing import Final

from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.recipes.base import Recipe

_PAPER: Final = (
    "Sharma and Chen, Disguised-Nets: Image Disguising for Privacy-preserving Outsourced Deep Learning, "
    "Table 1"
)
_CODE: Final = "the same authors' published code"
_ROWS: Final = (
    "Whoever holds the released photos alone can bring the faces back, and a handful of leaked pairs give "
    "the rest: see docs/results.md."
)


def rows(block: int, noise: float, *, permuted: bool) -> Chain:
    """The paper's order: noise, one matrix a block, then the blocks change places."""
    parts: list[Disguise] = [Noise(noise)] if noise else []
    parts.append(BlockMatrix(block))
    return Chain((*parts, BlockPermutation(block)) if permuted else tuple(parts))


def _as_published(block: int, noise: float) -> Chain:
    """The published code's order: rotations, blocks change places in any case, noise last."""
    return Chain((BlockMatrix(block, matrix="rotation"), BlockPermutation(block), Noise(noise)))


def _blocks_noise(block: int, noise: float) -> Chain:
    return Chain(
        (
            BlockNormalise(block),
            Noise(noise),
            BlockMatrix(block, variant="block", matrix="gaussian"),
            BlockPermutation(block),
        )
    )


DISGUISED_NETS: Final[tuple[Recipe, ...]] = (
    Recipe(
        "dn-mnist",
        "7x7 rows and permutation, noise 100",
        rows(7, 100, permuted=True),
        28,
        28,
        "L",
        "small-cnn",
        "paper-mnist",
        f"{_PAPER} (MNIST)",
        _ROWS,
    ),
    Recipe(
        "dn-cifar10",
        "2x2 rows, noise 25",
        rows(2, 25, permuted=False),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (CIFAR-10)",
        _ROWS,
    ),
    Recipe(
        "dn-lfw",
        "2x2 rows, noise 50",
        rows(2, 50, permuted=False),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (LFW)",
        _ROWS,
    ),
    Recipe(
        "dn-mnist-as-published",
        "7x7 rotations and permutation, noise 100 last",
        _as_published(7, 100),
        28,
        28,
        "L",
        "small-cnn",
        "paper-mnist",
        f"{_PAPER} (MNIST), {_CODE}",
        _ROWS,
    ),
    Recipe(
        "dn-cifar10-as-published",
        "2x2 rotations and permutation, noise 25 last",
        _as_published(2, 25),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (CIFAR-10), {_CODE}",
        _ROWS,
    ),
    Recipe(
        "dn-lfw-as-published",
        "2x2 rotations and permutation, noise 50 last",
        _as_published(2, 50),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (LFW), {_CODE}",
        _ROWS,
    ),
    Recipe(
        "blocks-noise",
        "normalised 8x8 blocks with channels, Gaussian matrices, permutation, noise 100",
        _blocks_noise(8, 100),
        32,
        32,
        "RGB",
        "block-net",
        "laptop-block-net",
        "ours: the study dn_frontier",
        "A thousand released photos and a prior of similar faces link a few of them; leaked pairs, and photos that "
        "cover most of the released ones, link nearly all: see docs/results.md.",
    ),
    Recipe(
        "none",
        "no protection: what others are compared with",
        Chain(()),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        "ours",
        "The photos leave as they are.",
    ),
)
"""The paper's, the published code's, ours, and no protection."""
