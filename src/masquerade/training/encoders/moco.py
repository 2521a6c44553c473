"""Self-supervised pre-training of an encoder by MoCo-v3: no labels, reproducible from its seed, resumable."""

from hashlib import sha256
from math import cos, isfinite, pi
from pathlib import Path
from time import monotonic
from typing import Any, final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.optim import AdamW

from masquerade.encoders.vision_transformer import VisionTransformer
from masquerade.errors import TrainingDiverged, UsageError
from masquerade.progress import TrainingProgress
from masquerade.training.checkpoint import SavedProgress, load_checkpoint, read_progress, save_checkpoint
from masquerade.training.encoders.branches import Branches
from masquerade.training.encoders.settings import MoCoSettings
from masquerade.training.precision import best_device, resolve_precision

FEWEST = 16
"""Photos that pre-training needs at least: each is told from the others of its batch."""
_CHECKPOINT_SECONDS = 60.0


def pretrain(
    photos: Tensor,
    settings: MoCoSettings,
    seed: int,
    *,
    progress: TrainingProgress | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = _CHECKPOINT_SECONDS,
) -> VisionTransformer:
    """Train a vision transformer to tell photos apart whatever their crop and colours, and cut it.

    The same seed, settings, photos, software and number of threads give the same weights, stopped and resumed
    or not.

    Args:
        photos: uint8 ``(n, 3, side, side)``, one or more of each person; who they are plays no part.
        settings: How to train.
        seed: Not negative, below 2**63.
        progress: Told how far training has come.
        checkpoint: File to keep the state in, and to go on from if it exists.
        checkpoint_seconds: Least time between two checkpoints; one more is written at the end.

    Returns:
        The network's first ``settings.cut`` blocks in evaluation mode, in main memory.

    Raises:
        UsageError: If there are fewer than ``FEWEST`` photos, or they have another size.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require_photos(photos, settings)
    device = best_device()
    job = _job(photos, settings, seed)
    found = read_progress(checkpoint, job) if checkpoint else None
    precision = found.precision if found else resolve_precision(settings.precision, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        branches = Branches(settings)
    trainer = MoCoTrainer(branches.to(device), settings, len(photos), seed, precision)
    if checkpoint and found:
        trainer.prepare_state()
        load_checkpoint(checkpoint, branches, trainer.optimiser, {})
    saved = monotonic()
    for step in range(found.step if found else 0, trainer.total):
        loss, share = trainer.take(step, photos)
        if progress:
            progress(step + 1, trainer.total, loss, share)
        due = monotonic() - saved >= checkpoint_seconds
        if checkpoint and (due or step + 1 == trainer.total):
            save_checkpoint(
                checkpoint, SavedProgress(step + 1, precision, job), branches, trainer.optimiser, {}
            )
            saved = monotonic()
    return branches.learner.vit.cut(settings.cut).eval()


@final
class MoCoTrainer:
    """Takes the steps of one pre-training.

    Args:
        branches: What to train, on its device.
        settings: How.
        photos: Number of photos.
        seed: Root of all randomness.
        precision: ``float32`` or ``bfloat16``; normalisation and loss stay in float32.
    """

    def __init__(
        self, branches: Branches, settings: MoCoSettings, photos: int, seed: int, precision: str
    ) -> None:
        self.branches = branches.train()
        self.settings = settings
        self.seed = seed
        self.batch_size = min(settings.batch_size, photos)
        self.batches = photos // self.batch_size
        self.total = settings.epochs * self.batches
        self.device = branches.learner.vit.class_token.device
        self.bfloat16 = precision == "bfloat16"
        self.optimiser = _optimiser(branches, settings.weight_decay)

    def take(self, step: int, photos: Tensor) -> tuple[float, float]:
        """Take step ``step``; returns the loss and the share of views found again.

        Raises:
            UsageError: If the loss is no longer a finite number.
        """
        batch = photos[self._rows(step, len(photos))].to(self.device)
        # Each step has a generator of its own, so that no generator's state needs keeping.
        random = Generator().manual_seed(_number(self.seed, 2, step))
        one, other = (view.of(batch, random) for view in self.settings.views)
        places = (self._places(len(batch), random), self._places(len(batch), random))
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate(step)
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            loss, share = self.branches((one, other), places)
        value = float(loss.detach())
        if not isfinite(value):
            raise TrainingDiverged(
                "pre-training diverged: the loss is not a finite number",
                value=f"loss {value} after {step + 1} steps",
                remedy="Lower learning_rate, or set precision to float32.",
            )
        loss.backward()
        self.optimiser.step()
        self.branches.follow(self._momentum(step))
        return value, float(share)

    def prepare_state(self) -> None:
        """Make the optimiser's state exist, so that a checkpoint can be read into it."""
        for group in self.optimiser.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter)
        self.optimiser.step()

    def _rows(self, step: int, count: int) -> Tensor:
        epoch, place = divmod(step, self.batches)
        order = np.random.default_rng([self.seed, 1, epoch]).permutation(count)
        return torch.from_numpy(order[place * self.batch_size : (place + 1) * self.batch_size])

    def _places(self, count: int, random: Generator) -> Tensor | None:
        """Some patches of each of ``count`` views, in random order; None for all of them."""
        patches = self.settings.vit.grid**2
        seen = max(1, round(self.settings.shown * patches))
        if seen == patches:
            return None
        return torch.rand(count, patches, generator=random).argsort(1)[:, :seen].to(self.device)

    def _rate(self, step: int) -> float:
        climb = self.settings.warm_up * self.total
        if step < climb:
            return self.settings.learning_rate * (step + 1) / (climb + 1)
        return self.settings.learning_rate * (1 + cos(pi * (step - climb) / (self.total - climb))) / 2

    def _momentum(self, step: int) -> float:
        return 1 - (1 - self.settings.momentum) * (1 + cos(pi * step / self.total)) / 2


def _optimiser(branches: Branches, weight_decay: float) -> AdamW:
    learned = [p for p in branches.parameters() if p.requires_grad]
    weights = [p for p in learned if p.ndim > 1]
    others = [p for p in learned if p.ndim <= 1]
    return AdamW([{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}])


def _number(*path: int) -> int:
    return int(np.random.SeedSequence(path).generate_state(1, np.uint64)[0] >> 1)


def _require_photos(photos: Tensor, settings: MoCoSettings) -> None:
    side = settings.vit.side
    if len(photos) < FEWEST:
        raise UsageError(
            f"pre-training needs at least {FEWEST} photos",
            value=f"{len(photos)} photos",
            remedy="Give more photos; whose they are plays no part.",
        )
    if tuple(photos.shape[1:]) != (3, side, side):
        raise UsageError(
            "photos of another size than the encoder takes",
            value=f"{tuple(photos.shape[1:])}, expected (3, {side}, {side})",
            remedy="Resize them.",
        )


def _job(photos: Tensor, settings: MoCoSettings, seed: int) -> dict[str, Any]:
    """What tells this pre-training from another: a checkpoint of another is refused."""
    seen = sha256(photos.contiguous().numpy().tobytes()).hexdigest()
    return {"settings": settings.model_dump(mode="json"), "seed": seed, "data": seen}
