"""``train``: a classifier from released arrays or a released folder, by the engine of the command of that name."""

from functools import partial
from typing import Any, Final, Protocol

from torch import Tensor

from masquerade.api.classifier import Classifier
from masquerade.api.labels import Labels, numbered
from masquerade.api.released_arrays import released_tensor
from masquerade.errors import UsageError
from masquerade.progress import TrainingProgress
from masquerade.released.dataset import ReleasedDataset
from masquerade.training.cloud import card_of, require_images, rows_of, train_part_of, with_network
from masquerade.training.defaults import settings_for
from masquerade.training.presets import preset as preset_named
from masquerade.training.settings import Settings
from masquerade.training.sources import InMemory

AUTO: Final = "auto"


class PublicHalf(Protocol):
    """A protection that says what it does."""

    def describe(self) -> dict[str, Any]:
        """Its public parameters."""


class WithPublicHalf(Protocol):
    """A protection under a key, of which the public half is asked for alone."""

    @property
    def protection(self) -> Any:  # noqa: ANN401 - a ``PublicHalf``
        """The public half."""


def train(
    Z: Any,  # noqa: ANN401 - arrays of several libraries
    y: Any = None,  # noqa: ANN401 - labels of any kind
    *,
    network: str = AUTO,
    preset: str | Settings = AUTO,
    protection: PublicHalf | WithPublicHalf | None = None,
    epochs: int | None = None,
    seed: int = 0,
    layout: str | None = None,
    progress: TrainingProgress | None = None,
) -> Classifier:
    """Train a network on released images; it needs no key.

    The engine is that of ``masquerade train``: a tenth of each class is held back and measured on
    (``Classifier.accuracy``). The same arguments give the same network on the same software and number of threads.

    Args:
        Z: Released images: an array or a tensor ``(n, c, h, w)``, or ``(n, h, w, c)`` with one or three channels,
            as a protection gave them, uint8 or floating; or a ``ReleasedDataset``, which brings its labels along.
        y: One label for each image: numbers, text or any other hashable. None with a ``ReleasedDataset``.
        network: Name of a network, see ``masquerade list networks``; "auto" takes what fits the images.
        preset: Name of training settings, or settings of your own; "auto" takes what fits the network.
        protection: What arrays were disguised by, a ``Protection`` or what it keyed, of which the public half is read:
            "auto" then takes the network that fits it, and the model file says it. A ``ReleasedDataset`` says it too.
        epochs: Passes over the images, instead of the preset's.
        seed: Seed of weights, order and what is held back; 0 or more.
        layout: "NCHW" or "NHWC", where the shape of an array does not say it.
        progress: Called with batches done, batches in all, loss and accuracy in this epoch so far.

    Raises:
        UsageError: If images and labels do not fit together, there are fewer than two images or classes, or there is
            no such network or preset.
        TrainingDiverged: If the loss, or a weight, is not a finite number.
        DamagedRelease: If the data set is damaged.
    """
    if isinstance(Z, ReleasedDataset):
        return _of_dataset(
            Z, y, _settings(Z.manifest.disguise, Z.shape, network, preset, epochs), seed, progress
        )
    images = released_tensor(Z, layout)
    labels, numbers = _labels(y, len(images))
    c, h, w = images.shape[1:]
    public: Any = getattr(protection, "protection", protection)
    disguise = {} if public is None else public.describe()
    settings = _settings(disguise, (c, h, w), network, preset, epochs)
    done = train_part_of(
        lambda rows: InMemory(images[rows], numbers[rows]),
        numbers,
        len(labels),
        settings,
        seed,
        progress=progress,
    )
    return Classifier(done.network, card_of(done, None, disguise=disguise), labels)


def _of_dataset(
    released: ReleasedDataset,
    y: Any,  # noqa: ANN401 - as above
    settings: Settings,
    seed: int,
    progress: TrainingProgress | None,
) -> Classifier:
    if y is not None:
        raise UsageError(
            "labels beside a released data set, which has its own",
            place="y",
            remedy="Leave y out; with other labels, train on released.to_arrays()[0].",
        )
    require_images(released)
    done = train_part_of(
        partial(rows_of, released), released.labels, released.classes, settings, seed, progress=progress
    )
    return Classifier(done.network, card_of(done, released.manifest), Labels.numbers(released.classes))


def _labels(y: Any, images: int) -> tuple[Labels, Tensor]:  # noqa: ANN401 - as above
    if y is None:
        raise UsageError("no labels", place="y", remedy="Give one for each image, or a ReleasedDataset as Z.")
    labels, numbers = numbered(y)
    if len(numbers) != images:
        raise UsageError(
            "images and labels do not belong together",
            value=f"{images} images, {len(numbers)} labels",
            place="y",
            remedy="Give one label for each image.",
        )
    if len(labels) < 2:
        raise UsageError(
            "nothing to tell apart",
            value=f"{len(labels)} different labels of {images} images",
            place="y",
            remedy="Give images of two classes or more.",
        )
    return labels, numbers


def _settings(
    disguise: dict[str, Any],
    shape: tuple[int, int, int],
    network: str,
    preset: str | Settings,
    epochs: int | None,
) -> Settings:
    wanted = None if network == AUTO else network
    own = preset_named(preset) if isinstance(preset, str) and preset != AUTO else preset
    settings = with_network(own if isinstance(own, Settings) else None, wanted) or settings_for(
        disguise, shape, wanted
    )
    if epochs is None:
        return settings
    return Settings.read({**settings.model_dump(), "epochs": epochs, "steps": None})
