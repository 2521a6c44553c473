"""Training of the cloud's half alone, on features: the development scenario (Crafter, section VI-B).

With features of public people alone it is the baseline that exposes nobody, "public data only".
"""

from hashlib import sha256
from typing import Annotated, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork
from masquerade.networks.features.split_registry import build_split
from masquerade.training.crafter.attributed_photos import begun_from, finished, job_of, weights_digest
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, rows_of, run


@final
class CloudHalfSettings(BaseModel):
    """How to train.

    Args:
        epochs: Passes over the features.
        batch_size: Features in a batch.
        learning_rate: Adam's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3


def train_cloud_half(
    edge: SplitNetwork,
    features: Tensor,
    attributes: Tensor,
    settings: CloudHalfSettings,
    seed: int,
    upkeep: Upkeep | None = None,
) -> SplitNetwork:
    """Train a new cloud's half on features, protected or not, behind an encoder that stays as it is.

    Args:
        edge: Whose encoder, and pruner if it has one; of its cloud's half the sizes alone are taken.
        features: float32 ``(n, *edge.feature_shape)``, two or more.
        attributes: bool ``(n, a)``, as many as ``edge`` tells.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Returns:
        The network in evaluation mode, in main memory.

    Raises:
        UsageError: If features and attributes do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require(edge, features, attributes)
    device = best_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh = build_split(edge.options)
    network = begun_from(edge, edge.options, seed, device)
    network.f.load_state_dict(fresh.f.state_dict())
    optimiser = torch.optim.Adam(network.f.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        rows = rows_of(seed, step, settings.batch_size, len(features))
        logits = network.classify(features[rows].to(device))
        loss = functional.binary_cross_entropy_with_logits(logits, attributes[rows].to(device).float())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return float(loss.detach())

    seen = sha256(features.contiguous().numpy().tobytes())
    seen.update(attributes.contiguous().numpy().tobytes())
    digests = {"edge": weights_digest(edge), "data": seen.hexdigest()}
    job = job_of("cloud half", settings.model_dump(mode="json"), seed, **digests)
    total = settings.epochs * max(1, len(features) // settings.batch_size)
    run(network.f, (optimiser,), take, total, job, upkeep or Upkeep())
    return finished(network)


def without_contrast(attributes: Tensor, attribute: int) -> Tensor:
    """Rows of the photos that have an attribute: the paper's public set without private people's variety.

    Args:
        attributes: bool ``(n, a)``.
        attribute: Number of the attribute; whoever lacks it is left out.

    Returns:
        int64, ascending.
    """
    return attributes[:, attribute].nonzero().flatten()


def _require(edge: SplitNetwork, features: Tensor, attributes: Tensor) -> None:
    count = edge.options.attributes
    if tuple(features.shape[1:]) != edge.feature_shape or len(features) < 2:
        raise UsageError(
            "features of another shape than the network's, or fewer than two",
            value=f"{tuple(features.shape)}, expected (n, {', '.join(map(str, edge.feature_shape))})",
            remedy="Give the features of its encoder.",
        )
    if tuple(attributes.shape) != (len(features), count) or attributes.dtype != torch.bool:
        raise UsageError(
            "attributes that do not fit the features",
            value=f"{attributes.dtype} {tuple(attributes.shape)}, expected torch.bool ({len(features)}, {count})",
            remedy="Give a yes or no for each and every attribute.",
        )
