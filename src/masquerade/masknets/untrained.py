"""MaskNets of fresh random weights: the control that shows what training a MaskNet is worth."""

from collections.abc import Mapping
from math import prod
from typing import final

from torch import Tensor

from masquerade.files.tensors import digest_of
from masquerade.masknets.base import MaskNetSource
from masquerade.masknets.expansion import normals
from masquerade.networks.cloaks.masknet import MaskNetStructure
from masquerade.networks.cloaks.weight_generators import he


@final
class UntrainedSource(MaskNetSource):
    """Weights of He's scale, all drawn from a user's numbers.

    Args:
        structure: Sizes of the MaskNets.
        name: What messages call it.
    """

    def __init__(self, structure: MaskNetStructure, name: str = "untrained") -> None:
        super().__init__(name, digest_of((type(self).__name__, repr(structure)), {}), structure)

    def weights(self, numbers: Tensor) -> Mapping[str, Tensor]:
        """Normal weights, each layer's of its own."""
        return {
            name: he(shape) * normals(numbers, f"untrained {name}", prod(shape)).view(shape)
            for name, shape in self.structure.shapes().items()
        }
