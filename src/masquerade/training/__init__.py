"""Training and use of classifiers, on the side that holds no key."""

from masquerade.training.inference import probabilities
from masquerade.training.loop import fit
from masquerade.training.settings import Augmentation, Settings

__all__ = ["Augmentation", "Settings", "fit", "probabilities"]
