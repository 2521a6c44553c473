"""Training of a face generator: WGAN with gradient penalty (Gulrajani et al. 2017; Crafter's and GMI's code)."""

from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from masquerade.crafting.objective import critic_loss
from masquerade.crafting.penalty import gradient_penalty
from masquerade.errors import UsageError
from masquerade.networks.features.critic import Critic, CriticOptions
from masquerade.networks.features.generator_registry import GeneratorOptions, SomeGenerator, build_generator
from masquerade.networks.features.wgan_generator import G1
from masquerade.training.precision import best_device
from masquerade.training.resumable import Upkeep, generator_of, rows_of, run

FEWEST: Final = 64
"""Photos that a generator needs at least; below, it can only repeat them."""


@final
class WGANSettings(BaseModel):
    """How to train a generator.

    Args:
        generator: Its sizes.
        critic_width: Maps of the critic's first layer; 64 in the paper.
        steps: Steps of the generator: 100,000 in the paper.
        batch_size: Images of each kind in a step.
        critic_steps: Steps of the critic for each of the generator.
        penalty: Factor of the gradient penalty.
        learning_rate: Adam's, of both; 4e-4 in Crafter's code, 2e-4 in GMI's.
        betas: Adam's.
        averaging: Decay of an exponential average of the generator's weights, which becomes the result; 0 is off,
            as in the paper.
        flip: Whether half of the photos are mirrored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    generator: GeneratorOptions = G1
    critic_width: Annotated[int, Field(ge=1, le=512)] = 64
    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    critic_steps: Annotated[int, Field(ge=1, le=1000)] = 5
    penalty: Annotated[float, Field(ge=0, le=1e6)] = 10.0
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-4
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (0.5, 0.999)
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.0
    flip: bool = True


@final
@dataclass(frozen=True)
class TrainedWGAN:
    """A generator and the critic that it was trained against, both in evaluation mode, in main memory.

    The critic serves an attacker as a prior over faces.
    """

    generator: SomeGenerator
    critic: Critic


def train_wgan(
    photos: Tensor, settings: WGANSettings, seed: int, upkeep: Upkeep | None = None
) -> TrainedWGAN:
    """Train a generator of faces on public photos.

    The same seed, settings, photos, software and number of threads give the same weights, stopped and resumed or
    not.

    Args:
        photos: uint8 ``(n, 3, side, side)``, ``FEWEST`` or more; who they are plays no part.
        settings: How.
        seed: Not negative, below 2**63.
        upkeep: Checkpoint and progress.

    Raises:
        UsageError: If photos are too few or of another size.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require_photos(photos, settings)
    trainer = WGANTrainer(photos, settings, seed)
    run(
        nn.ModuleDict({"generator": trainer.generator, "critic": trainer.critic}),
        (trainer.of_generator, trainer.of_critic),
        trainer.take,
        settings.steps,
        _job(photos, settings, seed),
        upkeep or Upkeep(),
        trainer.average,
    )
    return trainer.finish()


