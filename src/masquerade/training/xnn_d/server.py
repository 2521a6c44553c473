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
from masquerade.training.xnn_d.folders import RECIPE


@final
@dataclass(frozen=True)
class Identified:
    """The person in a gallery who is most like the one behind a row of features.

    Args:
        row: The row in the probes' file, from 0.
        person: Who is nearest; whether it is that person is for the reader of the similarity to say.
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

    def identify(self, probes: Path, gallery: Path) -> Iterator[Identified]:
        """The nearest person for each row of the probes.

        Args:
            probes: Feature file of the faces in question.
            gallery: Feature file with people.

        Raises:
            ModelError: If a file is damaged, made by another generator, or the gallery names nobody.
        """
        known = self._read(gallery)
        if known.card.people is None:
            raise ModelError(
                "the gallery names nobody", place=gallery, remedy="Make it with `obfuscate --named`."
            )
        similarities = self._vectors(self._read(probes)) @ self._vectors(known).T
        for row, best in enumerate(similarities.max(1).indices.tolist()):
            yield Identified(row, known.card.people[best], float(similarities[row, best]))

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
