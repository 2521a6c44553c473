"""Training of a decoder, features to images: the black-box attack, without generator or encoder.

Source: Crafter, section VI-A and its code: 500 epochs, Adam with its defaults.
"""

from hashlib import sha256
from typing import Annotated, Any, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from masquerade.errors import UsageError
from masquerade.networks.features.feature_decoder import FeatureDecoder, FeatureDecoderOptions
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, rows_of, run


@final
class DecoderSettings(BaseModel):
    """How to train a decoder.

    Args:
        width: Maps of its last hidden layer; 64 in the paper.
        entry: As in ``FeatureDecoderOptions``.
        epochs: Passes over the pairs.
        batch_size: Pairs in a batch.
        learning_rate: Adam's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: Annotated[int, Field(ge=1, le=512)] = 64
    entry: Literal["dense", "convolution"] = "dense"
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 500
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3


def train_decoder(
    features: Tensor,
    photos: Tensor,
    settings: DecoderSettings,
    seed: int,
    upkeep: Upkeep | None = None,
    first: FeatureDecoder | None = None,
) -> FeatureDecoder:
    """Train a decoder on pairs of public features and photos, least squares.

    Args:
        features: float32 ``(n, c, h, w)``, two or more; crafted ones for the adaptive attack.
        photos: uint8 ``(n, 3, side, side)``, whose features they are.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.
        first: A decoder to go on from, as the adaptive attack does; it is trained in place.

    Returns:
        The decoder in evaluation mode, in main memory.

    Raises:
        UsageError: If features and photos do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require(features, photos)
    device = best_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = first or FeatureDecoder(_options(features, photos, settings))
    decoder = decoder.to(device).train().requires_grad_(True)
    optimiser = torch.optim.Adam(decoder.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        rows = rows_of(seed, step, settings.batch_size, len(photos))
        wanted = photos[rows].to(device).float() / 255
        loss = (decoder(features[rows].to(device)) - wanted).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    batches = max(1, len(photos) // settings.batch_size)
    job = _job(features, photos, settings, seed, decoder)
    run(decoder, (optimiser,), take, settings.epochs * batches, job, upkeep or Upkeep())
    decoder.zero_grad(set_to_none=True)
    return decoder.to(torch.device("cpu")).eval().requires_grad_(False)


def _options(features: Tensor, photos: Tensor, settings: DecoderSettings) -> FeatureDecoderOptions:
    c, h, w = features.shape[1:]
    return FeatureDecoderOptions(
        features=(c, h, w), side=photos.shape[2], width=settings.width, entry=settings.entry
    )


def _require(features: Tensor, photos: Tensor) -> None:
    if photos.dtype != torch.uint8 or photos.ndim != 4 or photos.shape[2] != photos.shape[3]:
        raise UsageError(
            "not square photos",
            value=f"{photos.dtype} {tuple(photos.shape)}",
            remedy="Give uint8 (n, 3, s, s).",
        )
    if len(features) != len(photos) or features.ndim != 4 or len(photos) < 2:
        raise UsageError(
            "features that do not fit the photos",
            value=f"{tuple(features.shape)} and {tuple(photos.shape)}",
            remedy="Give the features of each of two or more photos.",
        )
    if not bool(features.isfinite().all()):
        raise UsageError("features are not finite", remedy="Leave these photos out.")


def _job(
    features: Tensor, photos: Tensor, settings: DecoderSettings, seed: int, decoder: FeatureDecoder
) -> dict[str, Any]:
    seen = sha256(photos.contiguous().numpy().tobytes())
    seen.update(features.contiguous().numpy().tobytes())
    for tensor in decoder.state_dict().values():  # what it begins with
        seen.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    facts = {"settings": settings.model_dump(mode="json"), "seed": seed, "data": seen.hexdigest()}
    return {"kind": "decoder", **facts}
