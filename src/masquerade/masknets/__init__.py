"""Sources of MaskNets: a user's numbers in, that user's own small network out."""

from masquerade.masknets.base import NUMBERS, MaskNetSource
from masquerade.masknets.card import EnsembleCard, HyperNetCard
from masquerade.masknets.dropout import DropoutSource
from masquerade.masknets.ensemble import EnsembleSource
from masquerade.masknets.ensemble_file import ensemble_bytes, read_ensemble
from masquerade.masknets.hypernet_file import hypernet_bytes, read_hypernet
from masquerade.masknets.hypernet_source import HyperNetSource
from masquerade.masknets.masknet_file import (
    MaskNetCard,
    MaskNetFile,
    masknet_bytes,
    read_masknet,
    write_masknet,
)
from masquerade.masknets.shipped import SHIPPED, open_source
from masquerade.masknets.static import StaticSource
from masquerade.masknets.untrained import UntrainedSource

__all__ = [
    "NUMBERS",
    "SHIPPED",
    "DropoutSource",
    "EnsembleCard",
    "EnsembleSource",
    "HyperNetCard",
    "HyperNetSource",
    "MaskNetCard",
    "MaskNetFile",
    "MaskNetSource",
    "StaticSource",
    "UntrainedSource",
    "ensemble_bytes",
    "hypernet_bytes",
    "masknet_bytes",
    "open_source",
    "read_ensemble",
    "read_hypernet",
    "read_masknet",
    "write_masknet",
]
