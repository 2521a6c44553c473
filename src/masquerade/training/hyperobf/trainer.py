"""Single steps of HyperObf's trainings."""

from math import cos, isfinite, pi
from typing import final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.optim import Adam

from masquerade.errors import TrainingDiverged
from masquerade.training.hyperobf.learners import Learner
from masquerade.training.hyperobf.loss import cross_entropy
from masquerade.training.hyperobf.measuring import People
from masquerade.training.hyperobf.settings import Fit


@final
class HyperNetTrainer:
    """Takes the steps of one training. Every random number is a function of the seed and the step.

    Args:
        learner: What to train, on its device.
        people: Photos to train on.
        fit: How.
        seed: Root of all randomness.
        precision: ``float32`` or ``bfloat16``.
    """

    def __init__(self, learner: Learner, people: People, fit: Fit, seed: int, precision: str) -> None:
        self.learner = learner
        self.people = people
        self.fit = fit
        self.seed = seed
        self.bfloat16 = precision == "bfloat16"
        self.device = learner.classifier.weight.device
        self.batch_size = min(fit.batch_size, len(people.photos))
        self.batches = len(people.photos) // self.batch_size
        self.total = fit.epochs * self.batches
        self.optimiser = Adam(learner.groups())
        self.rates = [group["lr"] for group in self.optimiser.param_groups]

    def take(self, step: int) -> tuple[float, float]:
        """Take step ``step``; returns cross-entropy and the variance of the drawn weights.

        Raises:
            UsageError: If the loss is no longer a finite number.
        """
        rows = self._rows(step)
        random = Generator().manual_seed(_number(self.seed, 2, step))
        images = self.fit.changes.of(self.people.photos[rows].to(self.device), random)
        labels = self.people.labels[rows].to(self.device)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * self._part(step)
        self.optimiser.zero_grad(set_to_none=True)
        scores, penalty, variance = self.learner.answers(images, random, bfloat16=self.bfloat16)
        error = cross_entropy(scores, labels, self.fit.label_smoothing)
        loss = error + penalty
        if not isfinite(float(loss.detach())):
            raise TrainingDiverged(
                "training diverged: the loss is not a finite number",
                value=f"loss {float(loss.detach())} after {step + 1} steps",
                remedy="Lower the learning rates, or set precision to float32.",
            )
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(error.detach()), float(variance)

    def prepare_state(self) -> None:
        """Make the optimiser's state exist, so that a checkpoint can be read into it."""
        for parameter in self.learner.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self.optimiser.step()

    def _rows(self, step: int) -> Tensor:
        epoch, place = divmod(step, self.batches)
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(len(self.people.photos))
        return torch.from_numpy(order[place * self.batch_size : (place + 1) * self.batch_size])

    def _part(self, step: int) -> float:
        """Share of the learning rates at a step."""
        return 1.0 if self.fit.schedule == "constant" else (1 + cos(pi * step / self.total)) / 2


def _number(*path: int) -> int:
    return int(np.random.SeedSequence(path).generate_state(1, np.uint64)[0] >> 1)
