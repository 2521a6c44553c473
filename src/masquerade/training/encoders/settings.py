"""Everything that decides a pre-training by MoCo-v3, and the sizes that the command knows."""

from typing import Annotated, Final, Literal, Self, final

from pydantic import ConfigDict, Field, model_validator

from masquerade.encoders.vision_transformer import ViTOptions
from masquerade.errors import UsageError
from masquerade.explained import Explained
from masquerade.training.views import ViewSettings

_Units = Annotated[int, Field(ge=2, le=65_536)]


@final
class MoCoSettings(Explained):
    """How to pre-train an encoder (Chen, Xie and He 2021, An Empirical Study of Training Self-Supervised ViTs).

    Args:
        vit: The network that is trained.
        cut: Blocks of it that the encoder keeps, since the last ones serve the class token alone.
        epochs: Passes over the photos.
        batch_size: Photos in a batch, or all photos if they are fewer; what does not fill a batch is left
            out until the next pass.
        learning_rate: The largest, after warm-up.
        warm_up: Share of the training in which the rate climbs; then it falls along half a cosine.
        weight_decay: Of AdamW, on weights, not on biases and normalisation.
        temperature: Of the contrast.
        momentum: Of the slow copy at the beginning; it rises to 1 along half a cosine.
        hidden: Units of the hidden layers of projector and predictor.
        projected: Numbers that views are compared by.
        shown: Share of a view's patches that the learner sees; 1 in MoCo-v3. With half of them a step takes
            three quarters of the time (masking as in Assran et al. 2022, Masked Siamese Networks).
        views: How the two views differ from the photo.
        precision: As of ``Settings``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    vit: ViTOptions
    cut: Annotated[int, Field(ge=1, le=128)]
    epochs: Annotated[int, Field(ge=1, le=100_000)]
    batch_size: Annotated[int, Field(ge=2, le=65_536)]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.1
    temperature: Annotated[float, Field(gt=0, le=10)] = 0.2
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    hidden: _Units
    projected: _Units
    shown: Annotated[float, Field(gt=0, le=1)] = 1.0
    views: tuple[ViewSettings, ViewSettings] = (ViewSettings(), ViewSettings(blur=0.1, solarise=0.2))
    precision: Literal["auto", "float32", "bfloat16"] = "float32"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.cut > self.vit.depth:
            raise UsageError(
                "an encoder cannot keep more blocks than are trained",
                value=f"{self.cut} of {self.vit.depth}",
                remedy="Lower cut, or train a deeper network.",
            )
        return self


_WIDE_CROPS = ViewSettings(smallest_crop=0.08, largest_blur=2.0)
SIZES: Final[dict[str, MoCoSettings]] = {
    # One block more than is kept: nothing asks the last block's patch tokens for anything.
    "small": MoCoSettings(
        vit=ViTOptions(depth=6),
        cut=5,
        epochs=40,
        batch_size=64,
        learning_rate=1e-3,
        hidden=1024,
        projected=256,
        shown=0.5,
    ),
    # MoCo-v3's own settings for ViT-B on ImageNet, the paper's patch and photos; a GPU's work.
    "paper": MoCoSettings(
        vit=ViTOptions(width=768, heads=12, depth=12),
        cut=5,
        epochs=300,
        batch_size=1024,
        learning_rate=6e-4,
        warm_up=40 / 300,
        hidden=4096,
        projected=256,
        views=(_WIDE_CROPS, _WIDE_CROPS.model_copy(update={"blur": 0.1, "solarise": 0.2})),
    ),
}
"""By name: what trains on two processor cores, and the size of XNN's paper (ViT-B cut after block 5)."""
