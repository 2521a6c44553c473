"""Everything that decides how a generator of one-pass cloaks is trained."""

from typing import Annotated, Self, final

from pydantic import Field, model_validator

from masquerade.networks.cloaks.cloak_generator import CloakGeneratorOptions
from masquerade.training.settings_base import ReadSettings

_Weight = Annotated[float, Field(ge=0, le=1000)]


@final
class OnePassSettings(ReadSettings):
    """How to train a generator.

    The loss is ``100 max(DSSIM - dssim, 0)^2``, as for the optimised cloak, less ``masknet_weight`` times the L1
    distance of MaskNet features of length 1, less ``recogniser_weight`` times one minus the cosine of a recogniser's
    vectors before and after.

    Args:
        generator: Sizes of the network.
        steps: Batches; each has a user of its own.
        batch_size: Photos in a batch.
        learning_rate: Adam's largest, after a short warm-up; it falls to zero along half a cosine.
        bound: Largest change of a pixel, in grey levels.
        dssim: Structural dissimilarity (1 - SSIM) / 2 that is free.
        masknet_weight: Of the distance in the user's own MaskNet.
        recogniser_weight: Of the distance in public recognisers, which take turns.
    """

    settings_of = "a one-pass cloak"

    generator: CloakGeneratorOptions = CloakGeneratorOptions()
    steps: Annotated[int, Field(ge=1, le=10_000_000)] = 600
    batch_size: Annotated[int, Field(ge=1, le=4096)] = 8
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 3e-3
    bound: Annotated[float, Field(ge=1, le=255)] = 15.0
    dssim: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    masknet_weight: _Weight = 1.0
    recogniser_weight: _Weight = 0.0

    @model_validator(mode="after")
    def _aims_at_something(self) -> Self:
        if not self.masknet_weight and not self.recogniser_weight:
            raise ValueError("nothing to train for: both weights are 0")
        return self
