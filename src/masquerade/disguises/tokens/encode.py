"""A public encoder as the first part of a chain: photos become feature maps (XNN, section 3.1)."""

from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from masquerade.disguises.base import Disguise, Keyed, Networks, Shape
from masquerade.encoders.base import Encoder
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.promises import NOTHING
from masquerade.traits import Traits


@final
@dataclass(frozen=True)
class Encode(Disguise):
    """Photos become tokens of an encoder that everybody has; by itself it protects nothing.

    Args:
        encoder: The public encoder.

    Raises:
        UsageError: If ``encoder`` is none.
    """

    encoder: Encoder

    networks: ClassVar[Networks] = {"encoder": "encoder"}
    keyed_by_secret = False
    promises = NOTHING
    per_image = True
    restorable = False
    is_public_encoder = True
    traits = Traits(deterministic=True, linear=False, same_map=True, keeps_inner_products=False)

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, Encoder):
            raise UsageError(
                "not an encoder",
                value=repr(self.encoder),
                place="Encode",
                remedy="Give what masquerade.encoders.open_encoder returns.",
            )

    def keyed(self, key: Key, shape: Shape) -> Keyed:
        """The encoder at work; nothing of the key goes into it."""
        del key
        if shape != self.encoder.image_shape:
            raise UsageError(
                f"photos of another shape than the encoder {self.encoder.name} takes",
                value=f"{shape}, expected {self.encoder.image_shape}",
                remedy="Resize the photos, or take another encoder.",
            )
        return Encoding(self.encoder)


@final
class Encoding(Keyed):
    """An encoder at work.

    Args:
        encoder: The public encoder.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.image_shape)
        self._encoder = encoder

    @property
    def out_shape(self) -> Shape:
        """Shape of the feature maps."""
        return self._encoder.shape

    def disguise(self, images: Tensor, nonces: list[bytes] | None) -> Tensor:
        """Encode the photos."""
        del nonces
        return self._encoder(images)

    def digest(self) -> bytes:
        """The encoder's digest; nothing in it is secret."""
        return bytes.fromhex(self._encoder.digest)
