"""Generator files: a face generator and the critic that it was trained against."""

from pathlib import Path
from typing import Final, final

from torch import Tensor, nn

from masquerade.encoders.base import digest_of
from masquerade.errors import ModelError
from masquerade.files.network_file import NetworkCard, network_bytes, read_network
from masquerade.networks.features.critic import Critic, CriticOptions
from masquerade.networks.features.generator_registry import GeneratorOptions, SomeGenerator, build_generator

KIND: Final = "masquerade.face_generator"


@final
class FaceGeneratorCard(NetworkCard):
    """What a face generator is, and what it was trained on.

    Args:
        generator: Sizes of the generator.
        critic: Sizes of the critic; None if it is not in the file.
    """

    generator: GeneratorOptions
    critic: CriticOptions | None = None


@final
class FaceGenerator(nn.Module):
    """A generator of public faces, and perhaps its critic, as a prior for attackers.

    Args:
        generator: The generator.
        critic: The critic, or None.
    """

    def __init__(self, generator: SomeGenerator, critic: Critic | None = None) -> None:
        super().__init__()
        self.generator = generator
        self.critic = critic

    def forward(self, latents: Tensor) -> Tensor:
        """Images ``(n, 3, side, side)``, 0 to 1, of latents ``(n, d)``."""
        images: Tensor = self.generator(latents)
        return images

    @property
    def digest(self) -> str:
        """SHA-256 over the generator, 64 hexadecimal digits; the critic plays no part."""
        return digest_of(
            ("face generator", self.generator.options.model_dump_json()), self.generator.state_dict()
        )


def face_generator_bytes(faces: FaceGenerator, card: FaceGeneratorCard) -> bytes:
    """A face generator as the bytes of a file.

    Raises:
        ModelError: If the card is of another generator, or a weight is not finite as it is stored.
    """
    critic = faces.critic.options if faces.critic else None
    if (card.generator, card.critic) != (faces.generator.options, critic):
        raise ModelError("the card is of another generator", value=card.name, remedy="State its own options.")
    return network_bytes(faces, card, KIND)


def read_face_generator(path: Path) -> tuple[FaceGenerator, FaceGeneratorCard]:
    """The face generator in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or version, or unlike its card.
    """
    return read_network(path, KIND, FaceGeneratorCard, _build)


def _build(card: FaceGeneratorCard) -> FaceGenerator:
    return FaceGenerator(build_generator(card.generator), Critic(card.critic) if card.critic else None)
