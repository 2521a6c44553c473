"""A trained generator of one-pass cloaks, with the name and digest that tell it from others."""

from copy import deepcopy
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from masquerade.files.tensors import digest_of
from masquerade.networks.cloaks.cloak_generator import CloakGenerator
from masquerade.networks.cloaks.masknet import MaskNet, fitted


@final
class TrainedGenerator:
    """Photos of any size and a user's MaskNet in, perturbations out. It is public; equal if the digest is.

    Args:
        name: What messages call it.
        network: The generator; it is frozen.
    """

    def __init__(self, name: str, network: CloakGenerator) -> None:
        self.name = name
        self.network = network.eval().requires_grad_(False)
        self.digest = digest_of(
            ("cloak-generator", network.options.model_dump_json()),
            {name: value.float() for name, value in network.state_dict().items()},
        )

    def precise(self) -> "TrainedGenerator":
        """The same, computing in float64: it gives the same changes wherever it runs, and takes 3.6 times as long.

        What a MaskNet's pooling and the signs of features choose may hang on the last bit of a float32: of 72 faces
        two had other changes, by up to 5 grey levels, when sums were taken in another order.
        """
        return TrainedGenerator(self.name, deepcopy(self.network).double())

    @torch.no_grad()
    def perturbation(self, photos: Tensor, masknet: MaskNet, numbers: Tensor, bound: float) -> Tensor:
        """Changes of photos, made at the size that the MaskNet looks at and brought to the photos' own.

        Args:
            photos: ``(n, 3, h, w)``, uint8 or floating, values 0 to 255.
            masknet: The user's MaskNet.
            numbers: The user's numbers ``(256,)``; the first of them name the direction of the first round.
            bound: Largest change of a pixel, in grey levels.

        Returns:
            float32 ``(n, 3, h, w)``, within the bound, not rounded.

        Raises:
            UsageError: If the photos do not have three channels, or the MaskNet's size does not fit.
        """
        kind = next(self.network.parameters()).dtype
        own = masknet if kind == torch.float32 else deepcopy(masknet).to(kind)
        seen = fitted(photos, masknet.structure.size).to(kind)
        direction = numbers[: masknet.structure.features].to(kind)
        found: Tensor = self.network(seen, own, direction, bound).float()
        if found.shape == photos.shape:
            return found
        height, width = photos.shape[2:]
        return functional.interpolate(found, (height, width), mode="bilinear", antialias=True)

    def describe(self) -> dict[str, str]:
        """Name and digest: enough to find it again, and to notice if it is another."""
        return {"name": self.name, "digest": self.digest}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrainedGenerator) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"TrainedGenerator({self.name!r}, {self.digest[:12]})"
