"""Training of an amortised crafter: a network that draws what attackers rebuild to faces of the prior, in one pass.

Source: Crafter, equations 5 to 8, with two replacements of this project's own. The simulated attacker is a decoder that
learns crafted features all along, instead of a search of latents, so that no implicit gradient is needed. And each
photo has a face of the prior of its own to be drawn to, instead of a critic: over many photos, a critic that compares
sets of faces is content with faces of the photos' own people.
"""

from copy import deepcopy
from hashlib import sha256
from math import log
from typing import Annotated, Any, Final, Self, final

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from masquerade.crafting.objective import UTILITY_SCALE
from masquerade.crafting.prior_faces import PriorFaces
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import UsageError
from masquerade.networks.features.feature_crafter import FeatureCrafter, FeatureCrafterOptions
from masquerade.networks.features.feature_decoder import FeatureDecoder
from masquerade.training.precision import Precision
from masquerade.training.resumable import Upkeep, generator_of, rows_of, run

IMAGE_SCALE: Final = 2000.0
"""Factor of the mean squared difference of images of 0 to 1: at beta 1, it weighs about as much as that of features."""


@final
class AmortisedCrafterSettings(BaseModel):
    """How to train an amortised crafter.

    Args:
        width: Maps of its layers.
        blocks: Its residual blocks.
        steps: Batches.
        batch_size: Photos in a batch.
        learning_rate: Adam's, of the crafter.
        decoder_steps: Steps of the simulated attacker's decoder for each of the crafter.
        decoder_learning_rate: Adam's, of the decoder.
        least_beta: Betas of the training are drawn from here, evenly in their logarithm,
        most_beta: to here.
        pool: Faces of the prior.
        choices: Of so many of the pool's, drawn for a photo, the one with the nearest features is its own.
        privacy_scale: Factor of the privacy loss.
        utility_scale: Factor of the utility loss, beside beta.
        precision: What crafter and decoder compute in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: Annotated[int, Field(ge=1, le=1024)] = 48
    blocks: Annotated[int, Field(ge=1, le=64)] = 3
    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 3000
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 8
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    decoder_steps: Annotated[int, Field(ge=1, le=1000)] = 1
    decoder_learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    least_beta: Annotated[float, Field(gt=0, le=1e6)] = 0.25
    most_beta: Annotated[float, Field(gt=0, le=1e6)] = 8.0
    pool: Annotated[int, Field(ge=1, le=65_536)] = 512
    choices: Annotated[int, Field(ge=1, le=65_536)] = 16
    privacy_scale: Annotated[float, Field(ge=0)] = IMAGE_SCALE
    utility_scale: Annotated[float, Field(gt=0)] = UTILITY_SCALE
    precision: Precision = "bfloat16"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.most_beta < self.least_beta:
            raise ValueError(f"most_beta {self.most_beta:g} is below least_beta {self.least_beta:g}")
        if self.choices > self.pool:
            raise ValueError(f"{self.choices} choices of a pool of {self.pool}")
        return self


def train_amortised_crafter(
    photos: Tensor,
    rebuild: LatentDecoder,
    first: FeatureDecoder,
    settings: AmortisedCrafterSettings,
    seed: int,
    facts: str,
    upkeep: Upkeep | None = None,
) -> FeatureCrafter:
    """Train an amortised crafter on public photos.

    Args:
        photos: uint8 ``(n, 3, side, side)`` of public people.
        rebuild: The prior's generator, and the encoder.
        first: The simulated attacker's decoder to begin with; it is left as it is.
        settings: How.
        seed: Not negative, below 2**63.
        facts: What tells this generator and encoder from others, their digests: a checkpoint of others is refused.
        upkeep: Checkpoint and progress.

    Returns:
        The crafter in evaluation mode, frozen, where the reconstruction is.

    Raises:
        UsageError: If the photos or the decoder do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    _require(photos, rebuild, first)
    trainer = AmortisedCrafterTrainer(photos, rebuild, first, settings, seed)
    job = _job(photos, first, settings, seed, facts)
    run(trainer.networks, trainer.optimisers, trainer.take, settings.steps, job, upkeep or Upkeep())
    trainer.crafter.zero_grad(set_to_none=True)
    return trainer.crafter.eval().requires_grad_(False)


