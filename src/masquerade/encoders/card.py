"""What an encoder file says of itself."""

from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field

from masquerade import __version__
from masquerade.encoders.vision_transformer import ViTOptions

_Text = Annotated[str, Field(max_length=2000)]


@final
class Card(BaseModel):
    """What an encoder is, and what it was trained on; no name of a person.

    Args:
        version: Version of the file's format.
        name: What messages call it.
        architecture: The kind of network.
        options: Its sizes.
        stored: Type of the numbers in the file.
        training: Facts of the training, as plain data.
        photos: Number of photos that it was trained on.
        licence: Terms of the weights and of the photos.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.+-]+$")]
    architecture: Literal["vit"] = "vit"
    options: ViTOptions
    stored: Literal["float16", "float32"] = "float32"
    training: dict[str, Any] = Field(default_factory=dict)
    photos: Annotated[int, Field(ge=0)] = 0
    licence: _Text = ""
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__
