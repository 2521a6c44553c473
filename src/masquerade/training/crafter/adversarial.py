"""Adversarial Learning: an encoder and the cloud's half against a decoder (Xiao et al. 2020, as in Crafter's code)."""

from typing import Annotated, Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.attributed_photos import (
    AttributedPhotos,
    as_images,
    begun_from,
    finished,
    job_of,
    require_photos,
    weights_digest,
)
from masquerade.training.crafter.decoder_adversary import Opponent, OpponentSettings
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, rows_of, run

PUBLISHED_TRADE_OFFS: Final = (0.1, 0.5, 0.8)


@final
class AdversarialSettings(BaseModel):
    """How to train; defaults are the published code's.

    Args:
        trade_off: Share of privacy in the loss ``(1 - trade_off) * task - trade_off * weight * error``.
        weight: What the decoder's error is multiplied by; 1 as published. The task's loss, without privacy, was 0.19
            to 0.29 in a training that began with split-1. What the published weight does beside it is not measured.
        opponent: The decoder.
        epochs: Passes over the photos with attributes.
        batch_size: Photos in a batch, of either kind.
        learning_rate: Adam's, of encoder and cloud's half.
        flip: Whether half of the photos with attributes are mirrored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    trade_off: Annotated[float, Field(ge=0, le=1)] = 0.5
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    opponent: OpponentSettings = OpponentSettings()
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 500
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 32
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    flip: bool = False


def train_adversarial(
    first: SplitNetwork,
    learned: AttributedPhotos,
    public: Tensor,
    settings: AdversarialSettings,
    seed: int,
    upkeep: Upkeep | None = None,
) -> SplitNetwork:
    """Train a split network whose features a decoder that learns beside it reconstructs badly.

    Against a decoder that learns afterwards nothing is promised: that is the adaptive attack.

    Args:
        first: Where weights come from; it stays as it is.
        learned: What encoder and cloud's half learn from. The published code takes private people's photos; public
            people's make a network that was trained on nobody's secrets.
        public: uint8 ``(p, 3, side, side)``, what the decoder learns from.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Returns:
        The network in evaluation mode, in main memory.

    Raises:
        UsageError: If photos do not fit the network.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    learned.require(first.options)
    require_photos(public, first.options.side)
    device = best_device()
    network = begun_from(first, first.options, seed, device)
    opponent = Opponent(network, settings.opponent, seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        seen = as_images(public[rows_of(seed + 1, step, settings.batch_size, len(public))], device)
        with torch.no_grad():
            features = network.encode(seen)
        opponent.learn(features, seen)
        _, images, wanted = learned.batch(seed, step, settings.batch_size, device, flip=settings.flip)
        features = network.encode(images)
        task = functional.binary_cross_entropy_with_logits(network.classify(features), wanted)
        error = opponent.error(features, images)
        loss = (1 - settings.trade_off) * task - settings.trade_off * settings.weight * error
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return float(loss.detach())

    both = nn.ModuleDict({"network": network, "decoder": opponent.decoder})
    total = settings.epochs * max(1, len(learned) // settings.batch_size)
    job = job_of(
        "adversarial",
        settings.model_dump(mode="json"),
        seed,
        first=weights_digest(first),
        data=learned.digest,
        public=AttributedPhotos(public, public.new_zeros(0)).digest,
    )
    run(both, (optimiser, opponent.optimiser), take, total, job, upkeep or Upkeep())
    return finished(network)
