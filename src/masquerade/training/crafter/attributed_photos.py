"""Photos with attributes, in batches, and the split networks that trainings on them begin with."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, final

import torch
from torch import Tensor, nn

from masquerade.errors import UsageError
from masquerade.networks.features.split import SplitNetwork, SplitOptions
from masquerade.networks.features.split_registry import build_split
from masquerade.training.resumable import generator_of, rows_of


@final
@dataclass(frozen=True)
class AttributedPhotos:
    """Photos and what is seen on them.

    Args:
        photos: uint8 ``(n, 3, side, side)``.
        attributes: bool ``(n, a)``.
    """

    photos: Tensor
    attributes: Tensor

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def digest(self) -> str:
        """SHA-256 over both, hexadecimal."""
        seen = sha256(self.photos.contiguous().numpy().tobytes())
        seen.update(self.attributes.contiguous().numpy().tobytes())
        return seen.hexdigest()

    def batch(
        self, seed: int, step: int, size: int, device: torch.device, *, flip: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Row numbers of batch ``step``, its images, 0 to 1, half of them mirrored if asked, and attributes."""
        rows = rows_of(seed, step, size, len(self))
        images = mirrored(as_images(self.photos[rows], device), generator_of(seed, 2, step), flip=flip)
        return rows, images, self.attributes[rows].to(device).float()

    def require(self, options: SplitOptions) -> None:
        """Pass if a network of these sizes can be trained on them.

        Raises:
            UsageError: If photos and attributes do not fit each other or the network, or there is one photo only.
        """
        require_photos(self.photos, options.side)
        count = options.attributes
        if tuple(self.attributes.shape) != (len(self), count) or self.attributes.dtype != torch.bool:
            raise UsageError(
                "attributes that do not fit the photos",
                value=f"{self.attributes.dtype} {tuple(self.attributes.shape)}, "
                f"expected torch.bool ({len(self)}, {count})",
                remedy="Give a yes or no for each photo and attribute.",
            )


def require_photos(photos: Tensor, side: int) -> None:
    """Pass if there are two photos or more, uint8 ``(n, 3, side, side)``.

    Raises:
        UsageError: If not.
    """
    if tuple(photos.shape[1:]) != (3, side, side) or photos.dtype != torch.uint8:
        raise UsageError(
            "photos of another size or type than the network takes",
            value=f"{photos.dtype} {tuple(photos.shape[1:])}, expected torch.uint8 (3, {side}, {side})",
            remedy="Resize them.",
        )
    if len(photos) < 2:
        raise UsageError("training needs two photos or more", value=len(photos), remedy="Give more photos.")


def as_images(photos: Tensor, device: torch.device) -> Tensor:
    """Images of 0 to 1 of uint8 photos."""
    return photos.to(device).float() / 255


def mirrored(images: Tensor, random: torch.Generator, *, flip: bool) -> Tensor:
    """Images, half of them mirrored if asked."""
    if not flip:
        return images
    turned = torch.rand(len(images), generator=random) < 0.5
    return torch.where(turned.to(images.device).view(-1, 1, 1, 1), images.flip(3), images)


def begun_from(first: SplitNetwork, options: SplitOptions, seed: int, device: torch.device) -> SplitNetwork:
    """A split network to train, with the weights of ``first``; what ``first`` lacks is drawn.

    Args:
        first: Where weights come from.
        options: Those of ``first``, perhaps with a pruner besides.
        seed: Of the weights that are drawn.
        device: Where it goes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_split(options)
    network.load_state_dict(deepcopy(first.state_dict()), strict=False)
    return network.to(device).train()


def finished(network: SplitNetwork) -> SplitNetwork:
    """The network in evaluation mode, in main memory, without gradients left over."""
    network.zero_grad(set_to_none=True)
    return network.to(torch.device("cpu")).eval()


def weights_digest(network: nn.Module) -> str:
    """SHA-256 over all weights, hexadecimal: what a training began with."""
    seen = sha256()
    for name, tensor in network.state_dict().items():
        seen.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return seen.hexdigest()


def job_of(kind: str, settings: Mapping[str, Any], seed: int, **digests: str) -> dict[str, Any]:
    """What tells a training from others."""
    return {"kind": kind, "settings": dict(settings), "seed": seed, **digests}
