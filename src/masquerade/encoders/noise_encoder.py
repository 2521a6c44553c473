"""The noise encoder of XNN-d: noise that depends on the face, mixed into its feature map (section 4)."""

from typing import Any, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from masquerade.encoders.base import Shape, digest_of
from masquerade.errors import UsageError
from masquerade.networks.classifiers.vit import TransformerBlocks


@final
class NoiseOptions(BaseModel):
    """What can be chosen about a noise encoder.

    Args:
        amount: Mixing weight: the largest root mean square of the noise on one feature map, where the
            normalised features have 1. Without noise (0) it is the paper's baseline, the layer norm alone.
        width: Numbers of a token inside.
        depth: Transformer blocks.
        heads: Attention heads.
        pixels: Whether it looks at the photo, as the paper's does, which has the size of the feature
            extractor itself (width 768, depth 5, 12 heads). Else it looks at the feature map, which costs
            little on a laptop.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    amount: float = Field(1.0, ge=0, le=100)
    width: int = Field(64, ge=1, le=2048)
    depth: int = Field(1, ge=1, le=24)
    heads: int = Field(4, ge=1, le=64)
    pixels: bool = False


@final
class NoiseEncoder(nn.Module):
    """Feature maps in, obfuscated feature maps out: ``LN(Z) + amount N / max(1, rms(N))``.

    The paper mixes features and noise and does not say how. Here each token is normalised (its baseline's
    "Ext + LN") and the noise of a face is bounded by its root mean square, so that it can hide no more
    by growing. It is a function of the face: who asks twice gets the same noise, and may learn it.

    What all faces would share is taken off before the bound, since a listener takes it off too: in training
    mode the mean over the batch, else ``centre``, the mean over the faces of the training, so that the noise of
    a face does not depend on the others in its batch.

    Args:
        shape: Channels, rows and columns of a feature map.
        options: Its options.
        image_shape: Channels, height and width of photos, where it looks at photos.

    Raises:
        UsageError: If photos do not divide into as many patches as there are tokens, or no photos are named.
    """

    def __init__(self, shape: Shape, options: NoiseOptions, image_shape: Shape | None = None) -> None:
        super().__init__()
        d, rows, columns = shape
        seen = image_shape if options.pixels else shape
        if seen is None or seen[1] % rows or seen[2] % columns:
            raise UsageError(
                "a noise encoder needs an image that divides into its tokens",
                value=f"{seen} into {rows}x{columns}",
                remedy="Give the shape of the photos, a multiple of the feature map's.",
            )
        self.shape, self.seen, self.options = shape, seen, options
        patch = (seen[1] // rows, seen[2] // columns)
        self.patches = nn.Conv2d(seen[0], options.width, patch, stride=patch)
        self.places = nn.Parameter(0.02 * torch.randn(1, rows * columns, options.width))
        self.blocks = TransformerBlocks(options.width, options.heads, options.depth)
        self.out = nn.Sequential(nn.LayerNorm(options.width), nn.Linear(options.width, d))
        self.centre: Tensor
        self.register_buffer("centre", torch.zeros(shape))

    def forward(self, features: Tensor, photos: Tensor | None = None) -> Tensor:
        """Obfuscated feature maps.

        Args:
            features: ``(n, d, h, w)``, as the public encoder gives them.
            photos: ``(n, c, height, width)``, 0 to 255, where the encoder of the noise looks at photos.

        Returns:
            float32 ``(n, d, h, w)``.

        Raises:
            UsageError: If something has another shape than expected.
        """
        plain = token_norm(self._checked(features, self.shape))
        if not self.options.amount:
            return plain
        return plain + self.options.amount * self.noise(photos if self.options.pixels else plain)

    def noise(self, seen: Tensor | None) -> Tensor:
        """Noise ``(n, d, h, w)`` of root mean square 1 at most, of photos or of normalised feature maps."""
        raw = self.uncentred(seen)
        rest = raw - (raw.mean(0) if self.training else self.centre)
        return rest / rest.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1)

    def uncentred(self, seen: Tensor | None) -> Tensor:
        """What the network gives, before mean and bound, of photos or of normalised feature maps: ``(n, d, h, w)``.

        Raises:
            UsageError: If it looks at photos and there are none, or they have another shape.
        """
        if seen is None:
            raise UsageError(
                "this noise encoder looks at photos",
                remedy="Give the photos, or make a generator whose noise is of feature maps.",
            )
        looked = self._checked(seen, self.seen)
        patches: Tensor = self.patches(looked / 127.5 - 1 if self.options.pixels else looked)
        tokens = self.blocks(patches.flatten(2).transpose(1, 2) + self.places)
        raw: Tensor = self.out(tokens).transpose(1, 2).unflatten(2, self.shape[1:])
        return raw

    @property
    def digest(self) -> str:
        """SHA-256 over options, shapes, names and weights, hexadecimal: which noise this is."""
        facts = ("noise-encoder", str(self.shape), str(self.seen), self.options.model_dump_json())
        return digest_of(facts, self.state_dict())

    def describe(self) -> dict[str, Any]:
        """Digest and options: enough to notice if it is another, not to make it again."""
        return {"digest": self.digest, **self.options.model_dump()}

    def __repr__(self) -> str:
        return f"NoiseEncoder({self.digest[:12]})"

    def _checked(self, images: Tensor, shape: Shape) -> Tensor:
        if tuple(images.shape[1:]) != shape:
            raise UsageError(
                "images of another shape than the noise encoder was made for",
                value=f"{tuple(images.shape[1:])}, expected {shape}",
                remedy="Use the encoder that it was trained with.",
            )
        return images.float()


def token_norm(features: Tensor) -> Tensor:
    """Feature maps ``(n, d, h, w)`` with each position's numbers brought to mean 0 and variance 1."""
    last = features.float().movedim(1, -1)
    return functional.layer_norm(last, last.shape[-1:]).movedim(-1, 1).contiguous()
