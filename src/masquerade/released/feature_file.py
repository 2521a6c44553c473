"""Feature files: what a client of XNN-d sends to the server, obfuscated features and no photo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor

from masquerade.errors import ModelError, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.network_file import malformed
from masquerade.files.tensors import packed, read_tensors, read_text

_KIND: Final = "masquerade.features"
_Side = Annotated[int, Field(ge=1, le=65_536)]


@final
class FeatureCard(BaseModel):
    """What a feature file says of itself.

    Args:
        version: Version of the file's format.
        generator: Digest of the generator that made the features.
        shape: Numbers of a token, rows and columns of a feature map.
        count: Feature maps in the file.
        people: The person of each where the file is a gallery; a probe's file names nobody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    generator: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    shape: tuple[_Side, _Side, _Side]
    count: Annotated[int, Field(ge=1, le=10_000_000)]
    people: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_person_each(self) -> Self:
        if self.people is not None and len(self.people) != self.count:
            raise ValueError("as many names as feature maps are needed")
        return self


@final
@dataclass(frozen=True)
class Features:
    """Obfuscated feature maps with their card.

    Args:
        card: Where they come from, and who is on them where that is known.
        maps: float32 ``(n, d, h, w)``; the file keeps them in float16.
    """

    card: FeatureCard
    maps: Tensor

    @classmethod
    def of(cls, generator: str, maps: Tensor, people: tuple[str, ...] | None = None) -> Self:
        """Features of one generator, by its digest.

        Raises:
            UsageError: If there are none.
        """
        if not len(maps):
            raise UsageError("no features to keep", remedy="Give photos that can be taken in.")
        shape = (maps.shape[1], maps.shape[2], maps.shape[3])
        return cls(FeatureCard(generator=generator, shape=shape, count=len(maps), people=people), maps)

    def save(self, path: Path) -> None:
        """Write the file; one that is there is replaced whole or not at all.

        Raises:
            ModelError: If a number is too large for float16.
            WriteFailed: If the disk refuses.
        """
        stored = self.maps.to(torch.float16)
        if not bool(stored.isfinite().all()):
            raise ModelError(
                "features are not finite as float16", place=path, remedy="Look at the generator."
            )
        write_durably(path, [packed({"maps": stored}, _KIND, self.card.model_dump_json())])

    @classmethod
    def read(cls, path: Path) -> Self:
        """The features in a file, which is taken for hostile.

        Raises:
            ModelError: If the file is missing, damaged, of a newer version, or holds something else.
        """
        try:
            card = FeatureCard.model_validate_json(read_text(path, _KIND))
        except ValidationError as error:
            raise malformed("feature file's card", error, path) from None
        like = torch.empty((card.count, *card.shape), dtype=torch.float16, device="meta")
        return cls(card, read_tensors(path, {"maps": like})["maps"].float())
