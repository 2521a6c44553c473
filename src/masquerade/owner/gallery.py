"""Galleries: recognition vectors of people whom the model was not trained on, with their names.

A gallery names people; like the key, it never leaves the owner. It is of use with one model alone: another
model's vectors have nothing in common with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, Protocol, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor
from torch.nn import functional

from masquerade.data.printable import printable
from masquerade.errors import ModelError, PhotoRejected, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.owner.photo_vectors import Embedding
from masquerade.training.open_set import OpenSet, leaving_out, open_set, require_no_unknown

_KIND = "masquerade.gallery"
_MOST_PEOPLE = 1_000_000


class GalleryModel(Protocol):
    """What makes vectors of photos: a model that was trained elsewhere, with its key, or one fitted at home."""

    @property
    def model_digest(self) -> str:
        """SHA-256 of the model file."""

    @property
    def dataset_id(self) -> str | None:
        """The data set that the model was trained on; None if nothing was released."""

    def vectors(self, photos: Iterable[Path]) -> Iterator[Embedding | PhotoRejected]:
        """The vector of each photo, or why it was turned away, in their order."""

    def stranger_cosines(
        self, vectors: Tensor, known: Sequence[str], strangers: Path | None = None
    ) -> tuple[Tensor, int]:
        """How alike strangers are to the nearest of some vectors, and how many people they are."""


@final
class GalleryCard(BaseModel):
    """What a gallery file says of itself.

    Args:
        version: Version of the file's format.
        dataset_id: The data set that the model was trained on; None if nothing was released for it.
        model: SHA-256 of the model file.
        size: Numbers of a recognition vector.
        people: The person of each vector; what is not printable in a name is escaped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    dataset_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None
    model: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=1, le=65_536)]
    people: Annotated[tuple[str, ...], Field(min_length=1, max_length=_MOST_PEOPLE)]


@final
@dataclass(frozen=True)
class GalleryMatch:
    """The person in a gallery who is most like the one on a photo.

    Args:
        path: The photo.
        person: Who is nearest, or "unknown".
        similarity: Cosine of the two recognition vectors, -1 to 1.
    """

    path: Path
    person: str
    similarity: float


@final
@dataclass(frozen=True)
class Gallery:
    """Recognition vectors with names.

    Args:
        card: Whose they are, and of which model.
        vectors: float32 ``(n, e)``, each of length 1.
    """

    card: GalleryCard
    vectors: Tensor

    @classmethod
    def enrol(
        cls, recogniser: GalleryModel, photos: Sequence[tuple[str, Path]]
    ) -> tuple["Gallery", list[PhotoRejected]]:
        """Take people in.

        Args:
            recogniser: The model in the owner's hands.
            photos: Person and photo.

        Returns:
            The gallery, and the photos that were turned away.

        Raises:
            UsageError: If no photo can be taken in.
        """
        people: list[str] = []
        vectors: list[Tensor] = []
        rejected: list[PhotoRejected] = []
        found = recogniser.vectors([path for _, path in photos])
        for (person, _), result in zip(photos, found, strict=True):
            if isinstance(result, PhotoRejected):
                rejected.append(result)
            else:
                people.append(person)
                vectors.append(result.vector)
        if not vectors:
            raise UsageError(
                "none of the photos can be taken in",
                value=len(photos),
                remedy="Give folders of person folders: ROOT/<person>/<photo>.jpg.",
            )
        stacked = functional.normalize(torch.stack(vectors))
        card = GalleryCard(
            dataset_id=recogniser.dataset_id,
            model=recogniser.model_digest,
            size=stacked.shape[1],
            people=tuple(map(printable, people)),
        )
        return cls(card, stacked), rejected

    def save(self, path: Path) -> None:
        """Write the gallery, readable by the owner alone; a file that is there is replaced whole or not at all.

        Raises:
            WriteFailed: If the disk refuses.
        """
        data = packed({"vectors": self.vectors}, _KIND, self.card.model_dump_json())
        write_durably(path, [data], 0o600)

    @classmethod
    def read(cls, path: Path, recogniser: GalleryModel) -> "Gallery":
        """The gallery in a file, if it was made with this model and key.

        Raises:
            ModelError: If the file is damaged, no gallery, or of another model or key.
        """
        try:
            card = GalleryCard.model_validate_json(read_text(path, _KIND))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ModelError(
                "the gallery is damaged or of a newer version", value=first["msg"], place=path
            ) from None
        if (card.dataset_id, card.model) != (recogniser.dataset_id, recogniser.model_digest):
            raise ModelError(
                "the gallery was made with another model or key",
                place=path,
                remedy="Enrol its people again with this model.",
            )
        like = torch.empty(len(card.people), card.size, device="meta")
        vectors = read_tensors(path, {"vectors": like})["vectors"]
        if bool(((vectors.norm(dim=1) - 1).abs() > 1e-3).any()):
            raise ModelError("a vector in the gallery is not of length 1", place=path)
        return cls(card, vectors)

    def open_set(self, recogniser: GalleryModel, fpir: float, strangers: Path | None = None) -> OpenSet:
        """When to name a person: by the gallery's people, each left out in turn, and by strangers; the stricter counts.

        Args:
            recogniser: The model that the gallery was made with.
            fpir: Share of strangers' photos that may be named, above 0 and below 1.
            strangers: A folder of photos of people who are not in the gallery; the built-in faces without it.

        Raises:
            UsageError: If there are no strangers, the share is out of range, or a person is called "unknown".
        """
        people = self.card.people
        require_no_unknown(people)
        left_out, mates = leaving_out(self.vectors, people)
        cosines, count = recogniser.stranger_cosines(self.vectors, people, strangers)
        count += len(set(people)) if len(left_out) else 0
        return open_set([left_out, cosines], count, mates, fpir)

    def identify(
        self, recogniser: GalleryModel, photos: Iterable[Path], unknown: OpenSet | None = None
    ) -> Iterator[GalleryMatch | PhotoRejected]:
        """The nearest person for each photo, or why it was turned away, in the order of ``photos``.

        Args:
            recogniser: The model that the gallery was made with.
            photos: Photo files.
            unknown: When a person is named; the nearest one always without it.
        """
        for found in recogniser.vectors(photos):
            if isinstance(found, PhotoRejected):
                yield found
            else:
                match = self.nearest(found)
                named = match.person if unknown is None else unknown.person(match.person, match.similarity)
                yield replace(match, person=named)

    def nearest(self, found: Embedding) -> GalleryMatch:
        """The person with the vector of the largest cosine."""
        similarities = self.vectors @ functional.normalize(found.vector, dim=0)
        best = int(similarities.argmax())
        return GalleryMatch(found.path, self.card.people[best], float(similarities[best]))
