"""XNN-d: features obfuscated at inference, and a server that was taught to recognise them (section 4)."""

from masquerade.training.xnn_d.adversarial import Faces, train_noise
from masquerade.training.xnn_d.pair import Pair, obfuscated, scores_of, train_pair
from masquerade.training.xnn_d.settings import PAPER, XNNDSettings

__all__ = ["PAPER", "Faces", "Pair", "XNNDSettings", "obfuscated", "scores_of", "train_noise", "train_pair"]
