"""How alike reconstruction and original are to a face recogniser (Crafter, section VI-A, there called FSIM)."""

import torch

from masquerade.guesses import Guess, Reconstruction
from masquerade.metrics.base import Score, Truth
from masquerade.metrics.by_person import mean_by_person, weights
from masquerade.metrics.expecting import expect
from masquerade.metrics.face_vectors import face_vectors
from masquerade.metrics.pairing import matched


def feature_cosine(guess: Guess, truth: Truth) -> Score:
    """Mean cosine of SFace's vectors of reconstruction and original, -1 to 1.

    FSIM is elsewhere the name of an index of image quality, which this is not. Chance is what the mean of all
    originals scores as a guess for each.

    Raises:
        NotMeasurable: If the guess is no reconstruction.
    """
    rebuilt = matched(expect(guess, Reconstruction, "feature_cosine"), truth)
    originals = face_vectors(truth.originals)
    values = (face_vectors(rebuilt) * originals).sum(1)
    blind = (face_vectors(truth.originals.mean(0, keepdim=True)) * originals).sum(1)
    chance = float(blind.double() @ torch.from_numpy(weights(truth.clusters)))
    return mean_by_person("feature_cosine", values.double().numpy(), truth.clusters, chance, (-1.0, 1.0))
