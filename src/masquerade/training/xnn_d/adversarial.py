"""Stage 1 of XNN-d: noise that a recogniser fails on, learnt against a recogniser that learns too (section 4.1)."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import AdamW

from masquerade.encoders.noise_encoder import NoiseEncoder, token_norm
from masquerade.networks import Network, build
from masquerade.progress import WordProgress
from masquerade.training.precision import best_device, resolve_precision
from masquerade.training.xnn_d.distillation import require_finite, shuffled
from masquerade.training.xnn_d.settings import XNNDSettings

_EVERY = 25
_PART = 256


@final
@dataclass(frozen=True)
class Faces:
    """What XNN-d is trained on.

    Args:
        features: Feature maps of the public encoder, float32 ``(n, d, h, w)``.
        labels: Person of each, int64 ``(n,)``, 0 to classes - 1.
        photos: The photos themselves ``(n, c, height, width)``, where the noise is made from photos.
    """

    features: Tensor
    labels: Tensor
    photos: Tensor | None = None

    def some(self, rows: Tensor) -> tuple[Tensor, Tensor | None]:
        """Feature maps and photos at ``rows``."""
        return self.features[rows], None if self.photos is None else self.photos[rows]

    def on(self, device: torch.device, rows: Tensor) -> tuple[Tensor, Tensor | None]:
        """The same, on a device."""
        features, photos = self.some(rows)
        return features.to(device), None if photos is None else photos.to(device)


def train_noise(
    faces: Faces, settings: XNNDSettings, rng: np.random.Generator, told: WordProgress | None = None
) -> NoiseEncoder:
    """Train a noise encoder against a recogniser, turn by turn.

    The paper names a loss L_GAN and does not write it. Here the recogniser lessens its cross-entropy, and the
    noise encoder the cross-entropy of the recogniser's answer to the uniform distribution: its best is an
    answer that says nothing, so that it gains nothing by certain wrong answers, which a new recogniser
    would learn to turn round. The mean of a batch's noise is taken off: without that the same vector for
    every face (99.4 % of its energy) satisfied that loss, and a listener who subtracts a mean saw through it.

    Args:
        faces: Feature maps with people; photos too where the noise is made from photos.
        settings: How to train.
        rng: Draws the seed of weights and order.
        told: Told how far it has come.

    Returns:
        The noise encoder in evaluation mode on the processor, its weights no longer to be trained.

    Raises:
        UsageError: If shapes do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
    """
    device = best_device()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(int(rng.integers(2**63)))
        shape = _shape(faces.features)
        noise = NoiseEncoder(shape, settings.noise, None if faces.photos is None else _shape(faces.photos))
        if settings.noise.amount and settings.adversarial_steps:
            chosen = settings.recogniser
            critic = build(chosen.network, shape, int(faces.labels.max()) + 1, **chosen.options)
            _duel(noise.to(device), critic.to(device), faces, settings, rng, told)
    trained = noise.requires_grad_(False).cpu().eval()
    if settings.noise.amount:
        trained.centre.copy_(_mean_noise(trained, faces))
    return trained


@torch.inference_mode()
def _mean_noise(noise: NoiseEncoder, faces: Faces) -> Tensor:
    """The mean over faces of what the network gives, ``(d, h, w)``, summed in float64."""
    total = torch.zeros(noise.shape, dtype=torch.float64)
    for rows in torch.split(torch.arange(len(faces.labels)), _PART):
        features, photos = faces.some(rows)
        total += noise.uncentred(photos if noise.options.pixels else token_norm(features)).double().sum(0)
    return (total / len(faces.labels)).float()


def _duel(
    noise: NoiseEncoder,
    critic: Network,
    faces: Faces,
    settings: XNNDSettings,
    rng: np.random.Generator,
    told: WordProgress | None,
) -> None:
    device = next(noise.parameters()).device
    hides = AdamW(noise.parameters(), lr=settings.noise_learning_rate)
    seeks = AdamW(critic.parameters(), lr=settings.critic_learning_rate)
    total = settings.adversarial_steps
    count, size = len(faces.labels), settings.recogniser.batch_size
    bfloat16 = resolve_precision(settings.recogniser.precision, device) == "bfloat16"
    faster = torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)
    for step, rows in enumerate(shuffled(count, size, total, rng)):
        with faster:
            obfuscated = noise(*faces.on(device, rows))
            named = critic(obfuscated.detach()).float()
        found = functional.cross_entropy(named, faces.labels[rows].to(device))
        _descend(seeks, found)
        with faster:
            answer = critic(obfuscated).float()
        _descend(hides, -answer.log_softmax(1).mean())
        require_finite(float(found.detach()))
        if told and (step + 1) % _EVERY == 0:
            told(step + 1, total, f"the recogniser's loss {float(found.detach()):.2f}")


def _descend(optimiser: AdamW, loss: Tensor) -> None:
    """One step of this optimiser's own parameters; those of the other side get no gradient."""
    optimiser.zero_grad(set_to_none=True)
    own = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    loss.backward(inputs=own)  # type: ignore[no-untyped-call]
    optimiser.step()


def _shape(images: Tensor) -> tuple[int, int, int]:
    c, h, w = images.shape[1:]
    return c, h, w
