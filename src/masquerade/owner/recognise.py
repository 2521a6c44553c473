"""The owner's use of a model that was trained elsewhere: new photos in, names or recognition vectors out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from masquerade.disguises import from_description
from masquerade.disguises.base import Keyed, derivation_check
from masquerade.errors import DerivationMismatch, ModelError, PhotoRejected
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.files.opening import open_file
from masquerade.keys import Key
from masquerade.networks import Network
from masquerade.owner.kept_networks import finders
from masquerade.owner.photo_vectors import BATCH, Embedding, each_photo, stranger_cosines, vectors_of
from masquerade.owner.records import DatasetRecord, Records
from masquerade.owner.strangers import strangers_for
from masquerade.released.shard_values import TORCH_TYPES
from masquerade.training.inference import embeddings, probabilities
from masquerade.training.model_file import ModelCard, load_model, read_card
from masquerade.training.open_set import OpenSet, open_set, require_no_unknown


@final
@dataclass(frozen=True)
class Prediction:
    """Who is on a photo, as the model sees it.

    Args:
        path: The photo.
        person: The most probable person, or "unknown".
        probability: The model's probability for that person, 0 to 1; not calibrated.
    """

    path: Path
    person: str
    probability: float


@final
class PhotoRecogniser:
    """A model, the key that its training data were disguised with, and who is behind its labels.

    ``PhotoRecogniser.open`` makes it.
    """

    def __init__(
        self, network: Network, keyed: Keyed, record: DatasetRecord, card: ModelCard, digest: str
    ) -> None:
        self.model_digest = digest
        self._card = card
        self._network = network
        self._keyed = keyed
        self._record = record
        self._reader = PhotoReader(record.height, record.width, record.mode, way_of(record.faces))

    @classmethod
    def open(cls, model: Path, key: Key, records: Records) -> "PhotoRecogniser":
        """Get a model ready; no photo is opened before all of this has passed.

        Args:
            model: The model file, as ``train`` wrote it.
            key: The owner's key.
            records: The owner's records.

        Raises:
            ModelError: If the model is damaged or not of disguised photos, or the encoder that the photos went
                through is not to be found.
            WrongKey: If its training data were disguised with another key.
            DerivationMismatch: If this platform derives other numbers from the key.
            UsageError: If the owner has no record of its training data.
        """
        card = read_card(model)
        _require_released(card, model)
        key.require(card.key_fingerprint, model)
        record = records.load(card.dataset_id)
        shape = (3 if record.mode == "RGB" else 1, record.height, record.width)
        # The description is the owner's own: what the card says of it came from the training machine.
        keyed = from_description(record.disguise, find=finders(records)).with_key(key, shape)
        if derivation_check(key, keyed) != card.derivation_check:
            raise DerivationMismatch(
                "the key gives other numbers here than where the photos were disguised",
                place=model,
                remedy="Use the same version of masquerade, or disguise the photos and train again.",
            )
        network, card = load_model(model)
        if card.classes != len(record.people):
            raise ModelError(
                "the model tells another number of people apart than its training data hold",
                value=f"{card.classes}, expected {len(record.people)}",
                place=model,
                remedy="Train it again on the data set that its card names.",
            )
        if card.shape != keyed.out_shape:
            raise ModelError(
                "the model takes images of another shape than the disguise gives",
                value=f"{card.shape}, expected {keyed.out_shape}",
                place=model,
                remedy="Train it again on the data set that its card names.",
            )
        with open_file(model) as file:
            return cls(network, keyed, record, card, file_digest(file, "sha256").hexdigest())

    @property
    def dataset_id(self) -> str:
        """The data set that the model was trained on; it follows from the key, among others."""
        return self._record.dataset_id

    def notices(self) -> tuple[str, ...]:
        """What is to be told of photos that were taken in."""
        return self._reader.notices()

    def open_set(self, fpir: float, strangers: Path | None = None) -> OpenSet:
        """When to name a person, by how sure the model is of strangers.

        How many known people are missed then follows from the model's card: the training machine says it.

        Args:
            fpir: Share of strangers' photos that may be named, above 0 and below 1.
            strangers: A folder of photos of other people; the built-in faces without it.

        Raises:
            UsageError: If there are no strangers, the share is out of range, or a person is called "unknown".
        """
        people = self._record.people
        require_no_unknown(people)
        images, count, _ = strangers_for(self._reader, people, strangers)
        scores = [
            probabilities(self._network, self._disguised(part)).amax(1) for part in torch.split(images, BATCH)
        ]
        found = open_set([torch.cat(scores)] if len(images) else [], count, _mates(self._card), fpir)
        return replace(found, mates=self._card.held_back)

    def stranger_cosines(
        self, vectors: Tensor, known: Sequence[str], strangers: Path | None = None
    ) -> tuple[Tensor, int]:
        """How alike strangers are to the nearest of some vectors, ``(n,)``, and how many people they are.

        Args:
            vectors: Vectors of known people, ``(m, e)``, each of length 1.
            known: Names of people who are no strangers.
            strangers: A folder of photos of other people; the built-in faces without it.

        Raises:
            UsageError: If the folder cannot be used, or the built-in faces are not installed.
        """
        return stranger_cosines(self._reader, self._embed, vectors, known, strangers)

    def names(
        self, photos: Iterable[Path], unknown: OpenSet | None = None
    ) -> Iterator[Prediction | PhotoRejected]:
        """Recognise the person on each photo.

        Args:
            photos: Photo files; as many as there are, a batch of them is in memory at a time.
            unknown: When a person is named; the most probable one always without it.

        Yields:
            A prediction for each photo, or why it was turned away, in the order of ``photos``.
        """
        for path, found in each_photo(self._reader, photos, self._guess):
            if isinstance(found, PhotoRejected):
                yield found
            else:
                person, score = found
                yield Prediction(path, person if unknown is None else unknown.person(person, score), score)

    def vectors(self, photos: Iterable[Path]) -> Iterator[Embedding | PhotoRejected]:
        """The recognition vector of each photo: of use for people whom the model was not trained on.

        Args:
            photos: As for ``names``.

        Returns:
            The vector of each photo, or why it was turned away, in the order of ``photos``.

        Raises:
            ModelError: If a vector is not finite.
        """
        return vectors_of(self._reader, photos, self._embed)

    def _embed(self, images: Tensor) -> Tensor:
        return embeddings(self._network, self._disguised(images))

    def _disguised(self, images: Tensor) -> Tensor:
        return self._keyed.query(images).to(TORCH_TYPES[self._record.dtype]).float()

    def _guess(self, images: Tensor) -> list[tuple[str, float]]:
        best = probabilities(self._network, self._disguised(images)).max(1)
        people = self._record.people
        return [
            (people[label], value)
            for label, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]


def _mates(card: ModelCard) -> Tensor:
    """How sure the model was of images held back, minus infinity where it was wrong; of many, a part in proportion."""
    right, share = torch.tensor(card.confidences), card.validation_accuracy or 0.0
    wrong = round(len(right) * (1 - share) / share) if share else min(1, card.held_back)
    return torch.cat([torch.full((wrong,), -torch.inf), right])


def _require_released(card: ModelCard, model: Path) -> None:
    if not (card.dataset_id and card.key_fingerprint and card.derivation_check):
        raise ModelError(
            "the model was not trained on a released data set",
            place=model,
            remedy="Train it with `masquerade train` on a released folder.",
        )
