"""Crafter: features crafted so that their inversion shows a face drawn from the prior (Wang et al., NDSS 2024).

No key is in it: an attacker can rehearse with it.
"""

from masquerade.crafting.adversary import pool_size
from masquerade.crafting.amortiser_file import AmortiserCard, amortiser_bytes, read_amortiser
from masquerade.crafting.craft import Crafted, Iteration, craft
from masquerade.crafting.crafter_z import CraftedZ, craft_z
from masquerade.crafting.fast_solver import FastOptions, FastSolver
from masquerade.crafting.generator_file import (
    FaceGenerator,
    FaceGeneratorCard,
    face_generator_bytes,
    read_face_generator,
)
from masquerade.crafting.inversion import InversionOptions, Inverted, best_inversion, invert
from masquerade.crafting.neumann import NeumannOptions
from masquerade.crafting.neumann_solver import NeumannSolver
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.crafting.settings import AdversaryOptions, CrafterZSettings, CraftSettings
from masquerade.crafting.split_file import SplitCard, read_split, split_bytes, split_digest

__all__ = [
    "AdversaryOptions",
    "AmortiserCard",
    "CraftSettings",
    "Crafted",
    "CraftedZ",
    "CrafterZSettings",
    "FaceGenerator",
    "FaceGeneratorCard",
    "FastOptions",
    "FastSolver",
    "InversionOptions",
    "Inverted",
    "Iteration",
    "LatentDecoder",
    "NeumannOptions",
    "NeumannSolver",
    "SplitCard",
    "amortiser_bytes",
    "best_inversion",
    "craft",
    "craft_z",
    "face_generator_bytes",
    "invert",
    "pool_size",
    "read_amortiser",
    "read_face_generator",
    "read_split",
    "split_bytes",
    "split_digest",
]
