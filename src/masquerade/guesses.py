"""What an attack returns: the shapes of harm, which metrics score."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Reconstruction:
    """A guessed original for each released image, float32 ``(n, c, h, w)`` of 0 to 255, row by row.

    ``up_to_symmetry`` says that the attack cannot tell the picture from its eight flips and turns, which an
    attacker's eye can; the same one then holds for all images.
    """

    images: Tensor
    up_to_symmetry: bool = False


@dataclass(frozen=True)
class Ranking:
    """Similarity of each released image to each candidate, ``(n, m)``; larger is closer."""

    similarity: Tensor


@dataclass(frozen=True)
class Labels:
    """A guessed class of the gallery for each released image, int64 ``(n,)``."""

    labels: Tensor


@dataclass(frozen=True)
class Membership:
    """A score for each candidate or probed class, ``(m,)``; larger means more likely in the training data."""

    scores: Tensor


@dataclass(frozen=True)
class Tracking:
    """Whom each tracker names, int64 ``(t, s)``: the tracker of user t, asked for sighting s.

    A tracker knows one tracked user and b bystanders: 0 to b - 1 is a bystander, b the user. A row of -1 means
    that no tracker of that user was made.
    """

    named: Tensor


Guess = Reconstruction | Ranking | Labels | Membership | Tracking
