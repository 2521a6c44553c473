"""A trained network as who trained it uses it: labels, probabilities, recognition vectors, and a file."""

from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from masquerade.api.arrays import values
from masquerade.api.labels import (
    Labels,
    labels_path,
    numbered,
    read_labels,
    require_writable,
    write_labels,
)
from masquerade.errors import UsageError
from masquerade.files.durable import remove
from masquerade.files.kinds import Kind
from masquerade.files.opening import open_file
from masquerade.files.outputs import require_output
from masquerade.networks import Network
from masquerade.training.inference import embeddings, probabilities
from masquerade.training.model_file import ModelCard, load_model, save_model
from masquerade.training.open_set import OpenSet, leaving_out, open_set


@final
@dataclass(frozen=True, eq=False)
class Identified:
    """Who of a gallery is most like the one on each image.

    Args:
        labels: The label of the nearest image of the gallery for each probe, an array ``(n,)``; None for who is
            named nobody.
        similarities: Cosine to that image, float32 ``(n,)``, -1 to 1.
        open_set: When somebody is named, and what that costs; None if the nearest one always is.
    """

    labels: NDArray[Any]
    similarities: NDArray[np.float32]
    open_set: OpenSet | None


@final
class Classifier:
    """A network trained on released images, with the labels behind its class numbers.

    ``train`` makes it, and ``Classifier.load`` reads it, also from what ``masquerade train`` wrote. What it is shown
    must be released under the same key and protection as what it was trained on.

    Args:
        module: The network, in evaluation mode.
        card: What it is and what it was trained on.
        labels: What stands behind its class numbers.
    """

    def __init__(self, module: Network, card: ModelCard, labels: Labels) -> None:
        self.module = module
        self.card = card
        self._labels = labels

    @property
    def classes(self) -> NDArray[Any]:
        """The labels, an array ``(k,)``: column ``j`` of ``predict_proba`` is that of ``classes[j]``."""
        return self._labels.names.copy()

    @property
    def accuracy(self) -> float | None:
        """Share of held-back images that it classified rightly, 0 to 1; None if none were held back."""
        return self.card.validation_accuracy

    def predict(self, Z: Any) -> NDArray[Any]:  # noqa: ANN401 - arrays of several libraries
        """The most probable label of each image, an array ``(n,)`` of labels as they came.

        Args:
            Z: Released images as ``train`` takes them.

        Raises:
            UsageError: If they have another shape than the network takes.
        """
        return self._labels.behind(probabilities(self.module, self._taken(Z)).argmax(1))

    def predict_proba(self, Z: Any) -> NDArray[np.float32]:  # noqa: ANN401 - as above
        """Probability of each class, float32 ``(n, k)``, rows summing to 1; not calibrated.

        Args:
            Z: Released images as ``train`` takes them.

        Raises:
            UsageError: If they have another shape than the network takes.
        """
        return probabilities(self.module, self._taken(Z)).numpy()

    def embed(self, Z: Any) -> NDArray[np.float32]:  # noqa: ANN401 - as above
        """Recognition vectors, float32 ``(n, e)``, to be compared by the cosine: for people not trained on too.

        Args:
            Z: Released images as ``train`` takes them.

        Raises:
            UsageError: If they have another shape than the network takes.
            ModelError: If a vector is not finite.
        """
        return embeddings(self.module, self._taken(Z)).numpy()

    def identify(
        self,
        probes: Any,  # noqa: ANN401 - as above
        gallery: Any,  # noqa: ANN401 - as above
        labels: Any,  # noqa: ANN401 - labels of any kind
        *,
        fpir: float | None = None,
    ) -> Identified:
        """Name who is on each probe by the nearest image of a gallery: also people whom it was not trained on.

        Args:
            probes: Released images of whoever is to be named.
            gallery: Released images of known people.
            labels: One for each image of the gallery, of any hashable kind.
            fpir: Share of strangers' images that may be named, above 0 and below 1: the threshold follows from the
                gallery's people, each left out in turn. None names the nearest one in any case.

        Raises:
            UsageError: If shapes do not fit, or the gallery holds one person alone and ``fpir`` is given.
        """
        known, numbers = numbered(labels)
        vectors = _normal(self.embed(gallery))
        if len(numbers) != len(vectors):
            raise UsageError(
                "gallery and labels do not belong together",
                value=f"{len(vectors)} images, {len(numbers)} labels",
                remedy="Give one label for each image of the gallery.",
            )
        unknown = None if fpir is None else _open_set(vectors, numbers, len(known), fpir)
        best = (_normal(self.embed(probes)) @ vectors.T).max(1)
        named = known.behind(numbers[best.indices])
        if unknown is not None:
            nobody = np.array(None, object)
            named = np.where((best.values > unknown.threshold).numpy(), named.astype(object), nobody)
        return Identified(named, best.values.numpy(), unknown)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model file of ``masquerade train``, and beside it the labels, unless they are the class numbers.

        The model may go to others; the labels, ``PATH.labels.json`` with mode 0600, may be names of people.

        Args:
            path: Where to; an earlier model is replaced.
            overwrite: Whether a file of another kind may be replaced.

        Raises:
            UsageError: If something else stands there, or the labels are neither numbers nor text.
            ModelError: If a weight is not finite.
            WriteFailed: If the disk refuses.
        """
        path = Path(path)
        require_writable(self._labels)
        require_output(path, Kind.MODEL, overwrite=overwrite)
        require_output(labels_path(path), Kind.LABELS, overwrite=overwrite)
        save_model(path, self.module, self.card)
        if self._labels.are_numbers:
            remove(labels_path(path))
        else:
            write_labels(self._labels, path, _digest(path))

    @classmethod
    def load(cls, path: str | Path) -> "Classifier":
        """Read what ``save`` or ``masquerade train`` wrote; without a file of labels, classes are called by number.

        Raises:
            ModelError: If the model is missing, damaged or none, or the labels beside it belong to another.
        """
        path = Path(path)
        network, card = load_model(path)
        return cls(network, card, read_labels(path, _digest(path), card.classes))

    def _taken(self, given: Any) -> Tensor:  # noqa: ANN401 - as above
        return values(given, self.card.shape).images

    def __repr__(self) -> str:
        measured = (
            ""
            if self.accuracy is None
            else f", accuracy {self.accuracy:.3f} of {self.card.held_back} held back"
        )
        return f"Classifier({self.card.network!r}, {len(self._labels)} classes, shape {self.card.shape}{measured})"


def _normal(vectors: NDArray[np.float32]) -> Tensor:
    return functional.normalize(torch.from_numpy(vectors))


def _open_set(vectors: Tensor, numbers: Tensor, people: int, fpir: float) -> OpenSet:
    if not 0 < fpir < 1 or people < 2:
        raise UsageError(
            "no threshold can be set for strangers",
            value=f"{people} people in the gallery, fpir={fpir:g}",
            remedy="Give two people or more and fpir above 0 and below 1; or fpir=None, which names the nearest one.",
        )
    left_out, mates = leaving_out(vectors, [str(number) for number in numbers.tolist()])
    return open_set([left_out], people, mates, fpir)


def _digest(path: Path) -> str:
    with open_file(path) as file:
        return file_digest(file, "sha256").hexdigest()
