"""The manifest of a released data set: everything the receiver needs, and nothing about the owner's files.

The file is canonical: the same manifest always gives the same bytes, and bytes that are not exactly those of
the manifest they describe are refused. Its checksum finds damage; it is no signature.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from masquerade.errors import DamagedRelease, UnsupportedRelease
from masquerade.files.checked_json import checked, read_checked
from masquerade.files.kinds import Kind, kind_behind, named
from masquerade.files.opening import open_file
from masquerade.released.made_with import MadeWith
from masquerade.released.verdict import Verdict

FORMAT: Final = "masquerade released data set"
VERSION: Final = 2
"""Version 1, which says less, is read too."""
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 64 << 20
"""Bytes; about 300,000 shards."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
FaceNote = Annotated[str, StringConstraints(pattern=r"^(as-is|auto:[0-9a-f]{64})$")]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Classes = Annotated[int, Field(ge=1, le=1_000_000)]
"""People of the largest public collections of faces, and room; a network takes memory for each."""
ImageShape = tuple[Positive, Positive, Positive]


def shard_name(number: int) -> str:
    """File name of shard ``number``, counted from 0."""
    return f"part-{number:05d}.safetensors"


@final
class ShardEntry(BaseModel):
    """One shard as the manifest lists it: name, SHA-256 of the file, its images and its bytes."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str
    sha256: Digest
    images: Count
    bytes: Positive


@final
class Manifest(BaseModel):
    """What the receiver of a released data set may know.

    Args:
        dataset_id: Names the data set; every shard carries it.
        recipe: Name of the recipe.
        disguise: Public parameters of the disguise, as ``Disguise.describe`` gives them.
        key_fingerprint: Tells keys apart; says nothing about the key's numbers.
        derivation_check: The owner's keyed digest of the secret numbers, opaque to everybody else.
        image_shape: Channels, height and width of the photos before they were disguised.
        stored_shape: Channels, height and width of what the shards hold.
        dtype: Type of the stored values.
        classes: Labels are integers from 0 below this; a label may be without images.
        images: Images in all shards.
        shards: Every shard, in order.
        masquerade: Version of the program that wrote it.
        accepted_broken: Whether the owner consented to a recipe that is broken, or was never measured.
        faces: How faces came out of photos: "as-is" (not written down), or "auto" with the detector's digest.
        verdict: What was known of the recipe when it was chosen; None in files of earlier programs.
        made_with: Libraries and processor, as far as they may change a last bit; None in version 1 alone.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal["masquerade released data set"] = FORMAT
    version: Literal[1, 2] = VERSION
    dataset_id: Identifier
    recipe: str
    disguise: dict[str, JsonValue]
    key_fingerprint: Identifier
    derivation_check: Digest
    image_shape: ImageShape
    stored_shape: ImageShape
    dtype: Literal["float16", "float32"]
    classes: Classes
    images: Count
    shards: tuple[ShardEntry, ...]
    masquerade: str
    accepted_broken: bool
    faces: FaceNote = "as-is"
    verdict: Verdict | None = None
    made_with: MadeWith | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "Manifest":
        for number, shard in enumerate(self.shards):
            if shard.name != shard_name(number):
                raise ValueError(f"shard {number} is called {shard.name}, expected {shard_name(number)}")
        if self.images != sum(shard.images for shard in self.shards):
            raise ValueError(f"{self.images} images in all, but the shards add up to another number")
        if (self.version == 1) != (self.made_with is None):
            raise ValueError("what it was made with is said from version 2 on")
        return self

    def to_bytes(self) -> bytes:
        """The manifest file: canonical JSON with a checksum over everything else in it."""
        fields = self.model_dump(mode="json")
        if self.faces == "as-is":
            del fields["faces"]
        for name in ("verdict", "made_with"):
            if fields[name] is None:
                del fields[name]
        return checked(fields)

    @classmethod
    def from_bytes(cls, data: bytes, place: object) -> "Manifest":
        """Read a manifest file.

        Args:
            data: All bytes of the file.
            place: Where they came from, for the message.

        Raises:
            DamagedRelease: If one bit is not as it was written.
            UnsupportedRelease: If it is no manifest, or one of a newer version.
        """
        manifest = read_checked(cls, _parse(data, place), lambda what: _damaged(what, place))
        if manifest.to_bytes() != data:
            raise _damaged("its checksum does not fit", place)
        return manifest

    @classmethod
    def load(cls, folder: Path) -> "Manifest":
        """Read the manifest of the released data set in ``folder``.

        Raises:
            DamagedRelease: If the manifest is damaged.
            UnsupportedRelease: If there is none, or it is of a newer version.
        """
        path = folder / MANIFEST
        try:
            with open_file(path) as file:
                data = file.read(LARGEST_MANIFEST + 1)
        except FileNotFoundError:
            raise UnsupportedRelease(
                "no finished released data set",
                place=folder,
                remedy="Finish the disguise job, which writes the manifest last, or name another folder.",
            ) from None
        except OSError as error:
            raise _unreadable(folder, error) from None
        return cls.from_bytes(data, path)


def _unreadable(folder: Path, error: OSError) -> UnsupportedRelease:
    if folder.is_file():
        return UnsupportedRelease(
            f"{folder} is {kind_behind(folder)}, not a released data set", remedy=named(Kind.MANIFEST)
        )
    return UnsupportedRelease("the manifest cannot be read", value=error.strerror, place=folder / MANIFEST)


def _parse(data: bytes, place: object) -> dict[str, Any]:
    if len(data) > LARGEST_MANIFEST:
        raise _damaged(f"more than {LARGEST_MANIFEST} bytes", place)
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise _damaged("no JSON", place) from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise UnsupportedRelease(
            "not the manifest of a released data set",
            place=place,
            remedy="Name a folder that `disguise` wrote.",
        )
    version = fields.get("version")
    if type(version) is int and version > VERSION:
        raise UnsupportedRelease(
            "a released data set of a newer format",
            value=f"version {version}, this program knows {VERSION}",
            place=place,
            remedy="Update masquerade.",
        )
    return fields


def _damaged(what: str, place: object) -> DamagedRelease:
    return DamagedRelease(
        "the manifest is damaged", value=what, place=place, remedy="Copy the manifest from the owner again."
    )
