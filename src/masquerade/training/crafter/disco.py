"""Disco: a pruner of the features' channels, trained against a decoder (Singh et al. 2021, as in Crafter's code)."""

from typing import Annotated, Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.features.channel_pruner import PrunerOptions
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.attributed_photos import (
    AttributedPhotos,
    begun_from,
    finished,
    job_of,
    weights_digest,
)
from masquerade.training.crafter.decoder_adversary import Opponent, OpponentSettings
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, run

PUBLISHED_TRADE_OFFS: Final = (0.2, 0.6, 0.8)


@final
class DiscoSettings(BaseModel):
    """How to train; defaults are those of the published code's configuration.

    Args:
        pruner: Which channels go, and by how much; see there what the published threshold does.
        trade_off: Share ``a`` of privacy in the pruner's loss ``(1 - a) * task - a * weight * error``.
        weight: What the decoder's error is multiplied by.
        opponent: The decoder.
        epochs: Passes over the photos.
        batch_size: Photos in a batch.
        learning_rate: Adam's, of encoder, pruner and cloud's half.
        flip: Whether half of the photos are mirrored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pruner: PrunerOptions = PrunerOptions()
    trade_off: Annotated[float, Field(ge=0, le=1)] = 0.4
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    opponent: OpponentSettings = OpponentSettings(error="mean_square", learning_rate=3e-4)
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 100
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 3e-4
    flip: bool = False


def train_disco(
    first: SplitNetwork,
    learned: AttributedPhotos,
    settings: DiscoSettings,
    seed: int,
    upkeep: Upkeep | None = None,
) -> SplitNetwork:
    """Train a split network with a pruner; the pruner plays against a decoder, the rest learns the task.

    Args:
        first: A network without a pruner, where weights come from; it stays as it is.
        learned: What all of them learn from; public people's photos, as published.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Returns:
        The network with its pruner in evaluation mode, in main memory.

    Raises:
        UsageError: If photos do not fit the network, or it has a pruner already.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    learned.require(first.options)
    if first.pruner is not None:
        raise UsageError("the network has a pruner already", remedy="Begin with one that has none.")
    device = best_device()
    options = first.options.model_copy(update={"pruner": settings.pruner})
    network = begun_from(first, options, seed, device)
    opponent = Opponent(network, settings.opponent, seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    gates = list(network.pruner.parameters()) if network.pruner else []

    def take(step: int) -> float:
        _, images, wanted = learned.batch(seed, step, settings.batch_size, device, flip=settings.flip)
        features = network.encode(images)
        task = functional.binary_cross_entropy_with_logits(network.classify(features), wanted)
        error = opponent.error(features, images)
        towards = torch.autograd.grad(error, gates, retain_graph=True)
        optimiser.zero_grad(set_to_none=True)
        task.backward()  # type: ignore[no-untyped-call]
        for parameter, gradient in zip(gates, towards, strict=True):
            given = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
            apart = settings.trade_off * settings.weight * gradient
            parameter.grad = (1 - settings.trade_off) * given - apart
        optimiser.step()
        opponent.learn(features, images)
        return float(task.detach())

    both = nn.ModuleDict({"network": network, "decoder": opponent.decoder})
    total = settings.epochs * max(1, len(learned) // settings.batch_size)
    digests = {"first": weights_digest(first), "data": learned.digest}
    job = job_of("disco", settings.model_dump(mode="json"), seed, **digests)
    run(both, (optimiser, opponent.optimiser), take, total, job, upkeep or Upkeep())
    return finished(network)