@final
class AmortisedCrafterTrainer:
    """Takes the steps of one training: the attacker's decoder and the crafter, in turns.

    Args:
        photos: As of ``train_amortised_crafter``, as are the others.
        rebuild: Generator and encoder.
        first: The decoder to begin with.
        settings: How.
        seed: Root of all randomness.
    """

    def __init__(
        self,
        photos: Tensor,
        rebuild: LatentDecoder,
        first: FeatureDecoder,
        settings: AmortisedCrafterSettings,
        seed: int,
    ) -> None:
        self._photos, self._rebuild, self._settings, self._seed = photos, rebuild, settings, seed
        shape = rebuild.feature_shape
        sizes = FeatureCrafterOptions(features=shape, width=settings.width, blocks=settings.blocks)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.crafter = FeatureCrafter(sizes).to(rebuild.device)
        self.decoder = deepcopy(first).to(rebuild.device).requires_grad_(True)
        pool = torch.randn(settings.pool, rebuild.latents, generator=generator_of(seed, 1))
        self._prior = PriorFaces(rebuild, pool.to(rebuild.device))
        self.optimisers = (
            torch.optim.Adam(self.crafter.parameters(), lr=settings.learning_rate),
            torch.optim.Adam(self.decoder.parameters(), lr=settings.decoder_learning_rate),
        )
        self.networks = nn.ModuleDict({"crafter": self.crafter, "decoder": self.decoder})

    def take(self, step: int) -> float:
        """One step of each; returns the crafter's loss over the utility's scale."""
        rows = rows_of(self._seed, step, self._settings.batch_size, len(self._photos))
        photos = self._photos[rows].to(self._rebuild.device).float() / 255
        with torch.no_grad():
            originals = self._rebuild.encode(photos)
        random = generator_of(self._seed, 2, step)
        order = torch.rand(len(rows), self._settings.pool, generator=random)
        own = self._prior.nearest(originals, order, self._settings.choices)
        betas = self._betas(random, len(rows))
        with self._computing():
            crafted = self.crafter(originals, self._prior.features[own], betas).float()
        self._learn(crafted.detach(), originals, photos)
        return self._craft(originals, crafted, betas, self._prior.images[own])

    def _learn(self, crafted: Tensor, originals: Tensor, photos: Tensor) -> None:
        """The attacker learns crafted features, and does not forget those that are not."""
        self.decoder.train().requires_grad_(True)
        for _ in range(self._settings.decoder_steps):
            with self._computing():
                found = self.decoder(torch.cat([crafted, originals]))
            loss = (found.float() - torch.cat([photos, photos])).square().mean()
            self.optimisers[1].zero_grad(set_to_none=True)
            loss.backward()
            self.optimisers[1].step()
        self.decoder.eval().requires_grad_(False)

    def _craft(self, originals: Tensor, crafted: Tensor, betas: Tensor, faces: Tensor) -> float:
        settings = self._settings
        utility = (betas * (crafted - originals).square().flatten(1).mean(1)).mean()
        with self._computing():
            rebuilt = self.decoder(crafted)
        privacy = (rebuilt.float() - faces).square().mean()
        loss = settings.utility_scale * utility + settings.privacy_scale * privacy
        self.optimisers[0].zero_grad(set_to_none=True)
        loss.backward()
        self.optimisers[0].step()
        return float(loss.detach()) / settings.utility_scale

    def _computing(self) -> torch.autocast:
        enabled = self._settings.precision == "bfloat16"
        return torch.autocast(self._rebuild.device.type, dtype=torch.bfloat16, enabled=enabled)

    def _betas(self, random: torch.Generator, count: int) -> Tensor:
        least, most = log(self._settings.least_beta), log(self._settings.most_beta)
        share = torch.rand(count, generator=random)
        return (least + (most - least) * share).exp().to(self._rebuild.device)


def _require(photos: Tensor, rebuild: LatentDecoder, first: FeatureDecoder) -> None:
    side = rebuild.split.options.side
    if photos.dtype != torch.uint8 or tuple(photos.shape[1:]) != (3, side, side) or not len(photos):
        raise UsageError(
            "photos that do not fit the encoder",
            value=f"{photos.dtype} {tuple(photos.shape)}, expected torch.uint8 (n, 3, {side}, {side})",
            remedy="Give public photos as whole grey levels, of the encoder's size.",
        )
    if first.options.features != rebuild.feature_shape or first.options.side != side:
        raise UsageError(
            "the decoder is not of this encoder's features",
            value=f"{first.options.features} to {first.options.side}",
            remedy="Train one by masquerade.training.crafter.decoder.",
        )
    if rebuild.dtype != torch.float32:
        raise UsageError("an amortised crafter is trained in float32", value=rebuild.dtype)


def _job(
    photos: Tensor, first: FeatureDecoder, settings: AmortisedCrafterSettings, seed: int, facts: str
) -> dict[str, Any]:
    seen = sha256(photos.contiguous().numpy().tobytes())
    for tensor in first.state_dict().values():
        seen.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    plain: dict[str, Any] = {"settings": settings.model_dump(mode="json"), "seed": seed, "of": facts}
    return {"kind": "amortised crafter", **plain, "data": seen.hexdigest()}
