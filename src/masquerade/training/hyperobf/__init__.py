"""HyperObf's trainings: a hypernetwork, and the MaskNets that it is compared with (thesis, chapters 4 and 5)."""

from masquerade.training.hyperobf.folder import HyperNetSummary, train_folder
from masquerade.training.hyperobf.hypernet import TrainedHyperNet, train_hypernet
from masquerade.training.hyperobf.loop import Watching
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.people import provider_people
from masquerade.training.hyperobf.separate import TrainedMaskNet, train_ensemble, train_masknet
from masquerade.training.hyperobf.settings import PUBLISHED, HyperObfSettings, SeparateSettings

__all__ = [
    "PUBLISHED",
    "HyperNetSummary",
    "HyperObfSettings",
    "People",
    "SeparateSettings",
    "TrainedHyperNet",
    "TrainedMaskNet",
    "Watching",
    "provider_people",
    "train_ensemble",
    "train_folder",
    "train_hypernet",
    "train_masknet",
]
