"""The contract of every source of MaskNets: a user's numbers in, that user's MaskNet out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final, final

import torch
from torch import Tensor, nn

from masquerade.errors import ModelError, UsageError
from masquerade.networks.cloaks.masknet import MaskNet, MaskNetStructure

NUMBERS: Final = 256
"""Numbers of a user, standard normal: ``key.stream("masknet").normal(256)`` as float32."""


class MaskNetSource(ABC):
    """Where MaskNets come from; the same numbers give the same MaskNet.

    On one kind of processor and one release of PyTorch it is the same bit for bit; elsewhere the last bits of its
    weights may differ.

    A source is public, at best known to the provider alone; a user's numbers are that user's secret.
    Subclasses are final and write ``weights``. Sources are equal if their digests are.

    Args:
        name: What messages call it.
        digest: SHA-256 over all that decides its results, 64 hexadecimal digits.
        structure: Sizes of its MaskNets.
        classifier: What all its MaskNets were trained under, features to scores of classes; None if none was.
    """

    def __init__(
        self, name: str, digest: str, structure: MaskNetStructure, classifier: nn.Linear | None = None
    ) -> None:
        self.name = name
        self.digest = digest
        self.structure = structure
        self.classifier = classifier if classifier is None else classifier.requires_grad_(False)

    @final
    def draw(self, numbers: Tensor) -> MaskNet:
        """A user's MaskNet.

        Args:
            numbers: float32 ``(256,)``, standard normal.

        Raises:
            UsageError: If the numbers have another shape or type, or are not finite.
            ModelError: If a weight is not finite.
        """
        require_numbers(numbers)
        with torch.no_grad():
            weights = self.weights(numbers)
        if not all(
            bool(tensor.sum().isfinite()) for tensor in weights.values()
        ):  # a tenth of the time of all()
            raise ModelError(
                "weights of a MaskNet are not finite",
                place=f"source {self.name}",
                remedy="Train the source again, or take another.",
            )
        return MaskNet(self.structure, weights)

    @abstractmethod
    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """Weights of the MaskNet of checked numbers ``(256,)``, of the structure's names and shapes."""

    @final
    def describe(self) -> dict[str, str]:
        """Name and digest: enough to find it again, and to notice if it is another."""
        return {"name": self.name, "digest": self.digest}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaskNetSource) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.digest[:12]})"


def require_numbers(numbers: Tensor) -> None:
    """Check a user's numbers; messages show none of them.

    Raises:
        UsageError: If they have another shape or type, or are not finite.
    """
    if tuple(numbers.shape) != (NUMBERS,) or numbers.dtype != torch.float32:
        raise UsageError(
            "not the numbers of a user",
            value=f"{numbers.dtype} of shape {tuple(numbers.shape)}",
            remedy=f"Draw {NUMBERS} normal numbers from the user's key, as float32.",
        )
    if not bool(numbers.isfinite().all()):
        raise UsageError("a user's numbers are not finite", remedy="Draw them from the user's key.")
