"""Protections: a public description each, and a secret half made from a key."""

from masquerade.disguises.base import Disguise, Keyed, derivation_check
from masquerade.disguises.block_matrix import BlockMatrix
from masquerade.disguises.block_normalise import BlockNormalise
from masquerade.disguises.block_permutation import BlockPermutation
from masquerade.disguises.chain import Chain
from masquerade.disguises.description import EVERY_DISGUISE, from_description
from masquerade.disguises.noise import Noise

__all__ = [
    "EVERY_DISGUISE",
    "BlockMatrix",
    "BlockNormalise",
    "BlockPermutation",
    "Chain",
    "Disguise",
    "Keyed",
    "Noise",
    "derivation_check",
    "from_description",
]
