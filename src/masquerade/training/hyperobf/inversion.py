"""Training of inversion networks on pairs of cloaked and original photos (HyperObf, section 5.2)."""

from typing import Literal, final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

from masquerade.errors import TrainingDiverged, UsageError
from masquerade.networks.cloaks.inversion import InvNet

_BATCH = 64


@final
class InversionSettings(BaseModel):
    """How an inversion network is trained.

    Args:
        width: Maps of its first convolution; the thesis has 64.
        skips: Whether it is a U-Net; the thesis's is none.
        steps: Batches.
        batch_size: Photos in a batch; the thesis has 8.
        learning_rate: Adam's, falling to zero along half a cosine.
        loss: ``mse`` of photos of 0 to 255, or ``ssim`` for 1 - SSIM.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: int = Field(16, ge=1, le=256)
    skips: bool = True
    steps: int = Field(400, ge=1, le=10_000_000)
    batch_size: int = Field(16, ge=1, le=4096)
    learning_rate: float = Field(2e-3, gt=0, le=1)
    loss: Literal["mse", "ssim"] = "mse"


def train_inversion(
    cloaked: Tensor, originals: Tensor, settings: InversionSettings, rng: np.random.Generator
) -> InvNet:
    """Train an inversion network on pairs, half of each batch mirrored.

    Args:
        cloaked: Photos ``(n, 3, h, w)``, values 0 to 255.
        originals: The same photos, uncloaked, row by row.
        settings: How to train.
        rng: One number is drawn from it, the seed of everything else.

    Returns:
        The network in evaluation mode, without gradients.

    Raises:
        UsageError: If the pairs do not match, or there are none.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
    """
    if cloaked.shape != originals.shape or not len(cloaked):
        raise UsageError(
            "an inversion network learns from pairs",
            value=f"{tuple(cloaked.shape)} cloaked, {tuple(originals.shape)} originals",
            remedy="Give each cloaked photo's original.",
        )
    seed = int(rng.integers(2**63))
    rows = np.random.default_rng([seed, 1])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = InvNet(settings.width, skips=settings.skips)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        adam = torch.optim.Adam(network.parameters(), settings.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, settings.steps)
        for _ in range(settings.steps):
            batch = torch.from_numpy(rows.integers(len(cloaked), size=settings.batch_size))
            mirrored = torch.from_numpy(rows.random((settings.batch_size, 1, 1, 1)) < 0.5)
            given, wanted = (_mirrored(images[batch].float(), mirrored) for images in (cloaked, originals))
            loss = _loss(network(given.contiguous(memory_format=torch.channels_last)), wanted, settings.loss)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            schedule.step()
    if not bool(loss.isfinite()):
        raise TrainingDiverged(
            "training diverged: the loss is not a finite number",
            value=f"loss {float(loss)}",
            remedy="Lower learning_rate.",
        )
    return network.eval().requires_grad_(False)


@torch.no_grad()
def restored(network: InvNet, images: Tensor) -> Tensor:
    """Guesses of the originals of cloaked photos, float32 ``(n, 3, h, w)``, clipped to 0..255."""
    parts = [network(some).clip(0, 255) for some in torch.split(images, _BATCH)]
    return torch.cat(parts).contiguous() if parts else images.float()


def _mirrored(images: Tensor, where: Tensor) -> Tensor:
    return torch.where(where, images.flip(3), images)


def _loss(guessed: Tensor, wanted: Tensor, kind: str) -> Tensor:
    if kind == "mse":
        return functional.mse_loss(guessed, wanted)
    # here: it brings scipy.signal and matplotlib, a second for everything that loads an attack
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    similarity = ssim(guessed, wanted, data_range=255.0)
    assert isinstance(similarity, Tensor)  # noqa: S101  (torchmetrics gives more only if asked)
    return 1 - similarity
