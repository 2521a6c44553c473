"""Both stages of XNN-d: a noise encoder for the client, a recogniser for the server (section 4)."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from masquerade.encoders.noise_encoder import NoiseEncoder, token_norm
from masquerade.networks import Network
from masquerade.progress import WordProgress
from masquerade.training.loop import fit
from masquerade.training.xnn_d.adversarial import Faces, train_noise
from masquerade.training.xnn_d.distillation import Lesson, distil
from masquerade.training.xnn_d.settings import XNNDSettings

_PART = 256


@final
@dataclass(frozen=True)
class Pair:
    """What stage 1 and 2 give.

    Args:
        noise: With the public encoder, the client's feature generator.
        student: The server's recogniser of obfuscated features.
        teacher: The recogniser of clean, normalised features that it learnt from.
    """

    noise: NoiseEncoder
    student: Network
    teacher: Network


def train_pair(
    faces: Faces, settings: XNNDSettings, rng: np.random.Generator, told: WordProgress | None = None
) -> Pair:
    """Train generator and recogniser.

    The teacher learns from clean features by their labels, then the student from obfuscated ones by the
    teacher's scores and the labels. With ``noise.amount`` 0 the teacher alone is the paper's baseline.

    Args:
        faces: Feature maps with people, who need not be those to be recognised later.
        settings: How to train.
        rng: Draws all seeds.
        told: Told how far stage 1 has come.

    Raises:
        UsageError: If shapes do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
    """
    clean = token_norm(faces.features)
    classes = int(faces.labels.max()) + 1
    teacher = fit(clean, faces.labels, settings.recogniser, classes, rng)
    noise = train_noise(faces, settings, rng, told)
    lesson = Lesson(obfuscated(noise, faces), scores_of(teacher, clean), faces.labels)
    student = distil(
        lesson,
        settings.recogniser,
        rng,
        temperature=settings.temperature,
        label_weight=settings.label_weight,
    )
    return Pair(noise, student, teacher)


@torch.inference_mode()
def obfuscated(noise: NoiseEncoder, faces: Faces) -> Tensor:
    """The obfuscated feature maps, float32 ``(n, d, h, w)``."""
    parts = torch.split(torch.arange(len(faces.features)), _PART)
    return torch.cat([noise(*faces.some(rows)) for rows in parts]).clone()


@torch.inference_mode()
def scores_of(teacher: Network, inputs: Tensor) -> Tensor:
    """A teacher's class scores, float32 ``(n, k)``."""
    device = next(teacher.parameters()).device
    return torch.cat([teacher(part.to(device)).float().cpu() for part in torch.split(inputs, _PART)]).clone()
