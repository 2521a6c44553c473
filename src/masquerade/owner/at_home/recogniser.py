"""A recogniser that was fitted at home, with a gallery of friends: no key, since nothing was released."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Final, final

import torch
from torch import Tensor

from masquerade.encoders.recogniser import Recogniser as PublicRecogniser
from masquerade.errors import PhotoRejected
from masquerade.faces.reading import PhotoReader, way_of
from masquerade.files.opening import open_file
from masquerade.owner.at_home.model_file import HomeCard, read_home
from masquerade.owner.photo_vectors import Embedding, stranger_cosines, vectors_of

SIDE: Final = 112
"""Pixels of a face that is read, at least."""


@final
class HomeRecogniser:
    """Photos to recognition vectors. ``HomeRecogniser.open`` makes it.

    Args:
        recogniser: Network and map.
        card: What its file says.
        digest: SHA-256 of its file.
    """

    dataset_id: None = None
    """No data set was released for it."""

    def __init__(self, recogniser: PublicRecogniser, card: HomeCard, digest: str) -> None:
        self.card = card
        self.model_digest = digest
        self._recogniser = recogniser
        self._reader = reader_of(recogniser, card.faces)

    @classmethod
    def open(cls, model: Path) -> "HomeRecogniser":
        """Get a model ready; no photo is opened before.

        Raises:
            ModelError: If the file is missing, damaged, something else, or its network is another one.
            StudyError: If packages that its network comes in are not installed.
            UsageError: If faces cannot be found on this machine.
        """
        recogniser, card = read_home(model)
        with open_file(model) as file:
            return cls(recogniser, card, file_digest(file, "sha256").hexdigest())

    def notices(self) -> tuple[str, ...]:
        """What is to be told of photos that were taken in."""
        return self._reader.notices()

    def vectors(self, photos: Iterable[Path]) -> Iterator[Embedding | PhotoRejected]:
        """The recognition vector of each photo, or why it was turned away, in the order of ``photos``."""
        return vectors_of(self._reader, photos, self._embed)

    def stranger_cosines(
        self, vectors: Tensor, known: Sequence[str], strangers: Path | None = None
    ) -> tuple[Tensor, int]:
        """How alike strangers are to the nearest of some vectors, ``(n,)``, and how many people they are.

        None are known if the built-in faces are asked for and the map was learnt from them: it tells those apart
        better than others.

        Args:
            vectors: Vectors of known people, ``(m, e)``, each of length 1.
            known: Names of people who are no strangers.
            strangers: A folder of photos of other people; the built-in faces without it.

        Raises:
            UsageError: If the folder cannot be used, or the built-in faces are not installed.
        """
        if strangers is None and self.card.source == "built-in faces":
            return torch.empty(0), 0
        return stranger_cosines(self._reader, self._embed, vectors, known, strangers)

    def _embed(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            return self._recogniser.embed(images)


def reader_of(recogniser: PublicRecogniser, faces: str) -> PhotoReader:
    """What reads photos for a recogniser.

    Args:
        recogniser: The recogniser.
        faces: How faces come out of photos, in the words of the command line or of a file.

    Raises:
        UsageError: If faces cannot be found on this machine.
    """
    side = max(recogniser.side, SIDE)
    return PhotoReader(side, side, "RGB", way_of(faces))
