"""Everything that decides how a network is trained, as one frozen value that fits into a model file."""

from typing import Literal, Self, final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from masquerade.errors import UsageError
from masquerade.networks import validated_options
from masquerade.training.settings_base import ReadSettings

OptionValue = bool | int | float | str | None


@final
class Augmentation(BaseModel):
    """Changes to training images that keep their label and make sense on disguised data too.

    Args:
        noise: Standard deviation of fresh Gaussian noise, in units of the training data's own.
        mixup: Parameter of the Beta distribution that mixes pairs (Zhang et al. 2018); 0 off.
        erase: Share of each image's 4x4-pixel squares set to the mean.
        shift: Largest shift in pixels, up, down and sideways, edges repeated; for undisguised images, or
            disguises that shifting by ``shift_step`` does not break.
        shift_step: Shifts are multiples of this many pixels.
        flip: Whether half of the images are mirrored; for undisguised images.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    noise: float = Field(0.0, ge=0, le=10)
    mixup: float = Field(0.0, ge=0, le=10)
    erase: float = Field(0.0, ge=0, lt=1)
    shift: int = Field(0, ge=0, le=32)
    shift_step: int = Field(1, ge=1, le=32)
    flip: bool = False


@final
class Settings(ReadSettings):
    """How to train: network, length, optimiser, schedule.

    Args:
        network: Name of a network.
        options: The network's own options.
        epochs: Passes over the training images; either this or ``steps``.
        steps: Batches; either this or ``epochs``.
        batch_size: Images in a batch; the last, partial batch of an epoch is used unless it holds one image.
        optimiser: ``sgd`` with Nesterov momentum, ``rmsprop`` or ``adamw``.
        learning_rate: The schedule's largest.
        schedule: ``constant``; ``steps``, a tenth after 3/7 and again after 5/7 of the training; ``cosine``
            to zero; ``one_cycle``, up for 30 % and down to zero along half cosines.
        warm_up: Share of the training in which the rate climbs linearly first.
        momentum: Of SGD; RMSProp has none.
        weight_decay: L2 penalty (decoupled for AdamW).
        decay_on: Penalise ``all`` parameters, only ``weights`` (no biases, no normalisation), or only
            those of ``dense`` layers.
        label_smoothing: Share of the target spread over all classes.
        margin: Taken off the right class's score in training, so that it must win by as much; with a cosine
            head this is CosFace (Wang et al. 2018), whose margin it is times the head's scale.
        averaging: Decay of an exponential average of the weights, which becomes the result; 0 off.
        precision: ``bfloat16`` is faster where the device has instructions for it, and rounds more; ``auto`` takes it
            there, so that another machine gives another network.
        augmentation: Changes to the training images.
    """

    settings_of = "training"

    network: str = "resnet18"
    options: dict[str, OptionValue] = Field(default_factory=dict)
    epochs: int | None = Field(None, ge=1, le=100_000)
    steps: int | None = Field(None, ge=1, le=100_000_000)
    batch_size: int = Field(128, ge=2, le=65_536)
    optimiser: Literal["sgd", "rmsprop", "adamw"] = "sgd"
    learning_rate: float = Field(0.1, gt=0, le=100)
    schedule: Literal["constant", "steps", "cosine", "one_cycle"] = "cosine"
    warm_up: float = Field(0.0, ge=0, lt=1)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0, le=10)
    decay_on: Literal["all", "weights", "dense"] = "weights"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    margin: float = Field(0.0, ge=0, le=1000)
    averaging: float = Field(0.0, ge=0, lt=1)
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            raise UsageError(
                "training needs a length, once",
                value=f"epochs={self.epochs}, steps={self.steps}",
                remedy="Give either epochs or steps.",
            )
        validated_options(self.network, self.options)
        return self

    def total_steps(self, images: int) -> int:
        """Batches that training on so many images takes."""
        return self.steps or (self.epochs or 1) * batches_in(images, self.batch_size)


def batches_in(images: int, batch_size: int) -> int:
    """Batches in one pass; a last one of a single image is left out, since batch normalisation needs two."""
    full, rest = divmod(images, batch_size)
    return max(1, full + (rest > 1))
