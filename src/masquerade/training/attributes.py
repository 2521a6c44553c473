"""Training of a split network on facial attributes (Crafter, section VI-A: Enc and f end to end on public faces)."""

from hashlib import sha256
from typing import Annotated, Any, Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.split import SplitNetwork, SplitOptions
from masquerade.networks.split_registry import build_split
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, generator_of, rows_of, run

_PART: Final = 256


@final
class AttributeSettings(BaseModel):
    """How to train; defaults are the published code's.

    Args:
        network: Sizes of the split network.
        epochs: Passes over the photos.
        batch_size: Photos in a batch.
        learning_rate: Adam's.
        flip: Whether half of the photos are mirrored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    network: SplitOptions = SplitOptions()
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    flip: bool = True


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
        UsageError: If photos and attributes do not fit each other or the network, or training diverges.
        ModelError: If the checkpoint is damaged.
    """
    _require(photos, attributes, settings)
    device = best_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_split(settings.network).to(device).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        rows = rows_of(seed, step, settings.batch_size, len(photos))
        images = photos[rows].to(device).float() / 255
        if settings.flip:
            turned = torch.rand(len(rows), generator=generator_of(seed, 2, step)) < 0.5
            images = torch.where(turned.to(device).view(-1, 1, 1, 1), images.flip(3), images)
        wanted = attributes[rows].to(device).float()
        loss = functional.binary_cross_entropy_with_logits(network(images), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return float(loss.detach())

    batches = max(1, len(photos) // settings.batch_size)
    job = _job(photos, attributes, settings, seed)
    run(network, (optimiser,), take, settings.epochs * batches, job, upkeep or Upkeep())
    network.zero_grad(set_to_none=True)
    return network.to(torch.device("cpu")).eval()


@torch.no_grad()
def attribute_logits(network: SplitNetwork, features: Tensor) -> Tensor:
    """The cloud network's logits ``(n, a)`` of features ``(n, c, h, w)``, crafted or not, part by part."""
    return torch.cat([network.classify(part) for part in torch.split(features, _PART)])


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
