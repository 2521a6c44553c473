"""The papers' settings as cited constants, hardened ones beside them, and targets that attacks must break."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, final

from masquerade.disguises import BlockMatrix, BlockNormalise, BlockPermutation, Chain, Disguise, Noise
from masquerade.errors import UsageError

Status = Literal["broken", "hardened", "control", "none"]


@final
@dataclass(frozen=True)
class Recipe:
    """A disguise with all that its use needs.

    Args:
        name: As commands and study files say it.
        title: One line on what it does.
        disguise: The protection.
        height: Height that photos are brought to, in pixels.
        width: Width that photos are brought to, in pixels.
        mode: "RGB" or "L" (grey).
        network: The network that trains on it unless told otherwise.
        training: The preset of training settings that goes with it.
        source: Where the parameters come from.
        status: "broken" if attacks here recover the photos, "hardened" for our own variants, "control" for targets
            that attacks are tested on, "none" for no protection.
        advice: What is known to break it, in plain words.
    """

    name: str
    title: str
    disguise: Disguise
    height: int
    width: int
    mode: Literal["RGB", "L"]
    network: str
    training: str
    source: str
    status: Status
    advice: str


_PAPER: Final = "Sharma and Chen, Image Disguising for Privacy-preserving Deep Learning, Table 1"
_CODE: Final = "the same authors' published code"
_ROWS: Final = (
    "Whoever holds the released photos alone can bring the faces back, and a handful of leaked pairs give "
    "the rest: see docs/results.md."
)
_CONTROL: Final = "A target for attacks, no protection."


def _rows(block: int, noise: float, *, permuted: bool) -> Chain:
    """The paper's order: noise, one matrix a block, then the blocks change places."""
    parts: list[Disguise] = [Noise(noise)] if noise else []
    parts.append(BlockMatrix(block))
    return Chain((*parts, BlockPermutation(block)) if permuted else tuple(parts))


def _as_published(block: int, noise: float) -> Chain:
    """The published code's order: rotations, blocks change places in any case, noise last."""
    return Chain((BlockMatrix(block, matrix="rotation"), BlockPermutation(block), Noise(noise)))


def _hardened(block: int, noise: float) -> Chain:
    return Chain(
        (
            BlockNormalise(block),
            Noise(noise),
            BlockMatrix(block, variant="block", matrix="gaussian"),
            BlockPermutation(block),
        )
    )


def _control(name: str, title: str, disguise: Disguise, side: int = 32) -> Recipe:
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
        "control",
        _CONTROL,
    )


RECIPES: Final[tuple[Recipe, ...]] = (
    Recipe(
        "dn-mnist",
        "7x7 rows and permutation, noise 100",
        _rows(7, 100, permuted=True),
        28,
        28,
        "L",
        "small-cnn",
        "paper-mnist",
        f"{_PAPER} (MNIST)",
        "broken",
        _ROWS,
    ),
    Recipe(
        "dn-cifar10",
        "2x2 rows, noise 25",
        _rows(2, 25, permuted=False),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (CIFAR-10)",
        "broken",
        _ROWS,
    ),
    Recipe(
        "dn-lfw",
        "2x2 rows, noise 50",
        _rows(2, 50, permuted=False),
        32,
        32,
        "RGB",
        "resnet18",
        "laptop-resnet18",
        f"{_PAPER} (LFW)",
        "broken",
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
        "broken",
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
        "broken",
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
        "broken",
        _ROWS,
    ),
    Recipe(
        "hardened",
        "normalised 8x8 blocks with channels, Gaussian matrices, permutation, noise 100",
        _hardened(8, 100),
        32,
        32,
        "RGB",
        "block-net",
        "laptop-block-net",
        "ours: the study dn_frontier",
        "hardened",
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
        "none",
        "The photos leave as they are.",
    ),
    _control("permutation4", "4x4 blocks change places, nothing else", Chain((BlockPermutation(4),))),
    _control("permutation16", "16x16 blocks change places, nothing else", Chain((BlockPermutation(16),))),
    _control("permutation14", "14x14 blocks change places, nothing else", Chain((BlockPermutation(14),)), 28),
    _control("rows2", "2x2 rows, no noise, no permutation", _rows(2, 0, permuted=False)),
    _control("rows4", "4x4 rows, no noise, no permutation", _rows(4, 0, permuted=False)),
    _control("block4", "vectorised 4x4 blocks, orthogonal", Chain((BlockMatrix(4, variant="block"),))),
)
"""Every recipe, by use: the papers', ours, controls."""


def recipe(name: str) -> Recipe:
    """The recipe called ``name``.

    Raises:
        UsageError: If there is none; the message names the closest.
    """
    by_name = {known.name: known for known in RECIPES}
    if name in by_name:
        return by_name[name]
    close = get_close_matches(name, by_name, 1, cutoff=0.4)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise UsageError("no such recipe", value=name, remedy=f"{hint}`masquerade list recipes` names them all.")
