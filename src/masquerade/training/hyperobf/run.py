"""One training of HyperObf under way: its steps, its curve, its best moment."""

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from masquerade.training.hyperobf.curve import Point, best, ended, from_tensor, to_tensor
from masquerade.training.hyperobf.learners import Learner
from masquerade.training.hyperobf.measuring import measure
from masquerade.training.hyperobf.settings import EarlyStopping
from masquerade.training.hyperobf.trainer import HyperNetTrainer


@final
class TrainingRun:
    """A training between two steps. Apart from learner and optimiser, its state is in ``tensors``.

    Args:
        trainer: Takes the steps.
        stopping: How to measure, and when to stop.
    """

    def __init__(self, trainer: HyperNetTrainer, stopping: EarlyStopping) -> None:
        self.trainer = trainer
        self.stopping = stopping
        self.step = 0
        points = trainer.fit.epochs // stopping.every + 1
        self._rows = to_tensor([], points)
        self._since = torch.zeros(3, dtype=torch.float64)
        self._best = {name: tensor.detach().clone() for name, tensor in self.learner.state_dict().items()}

    @property
    def learner(self) -> Learner:
        """What is trained."""
        return self.trainer.learner

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """Everything that a checkpoint must keep of this, not copied."""
        return {
            "curve": self._rows,
            "since": self._since,
            **{f"best.{name}": tensor for name, tensor in self._best.items()},
        }

    @property
    def curve(self) -> list[Point]:
        """What was measured so far."""
        return from_tensor(self._rows)

    @property
    def best(self) -> Point:
        """The measurement whose weights are the result."""
        curve = self.curve
        return curve[best(curve, self.stopping)]

    @property
    def between_epochs(self) -> bool:
        """Whether an epoch has just ended."""
        return not self.step % self.trainer.batches

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.step // self.trainer.batches

    @property
    def over(self) -> bool:
        """Whether it has ended, by its length or its curve."""
        done = self.step >= self.trainer.total
        return done or (self.between_epochs and ended(self.curve, self.stopping))

    def advance(self) -> float:
        """Take a step, measure where it is time; returns the step's cross-entropy.

        Raises:
            TrainingDiverged: If the loss, or a weight, is not a finite number.
            DeadFeatures: If a net that is measured sees no difference between photos.
        """
        error, variance = self.trainer.take(self.step)
        self.step += 1
        self._since += torch.tensor([error, variance, 1.0], dtype=torch.float64)
        due = self.between_epochs and self.epoch % self.stopping.every == 0
        if due or self.step == self.trainer.total:
            self._measure()
        return error

    def result(self) -> Learner:
        """The learner with the weights of the best moment, on the processor and no longer to be trained."""
        self.learner.load_state_dict(self._best)
        return self.learner.cpu().eval().requires_grad_(False)

    def _measure(self) -> None:
        error, variance = (self._since[:2] / self._since[2]).tolist()
        self._since.zero_()
        people, nets = self.trainer.people, self.stopping.nets
        point = measure(self.learner, people, nets, self.epoch, error, variance)
        curve = [*self.curve, point]
        self._rows.copy_(to_tensor(curve, len(self._rows)))
        if best(curve, self.stopping) == len(curve) - 1:
            for name, tensor in self.learner.state_dict().items():
                self._best[name].copy_(tensor)
