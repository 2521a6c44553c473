"""The decoder that a protective encoder is trained against: both learn in turn, batch by batch."""

from typing import Annotated, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from masquerade.networks.features.feature_decoder import FeatureDecoder, FeatureDecoderOptions
from masquerade.networks.features.split import SplitNetwork


@final
class OpponentSettings(BaseModel):
    """The simulated attacker.

    Args:
        width: Maps of the decoder's last hidden layer.
        entry: As in ``FeatureDecoderOptions``.
        error: Of a reconstruction: the Euclidean ``norm`` of the difference over all of a photo's numbers, divided by
            its pixels, or the ``mean_square``; images are 0 to 1.
        learning_rate: Adam's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    width: Annotated[int, Field(ge=1, le=512)] = 64
    entry: Literal["dense", "convolution"] = "dense"
    error: Literal["norm", "mean_square"] = "norm"
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-3


@final
class Opponent:
    """A decoder that learns to reconstruct images from features.

    Args:
        network: Whose features; decides the decoder's sizes, and where it is.
        settings: How it learns.
        seed: Of its first weights.
    """

    def __init__(self, network: SplitNetwork, settings: OpponentSettings, seed: int) -> None:
        self._settings = settings
        options = FeatureDecoderOptions(
            features=network.feature_shape,
            side=network.options.side,
            width=settings.width,
            entry=settings.entry,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.decoder = FeatureDecoder(options).to(network.mean.device).train()
        self.optimiser = torch.optim.Adam(self.decoder.parameters(), lr=settings.learning_rate)

    def learn(self, features: Tensor, images: Tensor) -> float:
        """One step against the features as they are; returns the error before it."""
        error = self.error(features.detach(), images)
        self.optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(error.detach())

    def error(self, features: Tensor, images: Tensor) -> Tensor:
        """Mean error of reconstructions, a number; gradients flow to features and decoder."""
        apart: Tensor = self.decoder(features) - images
        if self._settings.error == "mean_square":
            return apart.square().mean()
        pixels = images.shape[2] * images.shape[3]
        lengths: Tensor = torch.linalg.vector_norm(apart.flatten(1), dim=1)
        return lengths.mean() / pixels
