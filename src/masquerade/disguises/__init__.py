"""Protections: a public description each, and a secret half made from a key."""

from masquerade.disguises.amortised_crafter import AmortisedCrafter
from masquerade.disguises.base import Disguise, Keyed, derivation_check
from masquerade.disguises.block_matrix import BlockMatrix
from masquerade.disguises.block_normalise import BlockNormalise
from masquerade.disguises.block_permutation import BlockPermutation
from masquerade.disguises.chain import Chain
from masquerade.disguises.crafter import Crafter
from masquerade.disguises.crafter_z import CrafterZ
from masquerade.disguises.dauntless import Dauntless
from masquerade.disguises.description import EVERY_DISGUISE, from_description
from masquerade.disguises.encode import Encode
from masquerade.disguises.fawkes import Fawkes
from masquerade.disguises.felt_cloak import FeltCloak
from masquerade.disguises.finding import Finders, open_named_source, untrained
from masquerade.disguises.gaussian_noise import GaussianNoise
from masquerade.disguises.instahide import InstaHide
from masquerade.disguises.lowkey import LowKey
from masquerade.disguises.many_keys import ManyKeys
from masquerade.disguises.masknet_cloak import MaskNetCloak
from masquerade.disguises.matched_noise import MatchedNoise
from masquerade.disguises.neuracrypt import NeuraCrypt
from masquerade.disguises.noise import Noise
from masquerade.disguises.one_pass_cloak import OnePassCloak
from masquerade.disguises.own_masknet import numbers_of
from masquerade.disguises.several_cloaks import SeveralCloaks
from masquerade.disguises.split_encode import SplitEncode
from masquerade.disguises.task_augment import TaskAugment
from masquerade.disguises.token_matrix import TokenMatrix
from masquerade.disguises.token_network import TokenNetwork

__all__ = [
    "EVERY_DISGUISE",
    "AmortisedCrafter",
    "BlockMatrix",
    "BlockNormalise",
    "BlockPermutation",
    "Chain",
    "Crafter",
    "CrafterZ",
    "Dauntless",
    "Disguise",
    "Encode",
    "Fawkes",
    "FeltCloak",
    "Finders",
    "GaussianNoise",
    "InstaHide",
    "Keyed",
    "LowKey",
    "ManyKeys",
    "MaskNetCloak",
    "MatchedNoise",
    "NeuraCrypt",
    "Noise",
    "OnePassCloak",
    "SeveralCloaks",
    "SplitEncode",
    "TaskAugment",
    "TokenMatrix",
    "TokenNetwork",
    "derivation_check",
    "from_description",
    "numbers_of",
    "open_named_source",
    "untrained",
]
