"""A user's MaskNet as a file, ``user.masknet``: whoever has it can repeat, and learn to undo, the user's cloaks."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from masquerade import __version__
from masquerade.errors import ModelError, UsageError
from masquerade.files.durable import write_durably
from masquerade.files.network_file import malformed
from masquerade.files.permissions import REMEDY, WHAT, is_exposed, keeps_permissions
from masquerade.files.tensors import packed, read_tensors, read_text
from masquerade.masknets.base import NUMBERS, MaskNetSource, require_numbers
from masquerade.masknets.source_file import impossible
from masquerade.networks.cloaks.masknet import MaskNet, structure

KIND: Final = "masquerade.masknet"


@final
class MaskNetCard(BaseModel):
    """What a user's MaskNet is; no name of a person, no secret.

    Args:
        version: Version of the file's format.
        source: Name of the source that it was drawn from.
        source_digest: Digest of that source.
        structure: Name of its structure.
        size: Height and width of the images that it looks at.
        key_fingerprint: Fingerprint of the key whose numbers it was drawn by, hexadecimal.
        nearest: Distance to the nearest MaskNet already issued; None if it was the first.
        draw: Which draw of the key it is: 1, or more if earlier ones came too near to another user's.
        masquerade_version: Version of the package that issued it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    source: Annotated[str, Field(min_length=1, max_length=100)]
    source_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    structure: Annotated[str, Field(max_length=40)]
    size: Annotated[int, Field(ge=16, le=1024)]
    key_fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{0,128}$")] = ""
    nearest: Annotated[float, Field(ge=0)] | None = None
    draw: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    masquerade_version: Annotated[str, Field(max_length=100)] = __version__


@final
@dataclass(frozen=True, eq=False)
class MaskNetFile:
    """A user's MaskNet with the numbers that it was drawn by: both are secrets of the user.

    Args:
        numbers: float32 ``(256,)``.
        masknet: The MaskNet, as it was drawn; drawn on another machine, its last bits may differ.
        card: What it is.

    Raises:
        UsageError: If the numbers are not a user's, or the card is of another structure.
    """

    numbers: Tensor
    masknet: MaskNet
    card: MaskNetCard

    def __post_init__(self) -> None:
        require_numbers(self.numbers)
        sizes = self.masknet.structure
        if (self.card.structure, self.card.size) != (sizes.name, sizes.size):
            raise UsageError(
                "the card is of another MaskNet",
                value=f"{self.card.structure} at {self.card.size}, expected {sizes.name} at {sizes.size}",
                remedy="Use MaskNetFile.drawn.",
            )

    @classmethod
    def drawn(
        cls,
        source: MaskNetSource,
        numbers: Tensor,
        key_fingerprint: str = "",
        nearest: float | None = None,
        draw: int = 1,
    ) -> "MaskNetFile":
        """The MaskNet that a source gives for a user's numbers, and its card.

        Args:
            source: The source.
            numbers: float32 ``(256,)``.
            key_fingerprint: As in the card.
            nearest: As in the card.
            draw: As in the card.

        Raises:
            UsageError: If the numbers are not a user's.
            ModelError: If a weight is not finite.
        """
        card = MaskNetCard(
            source=source.name,
            source_digest=source.digest,
            structure=source.structure.name,
            size=source.structure.size,
            key_fingerprint=key_fingerprint,
            nearest=nearest,
            draw=draw,
        )
        return cls(numbers, source.draw(numbers), card)

    def __repr__(self) -> str:
        return f"MaskNetFile({self.card.source!r}, key {self.card.key_fingerprint[:12]!r})"


def masknet_bytes(file: MaskNetFile) -> bytes:
    """A user's MaskNet as the bytes of a file."""
    return packed({"numbers": file.numbers, **file.masknet.weights}, KIND, file.card.model_dump_json())


def write_masknet(
    path: Path,
    file: MaskNetFile,
    *,
    overwrite: bool = False,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Write a user's MaskNet, mode 0600 from its first moment: the whole of it appears, or nothing.

    Args:
        path: Where to.
        file: The MaskNet.
        overwrite: Whether an existing file may be replaced.
        before: Done once the disk has taken the bytes, and before they have their name.

    Raises:
        UsageError: If the file exists and may not be replaced.
        WriteFailed: If the disk refuses.
    """
    write_durably(path, _followed(masknet_bytes(file), before), 0o600, replace=overwrite, secret=True)


def _followed(content: bytes, then: Callable[[], object]) -> Iterator[bytes]:
    yield content
    then()


def read_masknet(path: Path) -> MaskNetFile:
    """The MaskNet in a file, which is taken for hostile.

    Raises:
        ModelError: If the file is missing, damaged, no MaskNet, of a newer version, unlike its card, or readable by
            others than its owner.
    """
    text = read_text(path, KIND)
    _require_private(path)
    try:
        card = MaskNetCard.model_validate_json(text)
        sizes = structure(card.structure, card.size)
    except ValidationError as error:
        raise malformed("MaskNet's card", error, path) from None
    except UsageError as error:
        raise impossible(error, path) from None
    shapes = {"numbers": (NUMBERS,), **sizes.shapes()}
    expected = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    tensors = read_tensors(path, expected)
    numbers = tensors.pop("numbers")
    return MaskNetFile(numbers, MaskNet(sizes, tensors), card)


def _require_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ModelError(
            "file cannot be read",
            value=error.strerror,
            place=path,
            remedy="`masquerade masknet new` makes one.",
        ) from None
    if not is_exposed(mode):
        return
    kept = keeps_permissions(path.parent)
    raise ModelError(
        "others than its owner may use the MaskNet's file" if kept else WHAT,
        value=f"mode {stat.S_IMODE(mode):04o}",
        place=path,
        remedy=f"Run `chmod 600 {path}`, and issue another if somebody may have read it." if kept else REMEDY,
    )
