"""Training and use of classifiers, on the side that holds no key."""

from masquerade.training.cloud import TrainSummary, train_released
from masquerade.training.encoders.pretrain import PretrainSummary, pretrain_folder
from masquerade.training.encoders.settings import SIZES, MoCoSettings
from masquerade.training.inference import embeddings, probabilities
from masquerade.training.loop import fit
from masquerade.training.model_file import ModelCard, load_model, save_model
from masquerade.training.presets import PRESETS, preset
from masquerade.training.settings import Augmentation, Settings

__all__ = [
    "PRESETS",
    "SIZES",
    "Augmentation",
    "MoCoSettings",
    "ModelCard",
    "PretrainSummary",
    "Settings",
    "TrainSummary",
    "embeddings",
    "fit",
    "load_model",
    "preset",
    "pretrain_folder",
    "probabilities",
    "save_model",
    "train_released",
]
