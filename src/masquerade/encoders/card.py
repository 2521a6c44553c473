"""What an encoder file says of itself."""

from typing import Literal, final

from masquerade.encoders.vision_transformer import ViTOptions
from masquerade.files.network_file import NetworkCard


@final
class Card(NetworkCard):
    """What an encoder is, and what it was trained on.

    Args:
        architecture: The kind of network.
        options: Its sizes.
        stored: Type of the numbers in the file.
    """

    architecture: Literal["vit"] = "vit"
    options: ViTOptions
    stored: Literal["float16", "float32"] = "float32"
