"""Everything that decides how HyperObf's networks are trained: the hypernetwork's, and those trained one by one."""

from math import log
from typing import Annotated, Literal, final

from pydantic import BaseModel, ConfigDict, Field

from masquerade.networks.cloaks.hypernet import HyperNetOptions
from masquerade.training.hyperobf.photo_changes import PUBLISHED_CHANGES, PhotoChanges
from masquerade.training.settings_base import ReadSettings

_Rate = Annotated[float, Field(gt=0, le=1)]


@final
class Fit(BaseModel):
    """What all trainings of HyperObf share.

    Args:
        epochs: Passes over the photos.
        batch_size: Photos in a batch; what does not fill one waits for the next pass.
        learning_rate: Of Adam, for what all nets share: the base weights and the classifier.
        schedule: ``constant``, or ``cosine`` down to zero.
        label_smoothing: Share of the target spread over all people.
        changes: To the photos, afresh at each step.
        held_back: Share of each person's photos that is measured with and not trained on, at least one.
        precision: Of the MaskNets' layers; as of ``training.Settings``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 40
    batch_size: Annotated[int, Field(ge=2, le=4096)] = 32
    learning_rate: _Rate = 2e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    changes: PhotoChanges = PhotoChanges()
    held_back: Annotated[float, Field(gt=0, lt=1)] = 0.3
    precision: Literal["auto", "float32", "bfloat16"] = "float32"


@final
class EarlyStopping(BaseModel):
    """When a training ends early, by its curve of diversity.

    Of all measured moments in which diversity is at least ``kept`` of its largest so far, the most accurate one is
    the result; training ends when none has been better for ``patience`` measurements.

    Args:
        by: What diversity is: the ``distance`` of the nets' features, which falls as training goes on, or the
            ``divergence`` of their answers, which rises with the certainty of each.
        every: Epochs between two measurements.
        nets: MaskNets that are compared.
        kept: Least diversity, as a share of the largest so far.
        patience: Measurements without a better one; 0 never ends early, and the last moment is the result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    by: Literal["distance", "divergence"] = "distance"
    every: Annotated[int, Field(ge=1, le=100_000)] = 4
    nets: Annotated[int, Field(ge=2, le=100)] = 8
    kept: Annotated[float, Field(ge=0, le=1)] = 0.75
    patience: Annotated[int, Field(ge=0, le=100_000)] = 5


@final
class HyperObfSettings(ReadSettings):
    """How to train a hypernetwork.

    The loss is ``max(weight * exp(-Var) - threshold, 0)`` plus the mean cross-entropy, as the published code has
    it; the thesis prints two other forms (equations 4.3 and 4.4). Its first term vanishes where Var reaches
    ``log(weight / threshold)``, so that the two are nearly one number.

    Args:
        hypernet: Sizes of the network.
        nets: MaskNets drawn at each step; each sees the whole batch.
        generator_rate: Adam's rate for mixer and generators; all else has ``fit.learning_rate``.
        weight: Lambda, of the diversity.
        threshold: Alpha, taken off the diversity's loss.
        scaled: Whether weights are divided by the deviation of fresh ones before their variance is taken, so
            that each layer counts as much. The published code does not.
        fit: Length, batches, rates.
        stopping: When to end early.
    """

    settings_of = "HyperObf"

    hypernet: HyperNetOptions = HyperNetOptions()
    nets: Annotated[int, Field(ge=2, le=256)] = 4
    generator_rate: _Rate = 5e-5
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    threshold: Annotated[float, Field(ge=0, le=1e6)] = 0.01
    scaled: bool = True
    fit: Fit = Fit()
    stopping: EarlyStopping = EarlyStopping()

    @property
    def enough_variance(self) -> float:
        """Var from which on the diversity's loss is 0; infinite without a threshold."""
        if not self.weight:
            return 0.0
        return max(log(self.weight / self.threshold), 0.0) if self.threshold else float("inf")


@final
class SeparateSettings(BaseModel):
    """How to train MaskNets one by one, each with a classifier of its own: what a hypernetwork is compared with.

    Args:
        structure: Name of their structure.
        size: Height and width of the images that they look at.
        dropout: Share of the features that is left out at each step of the training.
        fit: Length, batches, rate.
        every: Epochs between two measurements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    structure: Annotated[str, Field(max_length=40)] = "masknet-1"
    size: Annotated[int, Field(ge=16, le=1024)] = 112
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    fit: Fit = Fit()
    every: Annotated[int, Field(ge=1, le=100_000)] = 4


_PUBLISHED_FIT = Fit(
    epochs=850, batch_size=8, learning_rate=1e-4, schedule="constant", changes=PUBLISHED_CHANGES
)
PUBLISHED = HyperObfSettings(
    hypernet=HyperNetOptions(size=256),
    nets=8,
    generator_rate=1e-4,
    weight=10.0,
    threshold=0.001,
    scaled=False,
    fit=_PUBLISHED_FIT,
    stopping=EarlyStopping(every=50, patience=0),
)
"""The script behind figures 5.6 and 5.7: Adam, rate 1e-4, batches of 8, 850 epochs, lambda 10 and alpha 0.001."""

PUBLISHED_STATIC = SeparateSettings(
    size=256, fit=_PUBLISHED_FIT.model_copy(update={"epochs": 500, "learning_rate": 5e-4})
)
"""The published static net."""
PUBLISHED_ENSEMBLE = SeparateSettings(
    size=256, fit=_PUBLISHED_FIT.model_copy(update={"epochs": 100, "learning_rate": 1e-3})
)
"""Each of the ten published nets of the ensemble."""
PUBLISHED_DROPOUT = PUBLISHED_ENSEMBLE.model_copy(update={"dropout": 0.5})
"""Dropout before the classifier, in training and in use."""
