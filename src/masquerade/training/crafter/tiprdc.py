"""TIPRDC: features that tell little of the person and much of the photo (Li et al. 2020, as in Crafter's code)."""

from hashlib import sha256
from typing import Annotated, Final, final

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import UsageError
from masquerade.networks.features.feature_classifier import FeatureClassifier
from masquerade.networks.features.information_critic import InformationCritic, information_bound
from masquerade.networks.features.split import SplitNetwork
from masquerade.training.crafter.attributed_photos import (
    as_images,
    begun_from,
    finished,
    job_of,
    mirrored,
    require_photos,
    weights_digest,
)
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, generator_of, rows_of, run

PUBLISHED_TRADE_OFFS: Final = (0.1, 0.5, 0.8)


@final
class TiprdcSettings(BaseModel):
    """How to train.

    Args:
        trade_off: Share ``l`` of privacy in the extractor's loss ``-l * CE - (1 - l) * bound``.
        width: Maps of the first layer of the adversary and of the estimator of information.
        epochs: Passes over the photos.
        batch_size: Photos in a batch.
        learning_rate: Of all three Adam optimisers.
        flip: Whether half of the photos are mirrored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    trade_off: Annotated[float, Field(ge=0, le=1)] = 0.5
    width: Annotated[int, Field(ge=1, le=512)] = 64
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 100
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-4
    flip: bool = False


def train_tiprdc(
    first: SplitNetwork,
    photos: Tensor,
    identities: Tensor,
    settings: TiprdcSettings,
    seed: int,
    upkeep: Upkeep | None = None,
) -> SplitNetwork:
    """Train an extractor against an adversary that names the person; the private attribute is the identity.

    The cloud's half stays that of ``first``, which does not fit any more: train another by ``train_cloud_half`` on
    the extractor's features, as a cloud does that develops a task.

    Args:
        first: Where the extractor's weights come from; it stays as it is.
        photos: uint8 ``(n, 3, side, side)``.
        identities: int64 ``(n,)``, any numbers, of two people or more.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Returns:
        The network in evaluation mode, in main memory.

    Raises:
        UsageError: If photos do not fit the network or the people.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    require_photos(photos, first.options.side)
    people = _numbered(identities, len(photos))
    trainer = TiprdcTrainer(first, photos, people, settings, seed)
    digests = {"first": weights_digest(first), "data": _digest(photos, people)}
    job = job_of("tiprdc", settings.model_dump(mode="json"), seed, **digests)
    total = settings.epochs * max(1, len(photos) // settings.batch_size)
    run(trainer.networks, trainer.optimisers, trainer.take, total, job, upkeep or Upkeep())
    return finished(trainer.network)


@final
class TiprdcTrainer:
    """Takes the steps of one training.

    Args:
        first: As in ``train_tiprdc``.
        photos: Likewise.
        people: Numbers of the people, 0 and on.
        settings: How.
        seed: Root of all randomness.
    """

    def __init__(
        self, first: SplitNetwork, photos: Tensor, people: Tensor, settings: TiprdcSettings, seed: int
    ) -> None:
        self._photos, self._people, self._settings, self._seed = photos, people, settings, seed
        self._device = best_device()
        count, channels = int(people.max()) + 1, first.feature_shape[0]
        self.network = begun_from(first, first.options, seed, self._device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._adversary = FeatureClassifier(channels, settings.width, count).to(self._device)
            self._critic = InformationCritic(channels, settings.width, count).to(self._device)
        learners: tuple[nn.Module, ...] = (self.network.enc, self._adversary, self._critic)
        self.networks = nn.ModuleList(learners)
        self.optimisers = [torch.optim.Adam(one.parameters(), lr=settings.learning_rate) for one in learners]

    def take(self, step: int) -> float:
        """One step of the extractor, then one each of adversary and estimator; returns the extractor's loss."""
        images, people = self._batch(step)
        features = self.network.encode(images)
        naming, bound = self._measured(images, features, people)
        share = self._settings.trade_off
        loss = -share * naming - (1 - share) * bound
        self._step(0, loss)
        naming, bound = self._measured(images, features.detach(), people)
        self._step(1, naming)
        self._step(2, -bound)
        return float(loss.detach())

    def _measured(self, images: Tensor, features: Tensor, people: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of naming people, and the bound of information between photos and features."""
        naming = functional.cross_entropy(self._adversary(features), people)
        own = self._critic(images, features, people)
        others = self._critic(images.roll(1, 0), features, people)
        return naming, information_bound(own, others)

    def _step(self, which: int, loss: Tensor) -> None:
        optimiser = self.optimisers[which]
        optimiser.zero_grad(set_to_none=True)
        parameters = optimiser.param_groups[0]["params"]
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimiser.step()

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        rows = rows_of(self._seed, step, self._settings.batch_size, len(self._photos))
        images = as_images(self._photos[rows], self._device)
        random = generator_of(self._seed, 2, step)
        return mirrored(images, random, flip=self._settings.flip), self._people[rows].to(self._device)


def _numbered(identities: Tensor, count: int) -> Tensor:
    people, numbers = np.unique(identities.numpy(), return_inverse=True)
    if tuple(identities.shape) != (count,) or len(people) < 2:
        raise UsageError(
            "identities that do not fit the photos, or fewer than two people",
            value=f"{tuple(identities.shape)} of {len(people)} people, expected ({count},)",
            remedy="Give a number for each photo's person.",
        )
    return torch.from_numpy(numbers.reshape(-1).astype(np.int64))


def _digest(photos: Tensor, people: Tensor) -> str:
    seen = sha256(photos.contiguous().numpy().tobytes())
    seen.update(people.contiguous().numpy().tobytes())
    return seen.hexdigest()
