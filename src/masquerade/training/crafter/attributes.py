"""Training of a split network on facial attributes (Crafter, section VI-A: Enc and f end to end on public faces)."""

from hashlib import sha256
from math import cos, pi
from typing import Annotated, Any, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Generator, Tensor
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.training.augmentation import shifted
from masquerade.training.precision import best_device, resolve_precision
from masquerade.training.resumable import Upkeep, generator_of, rows_of, run

_PART: Final = 256
_NARROW_SIDE: Final = 32
"""Below, the last maps are 1x1, and torch's bfloat16 gradient of the convolution before them is not finite."""


@final
class AttributeSettings(BaseModel):
    """How to train; defaults are the published code's.

    Args:
        network: Sizes of the split network.
        epochs: Passes over the photos.
        batch_size: Photos in a batch.
        learning_rate: Adam's.
        flip: Whether half of the photos are mirrored.
        shift: Pixels by which a photo is moved at most, each way.
        falling: Whether the learning rate falls to zero along half a cosine; it stays in the published code.
        precision: ``bfloat16`` saves a quarter of the time where the processor has it; ``auto`` looks whether it has.
            Photos of fewer than 32 pixels are always trained on in float32.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    network: SplitOptions = SplitOptions()
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    flip: bool = True
    shift: Annotated[int, Field(ge=0, le=64)] = 0
    falling: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "float32"


def train_attributes(
    photos: Tensor, attributes: Tensor, settings: AttributeSettings, seed: int, upkeep: Upkeep | None = None
) -> SplitNetwork:
    """Train encoder and cloud network together to tell attributes.

    Args:
        photos: uint8 ``(n, 3, side, side)`` of public people.
        attributes: bool ``(n, a)``.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Returns:
        The network in evaluation mode, in main memory.

    Raises:
        UsageError: If photos and attributes do not fit each other or the network.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require(photos, attributes, settings)
    device = best_device()
    wide = settings.network.side >= _NARROW_SIDE
    narrow = wide and resolve_precision(settings.precision, device) == "bfloat16"
    total = settings.epochs * max(1, len(photos) // settings.batch_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_split(settings.network)
    network = network.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        rows = rows_of(seed, step, settings.batch_size, len(photos))
        images = _changed(photos[rows].to(device).float() / 255, settings, generator_of(seed, 2, step))
        wanted = attributes[rows].to(device).float()
        if settings.falling:
            optimiser.param_groups[0]["lr"] = settings.learning_rate * (1 + cos(pi * step / total)) / 2
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=narrow):
            logits = network(images)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return float(loss.detach())

    run(network, (optimiser,), take, total, _job(photos, attributes, settings, seed), upkeep or Upkeep())
    network.zero_grad(set_to_none=True)
    return network.to(torch.device("cpu"), memory_format=torch.contiguous_format).eval()  # type: ignore[no-any-return]


@torch.no_grad()
def attribute_logits(network: SplitNetwork, features: Tensor) -> Tensor:
    """The cloud network's logits ``(n, a)`` of features ``(n, c, h, w)``, crafted or not, part by part."""
    return torch.cat([network.classify(part) for part in torch.split(features, _PART)])


def _changed(images: Tensor, settings: AttributeSettings, random: Generator) -> Tensor:
    if settings.flip:
        turned = torch.rand(len(images), generator=random) < 0.5
        images = torch.where(turned.to(images.device).view(-1, 1, 1, 1), images.flip(3), images)
    if settings.shift:
        images = shifted(images, settings.shift, 1, random)
    return images.contiguous(memory_format=torch.channels_last)


def _require(photos: Tensor, attributes: Tensor, settings: AttributeSettings) -> None:
    side, count = settings.network.side, settings.network.attributes
    if tuple(photos.shape[1:]) != (3, side, side) or photos.dtype != torch.uint8:
        raise UsageError(
            "photos of another size or type than the network takes",
            value=f"{photos.dtype} {tuple(photos.shape[1:])}, expected torch.uint8 (3, {side}, {side})",
            remedy="Resize them.",
        )
    if tuple(attributes.shape) != (len(photos), count) or attributes.dtype != torch.bool:
        raise UsageError(
            "attributes that do not fit the photos",
            value=f"{attributes.dtype} {tuple(attributes.shape)}, expected torch.bool ({len(photos)}, {count})",
            remedy="Give a yes or no for each photo and attribute.",
        )
    if len(photos) < 2:
        raise UsageError("training needs two photos or more", value=len(photos), remedy="Give more photos.")


def _job(photos: Tensor, attributes: Tensor, settings: AttributeSettings, seed: int) -> dict[str, Any]:
    seen = sha256(photos.contiguous().numpy().tobytes())
    seen.update(attributes.contiguous().numpy().tobytes())
    facts = {"settings": settings.model_dump(mode="json"), "seed": seed, "data": seen.hexdigest()}
    return {"kind": "attributes", **facts}
