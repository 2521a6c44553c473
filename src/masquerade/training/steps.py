"""Single training steps: batch, forward, loss, backward, update, average."""

from collections.abc import Callable
from typing import final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from masquerade.errors import TrainingDiverged
from masquerade.networks import Network
from masquerade.training.augmentation import augment
from masquerade.training.optimiser import optimiser
from masquerade.training.schedule import learning_rate
from masquerade.training.settings import Augmentation, Settings, batches_in
from masquerade.training.sources import ImageSource

_LOOK_EVERY_ON_GPU = 20
"""Steps between two looks at the loss: each look makes the processor wait for the graphics card."""


@final
class Trainer:
    """Takes the steps of one training.

    Args:
        network: The network to train, on its device.
        settings: How to train.
        total: Steps in all.
        seed: Root of all randomness.
        precision: ``float32`` or ``bfloat16``; normalisation and loss stay in float32.
        transform: Applied to each raw batch.
    """

    def __init__(
        self,
        network: Network,
        settings: Settings,
        total: int,
        seed: int,
        precision: str,
        transform: Callable[[Tensor], Tensor] | None,
    ) -> None:
        self.device = network.norm.mean.device
        self.network = network.train()
        self.convolutional = any(isinstance(module, nn.Conv2d) for module in network.modules())
        if self.convolutional:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = settings
        self.total = total
        self.seed = seed
        self.bfloat16 = precision == "bfloat16"
        self.transform = transform
        self.optimiser = optimiser(network, settings)
        self.average: dict[str, Tensor] = {}
        if settings.averaging:
            self.average = {
                k: v.detach().clone() for k, v in network.state_dict().items() if v.is_floating_point()
            }
        self._order = (-1, torch.empty(0))
        self._right = torch.zeros((), device=self.device)
        self._seen = 0

    def take(self, step: int, source: ImageSource) -> tuple[float, float] | None:
        """Take step ``step``; returns loss and accuracy in this epoch, when they were looked at.

        Raises:
            UsageError: If the loss is no longer a finite number.
        """
        rows = self._rows(step, len(source.labels))
        torch.manual_seed(
            int(np.random.SeedSequence([self.seed, 2, step]).generate_state(1, np.uint64)[0] >> 1)
        )
        images, targets = self._batch(source, rows)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.settings, step, self.total)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            scores = self.network(images).float()
        loss = functional.cross_entropy(
            scores - self.settings.margin * targets, targets, label_smoothing=self.settings.label_smoothing
        )
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self._update_average(step)
        self._right += (scores.detach().argmax(1) == targets.argmax(1)).sum()
        self._seen += len(rows)
        return self._look(step, loss)

    def prepare_state(self) -> None:
        """Make the optimiser's state exist, so that a checkpoint can be read into it."""
        for parameter in self.network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self.optimiser.step()

    def finish(self) -> Network:
        """The trained network in evaluation mode, with averaged weights if the settings ask for them.

        Raises:
            UsageError: If a weight is not a finite number.
        """
        self.optimiser.zero_grad(set_to_none=True)
        if self.average:
            self.network.load_state_dict(self.average, strict=False)
        if not all(bool(p.isfinite().all()) for p in self.network.state_dict().values()):
            raise _diverged(self.total, float("nan"))
        # The layout in memory that a loaded model has, so that it gives the same bits.
        self.network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return self.network.eval()

    def _rows(self, step: int, count: int) -> Tensor:
        epoch, place = divmod(step, batches_in(count, self.settings.batch_size))
        if self._order[0] != epoch:
            order = np.random.default_rng([self.seed, 1, epoch]).permutation(count)
            self._order = (epoch, torch.from_numpy(order))
            self._right.zero_()
            self._seen = 0
        return self._order[1][place * self.settings.batch_size : (place + 1) * self.settings.batch_size]

    def _batch(self, source: ImageSource, rows: Tensor) -> tuple[Tensor, Tensor]:
        images = source.images(rows)
        if self.transform:
            images = self.transform(images)
        images = images.to(self.device).float()
        targets = class_shares(source.labels[rows].to(self.device), self.network.classes)
        if self.settings.augmentation != Augmentation():
            norm = self.network.norm
            images, targets = augment(images, targets, self.settings.augmentation, norm.mean, norm.std)
        if self.convolutional:
            images = images.contiguous(memory_format=torch.channels_last)
        return images, targets

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        if not self.average:
            return
        # Young averages forget faster, so that the first, random weights leave no trace.
        decay = min(self.settings.averaging, (1 + step) / (10 + step))
        state = self.network.state_dict()
        torch._foreach_lerp_(list(self.average.values()), [state[name] for name in self.average], 1 - decay)

    def _look(self, step: int, loss: Tensor) -> tuple[float, float] | None:
        if self.device.type == "cuda" and (step + 1) % _LOOK_EVERY_ON_GPU and step + 1 < self.total:
            return None
        value = float(loss.detach())
        if not np.isfinite(value):
            raise _diverged(step + 1, value)
        return value, float(self._right) / self._seen


def class_shares(labels: Tensor, classes: int) -> Tensor:
    """Share of each class, float32 ``(n, classes)``, of class numbers ``(n,)`` or shares."""
    return labels.float() if labels.is_floating_point() else functional.one_hot(labels, classes).float()


def _diverged(step: int, loss: float) -> TrainingDiverged:
    return TrainingDiverged(
        "training diverged: the loss or a weight is not a finite number",
        value=f"loss {loss} after {step} steps",
        remedy="Lower learning_rate, add warm_up, or set precision to float32.",
    )
