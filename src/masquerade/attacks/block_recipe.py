"""What an attacker reads from the public description of a block disguise (``Disguise.describe``)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from masquerade.attacks.structure import BLOCKS, outside, parts_of
from masquerade.blocks import BlockGrid
from masquerade.errors import NotApplicable, UnreadStructure

Block = tuple[int, int]
"""Height and width of a block in pixels."""
Variant = Literal["rows", "block"]
MatrixKind = Literal["orthogonal", "rotation", "gaussian", "uniform01"]


@dataclass(frozen=True)
class BlockRecipe:
    """A chain of block permutation, block matrices and noise, flattened to what attacks ask about.

    Args:
        block: Height and width of the blocks; ``None`` if nothing is cut into blocks.
        variant: ``"rows"`` (rows times one matrix of the block's width), ``"block"`` (the vectorised block
            times one matrix), or ``None`` without matrices.
        matrix: Kind of the matrices, or ``None`` without matrices.
        per_channel: Whether each channel has matrices of its own; in the ``block`` variant, whether
            channels are vectorised apart.
        permuted: Whether blocks change places, in a secret order that is the same for all images.
        noise_before: Largest value of the uniform noise added before the matrices (and after blocks are
            normalised), on the 0 to 255 scale.
        noise_after: The same for noise added after the matrices.
        normalised: Whether each block of each image is rescaled, so that its norm tells nothing.
    """

    block: Block | None = None
    variant: Variant | None = None
    matrix: MatrixKind | None = None
    per_channel: bool = True
    permuted: bool = False
    noise_before: float = 0.0
    noise_after: float = 0.0
    normalised: bool = False

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "BlockRecipe":
        """Read a description.

        Args:
            description: Plain data, ``{"kind": ..., ...}``, chains nested under ``parts``.

        Raises:
            NotApplicable: If it is another family, which other attacks were made for.
            UnreadStructure: If a part is unknown or occurs twice, or parts use different blocks.
        """
        found: dict[str, Any] = {}
        for part in parts_of(description):
            if part.get("kind") not in BLOCKS:
                raise outside(description, BLOCKS, "disguises made of blocks")
            facts = _facts(part, after_matrices="matrix" in found)
            clash = [
                name for name in facts.keys() & found.keys() if name != "block" or facts[name] != found[name]
            ]
            if clash:
                raise UnreadStructure(
                    "the attacks on block disguises read one block size and each kind of part once",
                    value=", ".join(sorted(clash)),
                    place=f"the recipe's {part['kind']}",
                )
            found |= facts
        return cls(**found)

    def cut_somehow(self) -> "BlockRecipe":
        """The same, in blocks of one pixel if nothing is cut: for attacks that need no blocks to work."""
        return self if self.block else replace(self, block=(1, 1))

    def grid(self, shape: tuple[int, int, int]) -> BlockGrid:
        """The blocks on images of ``shape`` (channels, height, width).

        Raises:
            NotApplicable: If the recipe cuts nothing into blocks.
            UsageError: If the blocks do not tile such images.
        """
        if self.block is None:
            raise NotApplicable("the disguise cuts no blocks", place="the recipe")
        return BlockGrid(*shape, *self.block)

    @property
    def keeps_lengths(self) -> bool:
        """Whether matrices, if any, are orthogonal."""
        return self.matrix in (None, "orthogonal", "rotation")

    @property
    def noise(self) -> float:
        """Largest value of the noise, wherever in the chain it is added."""
        return self.noise_before + self.noise_after


def _facts(part: Mapping[str, Any], after_matrices: bool) -> dict[str, Any]:
    match part["kind"]:
        case "BlockMatrix":
            names = ("variant", "matrix", "per_channel")
            return {"block": _block(part["block"]), **{name: part[name] for name in names if name in part}}
        case "BlockPermutation":
            return {"block": _block(part["block"]), "permuted": True}
        case "Noise":
            return {"noise_after" if after_matrices else "noise_before": float(part["level"])}
        case "BlockNormalise":
            return {"normalised": True} | ({"block": _block(part["block"])} if "block" in part else {})
        case kind:
            raise UnreadStructure("a kind of block that is not read", value=kind, place="the recipe")


def _block(stated: int | list[int] | Block) -> Block:
    return (stated, stated) if isinstance(stated, int) else cast(Block, tuple(stated))
