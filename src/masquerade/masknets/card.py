"""What the file of a source says of itself."""

from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from masquerade import __version__
from masquerade.networks.cloaks.hypernet import HyperNetOptions

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.+-]+$")]
_Text = Annotated[str, Field(max_length=2000)]
_Version = Annotated[str, Field(max_length=100)]


class SourceCard(BaseModel):
    """What every card states; no name of a person.

    Args:
        version: Version of the file's format.
        name: What messages call the source.
        classes: Classes of its classifier; 0 if it has none.
        stored: Type of the numbers in the file.
        training: Facts of the training, as plain data.
        photos: Number of photos that it was trained on.
        licence: Terms of the weights and of the photos.
        masquerade_version: Version of the package that trained it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    name: Name
    classes: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    stored: Literal["float16", "float32"] = "float32"
    training: dict[str, Any] = Field(default_factory=dict)
    photos: Annotated[int, Field(ge=0)] = 0
    licence: _Text = ""
    masquerade_version: _Version = __version__


@final
class HyperNetCard(SourceCard):
    """The card of a hypernetwork.

    Args:
        source: The kind of source.
        options: Its sizes.
    """

    source: Literal["hypernet"] = "hypernet"
    options: HyperNetOptions


@final
class EnsembleCard(SourceCard):
    """The card of MaskNets that were trained apart.

    Args:
        source: How they are used: one of several for each user, the only one for all, or that with dropout.
        structure: Name of their structure.
        size: Height and width of the images that they look at.
        masknets: How many there are; one unless it is an ensemble.
    """

    source: Literal["ensemble", "static", "dropout"]
    structure: Annotated[str, Field(max_length=40)]
    size: Annotated[int, Field(ge=16, le=1024)]
    masknets: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _one_is_one(self) -> "EnsembleCard":
        if self.source != "ensemble" and self.masknets != 1:
            raise ValueError("only an ensemble holds several MaskNets")
        return self
