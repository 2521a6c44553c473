"""Training of an amortiser: the latent that reconstructs features, in one pass (Crafter, appendix M and code)."""

from typing import Annotated, Any, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import UsageError
from masquerade.networks.features.amortiser import Amortiser, AmortiserOptions
from masquerade.training.resumable import Upkeep, generator_of, run


@final
class AmortiserSettings(BaseModel):
    """How to train an amortiser; it needs no photos, only the generator's own.

    Args:
        width: Maps of its first layer; 128 in the paper.
        steps: Batches; 50,000 in the published code.
        batch_size: Latents in a batch.
        learning_rate: Adam's.
        loss: The published code compares ``features`` of the latent that comes out with those that went in; the
            paper's text, ``latents`` with latents.
        noise: Standard deviation of noise on the features, in units of their own: crafted features are not the
            generator's. None in the paper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: Annotated[int, Field(ge=1, le=512)] = 128
    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.01
    loss: Literal["features", "latents"] = "features"
    noise: Annotated[float, Field(ge=0, le=10)] = 0.0


def train_amortiser(
    rebuild: LatentDecoder,
    settings: AmortiserSettings,
    seed: int,
    facts: str,
    upkeep: Upkeep | None = None,
) -> Amortiser:
    """Train an amortiser for a generator and an encoder.

    Args:
        rebuild: Generator and encoder; square features of 4x4 or more.
        settings: How.
        seed: Not negative, below 2**63.
        facts: What tells this generator and encoder from others, their digests: a checkpoint of others is refused.
        upkeep: Checkpoint and progress.

    Returns:
        The amortiser in evaluation mode, where the reconstruction is.

    Raises:
        UsageError: If the features do not fit.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        ModelError: If the checkpoint is damaged.
    """
    options = AmortiserOptions(features=rebuild.feature_shape, latents=rebuild.latents, width=settings.width)
    if rebuild.dtype != torch.float32:
        raise UsageError("an amortiser is trained in float32", value=rebuild.dtype, remedy="Convert to it.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        amortiser = Amortiser(options).to(rebuild.device).train()
    optimiser = torch.optim.Adam(amortiser.parameters(), lr=settings.learning_rate)

    def take(step: int) -> float:
        random = generator_of(seed, 1, step)
        latents = torch.randn(settings.batch_size, rebuild.latents, generator=random).to(rebuild.device)
        with torch.no_grad():
            features = rebuild.features(latents)
        found = amortiser(_disturbed(features, settings.noise, random))
        wanted = latents if settings.loss == "latents" else features
        given = found if settings.loss == "latents" else rebuild.features(found)
        loss = (given - wanted).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    job: dict[str, Any] = {"kind": "amortiser", "settings": settings.model_dump(mode="json")}
    run(amortiser, (optimiser,), take, settings.steps, job | {"seed": seed, "of": facts}, upkeep or Upkeep())
    amortiser.zero_grad(set_to_none=True)
    return amortiser.eval().requires_grad_(False)


def _disturbed(features: Tensor, noise: float, random: torch.Generator) -> Tensor:
    if not noise:
        return features
    drawn = torch.randn(features.shape, generator=random).to(features.device)
    return features + noise * features.std() * drawn
