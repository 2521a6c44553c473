"""Files of recognisers that are fitted at home: which public network, and the linear map behind it, if there is one.

One that was fitted on the owner's photos says something of them: like a gallery, it stays with the owner.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from masquerade import __version__
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import ModelError, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.named import require_digest
from masquerade.files.network_file import malformed
from masquerade.files.opening import read_parts
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.owner.at_home.networks import features_of_network, network_beside, recogniser_of_network
from masquerade.training.closed_form.features import FeatureKind
from masquerade.training.closed_form.projection import Projection
from masquerade.training.closed_form.recogniser import ProjectedRecogniser

KIND: Final = "masquerade.home-recogniser"
Method = Literal["as-is", "whitening", "discriminants"]
"""The network's own vector, or a map learnt from its features."""
Source = Literal["nothing", "built-in faces", "photos"]
_MOST: Final = 1 << 24
"""Numbers of a projection at most."""


@final
class HomeCard(BaseModel):
    """What the file of a home recogniser says; no name of a person.

    Args:
        version: Version of the file's format.
        network: Name of the public network, or "file" where a copy of it lies beside the model.
        digest: Digest of the public network.
        features: What is taken of the network.
        taken: How many numbers of a photo that is.
        method: How they become vectors.
        size: Numbers of a vector.
        faces: How faces come out of photos, as ``PhotoReader.described``.
        source: What the projection was learnt from.
        photos: How many photos.
        people: How many people are on them.
        masquerade_version: Version of the package that fitted it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    network: Annotated[str, Field(min_length=1, max_length=100)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    features: FeatureKind
    taken: Annotated[int, Field(ge=1, le=_MOST)]
    method: Method
    size: Annotated[int, Field(ge=1, le=65_536)]
    faces: Annotated[str, Field(max_length=200)]
    source: Source = "nothing"
    photos: Annotated[int, Field(ge=0)] = 0
    people: Annotated[int, Field(ge=0)] = 0
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__

    @model_validator(mode="after")
    def _possible(self) -> "HomeCard":
        if self.taken * self.size > _MOST:
            raise ValueError("a projection of impossible size")
        if self.method == "as-is" and (self.features, self.taken) != ("vector", self.size):
            raise ValueError("a vector as it is has its own size")
        return self


def save_home(path: Path, card: HomeCard, projection: Projection | None, network: Path | None = None) -> None:
    """Write a home recogniser, readable by the owner alone, and beside it the network that came out of a file.

    Args:
        path: The file; one that is there is replaced whole or not at all.
        card: What it says.
        projection: The map, if there is one.
        network: The public network's file, if it is none that comes with the package.

    Raises:
        WriteFailed: If the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if network is not None and network.resolve() != network_beside(path).resolve():
        write_durably(network_beside(path), read_parts(network), 0o600)
    tensors = {} if projection is None else {"mean": projection.mean, "matrix": projection.matrix}
    stored = {name: tensor.float() for name, tensor in tensors.items()}
    write_durably(path, [packed(stored, KIND, card.model_dump_json())], 0o600)


def read_home(path: Path) -> tuple[Recogniser, HomeCard]:
    """The recogniser in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, of another kind or a newer version, or its network is another one.
        StudyError: If packages that its network comes in are not installed.
    """
    try:
        card = HomeCard.model_validate_json(read_text(path, KIND))
    except ValidationError as error:
        raise malformed("home recogniser's card", error, path) from None
    tensors = read_tensors(path, _expected(card))
    try:
        return _opened(path, card, tensors), card
    except UsageError as error:
        raise ModelError(error.problem, value=error.value, place=path, remedy="Fit it again.") from None


def _expected(card: HomeCard) -> dict[str, Tensor]:
    if card.method == "as-is":
        return {}
    shapes = {"mean": (card.taken,), "matrix": (card.taken, card.size)}
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def _opened(path: Path, card: HomeCard, tensors: Mapping[str, Tensor]) -> Recogniser:
    if card.method == "as-is":
        found = require_digest(recogniser_of_network(card.network, path), card.digest, "network")
        if found.size != card.size:
            raise UsageError("vectors of another size", value=f"{found.size}, expected {card.size}")
        return found
    features = require_digest(features_of_network(card.network, card.features, path), card.digest, "network")
    return ProjectedRecogniser(features, Projection(tensors["mean"], tensors["matrix"]))