@final
class WGANTrainer:
    """Takes the steps of one training.

    Args:
        photos: As in ``train_wgan``.
        settings: How.
        seed: Root of all randomness.
    """

    def __init__(self, photos: Tensor, settings: WGANSettings, seed: int) -> None:
        self._photos, self._settings, self._seed = photos, settings, seed
        self._device = best_device()
        side = settings.generator.side
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator = build_generator(settings.generator).to(self._device)
            self.critic = Critic(CriticOptions(side=side, width=settings.critic_width)).to(self._device)
        self.of_generator, self.of_critic = (
            torch.optim.Adam(network.parameters(), lr=settings.learning_rate, betas=settings.betas)
            for network in (self.generator, self.critic)
        )
        self.average: dict[str, Tensor] = {}
        if settings.averaging:
            self.average = {f"average.{k}": v.detach().clone() for k, v in self._floats().items()}

    def take(self, step: int) -> float:
        """Steps of the critic, then one of the generator; returns the critic's estimate of their distance."""
        distance = 0.0
        for turn in range(self._settings.critic_steps):
            distance = self._critic_step(step * self._settings.critic_steps + turn)
        fakes = self.generator(self._latents(step, 3))
        loss = -self.critic(fakes).mean()
        self.of_generator.zero_grad(set_to_none=True)
        loss.backward()
        self.of_generator.step()
        self._follow(step)
        return distance if loss.isfinite() else float("nan")

    def finish(self) -> TrainedWGAN:
        """The networks, the generator with averaged weights if the settings ask for them.

        Batch normalisation then gets its statistics anew, since the average never ran.
        """
        generator = deepcopy(self.generator)
        if self.average:
            generator.load_state_dict({k: self.average[f"average.{k}"] for k in self._floats()}, strict=False)
        _settle(generator, self._settings, self._seed, self._device)
        plain = torch.device("cpu")
        for network in (generator, self.critic):
            network.zero_grad(set_to_none=True)
        return TrainedWGAN(generator.to(plain).eval(), self.critic.to(plain).eval())

    def _critic_step(self, number: int) -> float:
        real = self._real(number)
        with torch.no_grad():
            fakes = self.generator(self._latents(number, 2, len(real)))
        shares = torch.rand(len(real), generator=generator_of(self._seed, 5, number))
        loss = critic_loss(self.critic(fakes), self.critic(real))
        penalty = gradient_penalty(self.critic, real, fakes, shares)
        self.of_critic.zero_grad(set_to_none=True)
        (loss + self._settings.penalty * penalty).backward()  # type: ignore[no-untyped-call]
        self.of_critic.step()
        return -float(loss.detach())

    def _real(self, number: int) -> Tensor:
        rows = rows_of(self._seed, number, self._settings.batch_size, len(self._photos))
        images = self._photos[rows].to(self._device).float() / 255
        if self._settings.flip:
            turned = torch.rand(len(images), generator=generator_of(self._seed, 4, number)) < 0.5
            images = torch.where(turned.to(self._device).view(-1, 1, 1, 1), images.flip(3), images)
        return images

    def _latents(self, number: int, stream: int, count: int | None = None) -> Tensor:
        size = (count or self._settings.batch_size, self._settings.generator.latents)
        return torch.randn(size, generator=generator_of(self._seed, stream, number)).to(self._device)

    def _floats(self) -> dict[str, Tensor]:
        return {k: v for k, v in self.generator.state_dict().items() if v.is_floating_point()}

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        if self.average:
            decay = min(self._settings.averaging, (1 + step) / (10 + step))
            for name, value in self._floats().items():
                self.average[f"average.{name}"].lerp_(value, 1 - decay)


@torch.no_grad()
def _settle(generator: SomeGenerator, settings: WGANSettings, seed: int, device: torch.device) -> None:
    """Statistics of batch normalisation over many latents: an inversion sees the generator in evaluation mode."""
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    generator.train()
    for number in range(8):
        draw = torch.randn(256, settings.generator.latents, generator=generator_of(seed, 6, number))
        generator(draw.to(device))


def _require_photos(photos: Tensor, settings: WGANSettings) -> None:
    side = settings.generator.side
    if len(photos) < FEWEST:
        raise UsageError(
            f"a generator needs at least {FEWEST} photos",
            value=f"{len(photos)} photos",
            remedy="Give more public photos; whose they are plays no part.",
        )
    if tuple(photos.shape[1:]) != (3, side, side) or photos.dtype != torch.uint8:
        raise UsageError(
            "photos of another size or type than the generator makes",
            value=f"{photos.dtype} {tuple(photos.shape[1:])}, expected torch.uint8 (3, {side}, {side})",
            remedy="Resize them.",
        )


def _job(photos: Tensor, settings: WGANSettings, seed: int) -> dict[str, Any]:
    seen = sha256(photos.contiguous().numpy().tobytes()).hexdigest()
    return {"kind": "wgan", "settings": settings.model_dump(mode="json"), "seed": seed, "data": seen}
