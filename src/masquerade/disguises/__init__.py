"""Protections: a public description each, and a secret half made from a key."""

from typing import TYPE_CHECKING

from masquerade.disguises.base import Disguise, Keyed, derivation_check
from masquerade.disguises.baselines.contours import Contours
from masquerade.disguises.baselines.dauntless import Dauntless
from masquerade.disguises.baselines.face_box import EyeBar, FaceBox
from masquerade.disguises.baselines.gaussian_blur import GaussianBlur
from masquerade.disguises.baselines.instahide import InstaHide
from masquerade.disguises.baselines.k_same_photos import KSamePhotos
from masquerade.disguises.baselines.neuracrypt import NeuraCrypt
from masquerade.disguises.baselines.pixelation import Pixelation
from masquerade.disguises.baselines.task_augment import TaskAugment
from masquerade.disguises.blocks.matrix import BlockMatrix
from masquerade.disguises.blocks.noise import Noise
from masquerade.disguises.blocks.normalise import BlockNormalise
from masquerade.disguises.blocks.permutation import BlockPermutation
from masquerade.disguises.chain import Chain
from masquerade.disguises.cloaks.ensemble import SeveralCloaks
from masquerade.disguises.cloaks.fawkes import Fawkes
from masquerade.disguises.cloaks.lowkey import LowKey
from masquerade.disguises.cloaks.masknet import MaskNetCloak
from masquerade.disguises.cloaks.matched_noise import MatchedNoise
from masquerade.disguises.cloaks.one_pass import OnePassCloak
from masquerade.disguises.cloaks.recogniser_cloak import FeltCloak
from masquerade.disguises.cloaks.transferable import TransferableCloak
from masquerade.disguises.cloaks.user_masknet import numbers_of
from masquerade.disguises.description import EVERY_DISGUISE, from_description
from masquerade.disguises.features.amortised_crafter import AmortisedCrafter
from masquerade.disguises.features.crafter import Crafter
from masquerade.disguises.features.crafter_z import CrafterZ
from masquerade.disguises.features.gaussian_noise import GaussianNoise
from masquerade.disguises.features.k_same import KSame
from masquerade.disguises.features.split_encode import SplitEncode
from masquerade.disguises.features.task_answers import TaskAnswers
from masquerade.disguises.finding import Finders, open_named_source, untrained
from masquerade.disguises.tokens.encode import Encode
from masquerade.disguises.tokens.many_keys import ManyKeys
from masquerade.disguises.tokens.matrix import TokenMatrix
from masquerade.disguises.tokens.network import TokenNetwork

if not TYPE_CHECKING:

    def __getattr__(name: str) -> type[Disguise]:
        """A kind of the table that is not named above: a new one needs no row here, but for type checkers."""
        for kind in EVERY_DISGUISE:
            if kind.__name__ == name:
                return kind
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "EVERY_DISGUISE",
    "AmortisedCrafter",
    "BlockMatrix",
    "BlockNormalise",
    "BlockPermutation",
    "Chain",
    "Contours",
    "Crafter",
    "CrafterZ",
    "Dauntless",
    "Disguise",
    "Encode",
    "EyeBar",
    "FaceBox",
    "Fawkes",
    "FeltCloak",
    "Finders",
    "GaussianBlur",
    "GaussianNoise",
    "InstaHide",
    "KSame",
    "KSamePhotos",
    "Keyed",
    "LowKey",
    "ManyKeys",
    "MaskNetCloak",
    "MatchedNoise",
    "NeuraCrypt",
    "Noise",
    "OnePassCloak",
    "Pixelation",
    "SeveralCloaks",
    "SplitEncode",
    "TaskAnswers",
    "TaskAugment",
    "TokenMatrix",
    "TokenNetwork",
    "TransferableCloak",
    "derivation_check",
    "from_description",
    "numbers_of",
    "open_named_source",
    "untrained",
]
