"""Training of the one-pass cloak's generator: photos of other people, a new user at every step."""

from collections.abc import Sequence
from hashlib import sha256
from math import cos, isfinite, pi
from pathlib import Path
from time import monotonic
from typing import Any, Final, final

import torch
from torch import Generator, Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.optim import Adam

from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import TrainingDiverged, UsageError
from masquerade.files.tensors import digest_of
from masquerade.masknets import NUMBERS, MaskNetSource
from masquerade.networks.cloaks.augmentations import handled
from masquerade.networks.cloaks.cloak_generator import CloakGenerator
from masquerade.networks.cloaks.masknet import MaskNet, fitted
from masquerade.networks.cloaks.ssim import structural_similarity
from masquerade.progress import TrainingProgress
from masquerade.training.checkpoint import SavedProgress, load_checkpoint, read_progress, save_checkpoint
from masquerade.training.hyperobf.one_pass_settings import OnePassSettings

_DSSIM_WEIGHT: Final = 100.0
_WARM_UP: Final = 20
_LARGEST_NORM: Final = 1.0
_CHECKPOINT_SECONDS: Final = 60.0


def train_one_pass(
    photos: Tensor,
    source: MaskNetSource,
    settings: OnePassSettings,
    seed: int,
    *,
    recognisers: Sequence[Recogniser] = (),
    start: CloakGenerator | None = None,
    told: TrainingProgress | None = None,
    checkpoint: Path | None = None,
) -> CloakGenerator:
    """Train a generator; the same seed, settings, photos, source and software give the same weights.

    Args:
        photos: uint8 ``(n, 3, h, w)``, faces of people who are no users.
        source: Where users' MaskNets come from; each step draws a new one.
        settings: How to train.
        seed: Not negative, below 2**63. Users that it draws are nobody's.
        recognisers: What to train against besides; they take turns.
        start: A generator whose weights to begin with, of the settings' sizes; it is left as it was.
        told: Told how far it has come.
        checkpoint: File to keep the state in, and to go on from if it exists.

    Returns:
        The generator in evaluation mode.

    Raises:
        UsageError: If there is no photo, the start has other sizes, or recognisers are wanted and none is given or
            one has no gradients.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require(photos, settings, recognisers)
    job = _job(photos, source, settings, recognisers, seed) | _begins(start)
    found = read_progress(checkpoint, job) if checkpoint else None
    network = _begun(settings, seed, start)
    trainer = _Trainer(network, photos, source, settings, tuple(recognisers), seed)
    if checkpoint and found:
        trainer.prepare_state()
        load_checkpoint(checkpoint, network, trainer.optimiser, {})
    saved = monotonic()
    for step in range(found.step if found else 0, settings.steps):
        seen = trainer.take(step)
        if told:
            told(step + 1, settings.steps, *seen)
        due = monotonic() - saved >= _CHECKPOINT_SECONDS
        if checkpoint and (due or step + 1 == settings.steps):
            save_checkpoint(
                checkpoint, SavedProgress(step + 1, "float32", job), network, trainer.optimiser, {}
            )
            saved = monotonic()
    return network.eval()


@final
class _Trainer:
    """Takes the steps; every random number is a function of the seed and the step."""

    def __init__(
        self,
        network: CloakGenerator,
        photos: Tensor,
        source: MaskNetSource,
        settings: OnePassSettings,
        recognisers: tuple[Recogniser, ...],
        seed: int,
    ) -> None:
        self.network = network.train()
        self.photos, self.source, self.settings, self.recognisers = photos, source, settings, recognisers
        self.seed = seed
        self.optimiser = Adam(network.parameters(), lr=settings.learning_rate)

    def take(self, step: int) -> tuple[float, float]:
        """Take step ``step``; returns distance and similarity.

        Raises:
            UsageError: If the loss is no longer a finite number.
        """
        random = Generator().manual_seed(_number(self.seed, step))
        numbers = torch.randn(NUMBERS, generator=random)
        masknet = self.source.draw(numbers)
        photos = self._batch(masknet, random)
        change = self.network(photos, masknet, numbers[: masknet.structure.features], self.settings.bound)
        cloaked = (photos + change).clamp(0, 255)
        similar = structural_similarity(cloaked, photos)
        far = moved(masknet, cloaked, photos)
        over = ((1 - similar) / 2 - self.settings.dssim).clamp(min=0)
        loss = _DSSIM_WEIGHT * over.square().mean() - self.settings.masknet_weight * far.mean()
        if self.settings.recogniser_weight:
            loss = loss - self.settings.recogniser_weight * self._felt(cloaked, photos, step)
        self._descend(loss, step)
        return float(far.detach().mean()), float(similar.detach().mean())

    def prepare_state(self) -> None:
        """Make the optimiser's state exist, so that a checkpoint can be read into it."""
        for parameter in self.network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self.optimiser.step()

    def _batch(self, masknet: MaskNet, random: Generator) -> Tensor:
        rows = torch.randint(len(self.photos), (self.settings.batch_size,), generator=random)
        photos = fitted(self.photos[rows], masknet.structure.size)
        return photos.flip(3) if int(torch.randint(2, (), generator=random)) else photos

    def _felt(self, cloaked: Tensor, photos: Tensor, step: int) -> Tensor:
        """How far a recogniser is moved: the mean of one minus the cosine, 0 to 2."""
        recogniser = self.recognisers[step % len(self.recognisers)]
        with torch.no_grad():
            before = recogniser.embed(photos)
        after = recogniser.embed(handled(cloaked, step // len(self.recognisers)))
        return 1 - (after * before).sum(1).mean()

    def _descend(self, loss: Tensor, step: int) -> None:
        if not isfinite(float(loss.detach())):
            raise TrainingDiverged(
                "training of a one-pass cloak diverged: the loss is not a finite number",
                value=f"after {step + 1} steps",
                remedy="Lower learning_rate.",
            )
        for group in self.optimiser.param_groups:
            falling = 0.5 + 0.5 * cos(pi * step / self.settings.steps)
            group["lr"] = self.settings.learning_rate * min(1.0, (step + 1) / _WARM_UP) * falling
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.network.parameters(), _LARGEST_NORM)
        self.optimiser.step()


def _begun(settings: OnePassSettings, seed: int, start: CloakGenerator | None) -> CloakGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = CloakGenerator(settings.generator)
    if start is None:
        return network
    if start.options != settings.generator:
        raise UsageError(
            "a generator of other sizes than the training's",
            value=f"{start.options}, expected {settings.generator}",
            remedy="Set the settings' generator to the sizes of the one to begin with.",
        )
    network.load_state_dict(start.state_dict())
    return network


def moved(masknet: MaskNet, cloaked: Tensor, photos: Tensor) -> Tensor:
    """L1 distances ``(n,)`` of a MaskNet's features of length 1, before and after."""
    with torch.no_grad():
        before = functional.normalize(masknet(photos))
    far: Tensor = (functional.normalize(masknet(cloaked)) - before).abs().sum(1)
    return far


def _require(photos: Tensor, settings: OnePassSettings, recognisers: Sequence[Recogniser]) -> None:
    if not len(photos):
        raise UsageError("no photos to train a one-pass cloak on", remedy="Give a folder of photos.")
    if not settings.recogniser_weight:
        return
    dull = [each.name for each in recognisers if not each.differentiable]
    if not recognisers or dull:
        raise UsageError(
            "a cloak that recognisers are to feel needs recognisers with gradients",
            value=", ".join(dull) or "none",
            remedy="Name SFace, or a recogniser that masquerade trained; or set recogniser_weight to 0.",
        )


def _job(
    photos: Tensor,
    source: MaskNetSource,
    settings: OnePassSettings,
    recognisers: Sequence[Recogniser],
    seed: int,
) -> dict[str, Any]:
    """What tells this training from another: a checkpoint of another is refused."""
    return {
        "settings": settings.model_dump(mode="json"),
        "source": source.digest,
        "recognisers": [each.digest for each in recognisers],
        "seed": seed,
        "photos": sha256(photos[:2].contiguous().numpy().tobytes()).hexdigest(),
        "count": len(photos),
    }


def _begins(start: CloakGenerator | None) -> dict[str, str]:
    return {} if start is None else {"start": digest_of((), start.state_dict())}


def _number(seed: int, step: int) -> int:
    drawn = sha256(f"one-pass {seed} {step}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") >> 1
