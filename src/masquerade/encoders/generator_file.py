"""The generator's file: weights of the noise, and which public encoder it belongs to."""

from pathlib import Path
from typing import Annotated, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masquerade import __version__
from masquerade.encoders.base import Encoder
from masquerade.encoders.generator import FeatureGenerator
from masquerade.encoders.noise_encoder import NoiseEncoder, NoiseOptions
from masquerade.errors import MasqueradeError, ModelError
from masquerade.files.network_file import malformed
from masquerade.files.tensors import packed, read_tensors, read_text

KIND: Final = "masquerade.generator"
_Side = Annotated[int, Field(ge=1, le=65_536)]
_LARGEST: Final = 10**9
"""Most numbers that a noise encoder may have."""


@final
class NoiseGeneratorCard(BaseModel):
    """What a generator is made of.

    Args:
        version: Version of the file's format. Files of version 1 have noise without a mean taken off.
        encoder: Name of the public encoder.
        encoder_digest: Its digest.
        noise: Options of the noise encoder.
        shape: Numbers of a token, rows and columns of feature maps.
        image_shape: Channels, height and width of photos.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1, 2] = 2
    encoder: Annotated[str, Field(min_length=1, max_length=100)]
    encoder_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    noise: NoiseOptions
    shape: tuple[_Side, _Side, _Side]
    image_shape: tuple[_Side, _Side, _Side]
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__


def generator_bytes(generator: FeatureGenerator) -> bytes:
    """A generator as the bytes of a file, without the public encoder's weights.

    Raises:
        ModelError: If a weight is not finite.
    """
    weights = generator.noise.state_dict()
    for name, tensor in weights.items():
        if not bool(tensor.isfinite().all()):
            raise ModelError("weights are not finite", value=name, remedy="Train again.")
    encoder = generator.encoder
    card = NoiseGeneratorCard(
        encoder=encoder.name,
        encoder_digest=encoder.digest,
        noise=generator.noise.options,
        shape=encoder.shape,
        image_shape=encoder.image_shape,
    )
    return packed(weights, KIND, card.model_dump_json())


def read_generator_card(path: Path) -> NoiseGeneratorCard:
    """The card alone, so that the encoder that it names can be opened.

    Raises:
        ModelError: If the file is missing, damaged, no generator, of a newer version, or of the first one, whose
            noise was almost the same for every face.
    """
    try:
        card = NoiseGeneratorCard.model_validate_json(read_text(path, KIND))
    except ValidationError as error:
        raise malformed("generator's card", error, path) from None
    if card.version == 1:
        raise ModelError(
            "a generator whose noise is almost the same for every face and hides nothing",
            value="version 1",
            place=path,
            remedy="Train another with `masquerade distil`; features and recogniser of the old one go with it.",
        )
    return card


def read_generator(path: Path, encoder: Encoder) -> FeatureGenerator:
    """The generator in a file, which is taken for hostile.

    Args:
        path: The file.
        encoder: The public encoder that its card names.

    Raises:
        ModelError: If the file is missing, damaged, unlike its card, or made for another encoder.
    """
    card = read_generator_card(path)
    if card.encoder_digest != encoder.digest:
        raise ModelError(
            "the generator was made for another encoder",
            value=f"{encoder.name} {encoder.digest[:12]}, expected {card.encoder} {card.encoder_digest[:12]}",
            place=path,
            remedy="Name the encoder that it was trained with.",
        )
    try:
        with torch.device("meta"):
            noise = NoiseEncoder(card.shape, card.noise, card.image_shape)
        expected = noise.state_dict()
        if sum(weights.numel() for weights in expected.values()) > _LARGEST:
            raise _impossible(path)
        noise.load_state_dict(read_tensors(path, expected), assign=True)
        return FeatureGenerator(encoder, noise.requires_grad_(False))
    except ModelError:
        raise
    except (MasqueradeError, RuntimeError, OverflowError, MemoryError):
        raise _impossible(path) from None


def _impossible(path: Path) -> ModelError:
    return ModelError(
        "the generator's card describes none that can be built", place=path, remedy="Fetch the file again."
    )
