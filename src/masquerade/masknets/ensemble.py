"""MaskNets out of an ensemble: one of a few that were trained apart, the thesis's first baseline."""

from collections.abc import Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.files.tensors import digest_of
from masquerade.masknets.base import MaskNetSource
from masquerade.masknets.expansion import expanded
from masquerade.networks.cloaks.masknet import MaskNet


@final
class EnsembleSource(MaskNetSource):
    """A user's numbers choose one of ``k`` MaskNets, all equally likely.

    Args:
        name: What messages call it.
        masknets: The ``k`` MaskNets, of one structure.
        classifier: A classifier that all were trained under, if there is one.

    Raises:
        UsageError: If there is none, or they are of several structures.
    """

    def __init__(self, name: str, masknets: Sequence[MaskNet], classifier: nn.Linear | None = None) -> None:
        self.masknets = tuple(masknets)
        structures = {masknet.structure for masknet in self.masknets}
        if len(structures) != 1:
            raise UsageError(
                "an ensemble needs MaskNets of one structure",
                value=f"{len(structures)} structures",
                place=name,
                remedy="Give one MaskNet or more, all of the same structure and size.",
            )
        structure = structures.pop()
        facts = (type(self).__name__, repr(structure))
        digest = digest_of(facts, stored_tensors(self.masknets, classifier))
        super().__init__(name, digest, structure, classifier)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """The weights of the chosen one, not copied."""
        high, low = (int(word) for word in expanded(numbers, "ensemble", 2))
        return self.masknets[(high << 32 | low) % len(self.masknets)].weights


def stored_tensors(masknets: Sequence[MaskNet], classifier: nn.Linear | None) -> dict[str, Tensor]:
    """MaskNets stacked, and their classifier, by the names that they have in files."""
    names = masknets[0].structure.shapes()
    tensors = {name: torch.stack([masknet.weights[name] for masknet in masknets]) for name in names}
    if classifier is not None:
        tensors |= {f"classifier.{name}": tensor for name, tensor in classifier.state_dict().items()}
    return tensors
