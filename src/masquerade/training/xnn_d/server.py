"""XNN-d's server: who is it, from obfuscated features alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from torch import Tensor
from torch.nn import functional

from masquerade.errors import ModelError
from masquerade.networks import Network
from masquerade.released.feature_file import Features
from masquerade.training.inference import embeddings
from masquerade.training.model_file import load_model, read_card
from masquerade.training.open_set import OpenSet, leaving_out, open_set, require_no_unknown
from masquerade.training.xnn_d.folders import RECIPE


@final
@dataclass(frozen=True)
class Identified:
    """The person in a gallery who is most like the one behind a row of features.

    Args:
        row: The row in the probes' file, from 0.
        person: Who is nearest, or "unknown".
        similarity: Cosine of the two recognition vectors, -1 to 1.
    """

    row: int
    person: str
    similarity: float


@final
class FeatureServer:
    """A recogniser that was taught obfuscated features; ``FeatureServer.open`` makes it.

    Args:
        network: The recogniser.
        generator: Digest of the generator that it was taught with.
    """

    def __init__(self, network: Network, generator: str) -> None:
        self._network = network
        self._generator = generator

    @classmethod
    def open(cls, path: Path) -> "FeatureServer":
        """The recogniser in a file that ``distil`` wrote.

        Raises:
            ModelError: If the file is damaged, or a model of another kind.
        """
        generator = read_card(path).disguise.get("digest")
        network, card = load_model(path)
        if card.recipe != RECIPE or not isinstance(generator, str):
            raise ModelError(
                "not a recogniser of obfuscated features",
                value=card.recipe or "a model of photos",
                place=path,
                remedy="Name the recogniser that `masquerade distil` wrote.",
            )
        return cls(network, generator)

    def open_set(self, gallery: Path, fpir: float, strangers: Path | None = None) -> OpenSet:
        """When to name a person: by the gallery's people, each left out in turn, and by strangers; the stricter counts.

        Args:
            gallery: Feature file with people.
            fpir: Share of strangers' rows that may be named, above 0 and below 1.
            strangers: Feature file of people who are not in the gallery.

        Raises:
            ModelError: As ``identify``.
            UsageError: If there are no strangers, the share is out of range, or a person is called "unknown".
        """
        people, vectors = self._gallery(gallery)
        require_no_unknown(people)
        left_out, mates = leaving_out(vectors, people)
        scores, count = [left_out], len(set(people)) if len(left_out) else 0
        if strangers is not None:
            others = self._read(strangers)
            scores.append((self._vectors(others) @ vectors.T).amax(1))
            count += len(set(others.card.people or range(len(scores[1]))))
        return open_set(scores, count, mates, fpir)

    def identify(self, probes: Path, gallery: Path, unknown: OpenSet | None = None) -> Iterator[Identified]:
        """The nearest person for each row of the probes.

        Args:
            probes: Feature file of the faces in question.
            gallery: Feature file with people.
            unknown: When a person is named; the nearest one always without it.

        Raises:
            ModelError: If a file is damaged, made by another generator, or the gallery names nobody.
        """
        people, vectors = self._gallery(gallery)
        similarities = self._vectors(self._read(probes)) @ vectors.T
        for row, best in enumerate(similarities.max(1).indices.tolist()):
            score = float(similarities[row, best])
            person = people[best] if unknown is None else unknown.person(people[best], score)
            yield Identified(row, person, score)

    def _gallery(self, path: Path) -> tuple[tuple[str, ...], Tensor]:
        """People and vectors of a gallery."""
        known = self._read(path)
        if known.card.people is None:
            raise ModelError(
                "the gallery names nobody",
                place=path,
                remedy="Make it with `masquerade obfuscate --gallery`.",
            )
        return known.card.people, self._vectors(known)

    def _read(self, path: Path) -> Features:
        features = Features.read(path)
        if features.card.generator != self._generator:
            raise ModelError(
                "features of another generator than the recogniser was taught with",
                value=f"{features.card.generator[:12]}, expected {self._generator[:12]}",
                place=path,
                remedy="Use the two files that one `masquerade distil` wrote.",
            )
        return features

    def _vectors(self, features: Features) -> Tensor:
        return functional.normalize(embeddings(self._network, features.maps))
