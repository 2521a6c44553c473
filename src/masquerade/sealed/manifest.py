"""The manifest of a sealed gallery's public part: all that cameras and the cloud need to know, and no name."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from masquerade.errors import DamagedCiphertext, EmptyGallery, RefusedParameters, UsageError
from masquerade.files.checked_json import checked, read_checked
from masquerade.files.opening import read_file
from masquerade.sealed.envelope import Digest, Identifier
from masquerade.sealed.parameters import STANDARD, Parameters

FORMAT: Final = "masquerade sealed gallery"
MANIFEST: Final = "manifest.json"
LARGEST_MANIFEST: Final = 64 << 20
"""Bytes; about 250,000 blocks."""
KEYS: Final = ("encryption", "rotation", "product")
"""What the public keys are for: encrypting, rotating a probe, and shrinking a product."""


@final
class BlockEntry(BaseModel):
    """One block as the manifest lists it: its file, SHA-256 and bytes, and how many ciphertexts it has."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^block-[0-9a-f]{16}\.safetensors$")]
    sha256: Digest
    bytes: Annotated[int, Field(ge=1)]
    diagonals: Annotated[int, Field(ge=1)]


@final
class KeyEntry(BaseModel):
    """A file of a public key: its name and SHA-256."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^(encryption|rotation|product)-[0-9a-f]{16}\.seal$")]
    sha256: Digest


@final
class SealedManifest(BaseModel):
    """What everybody may know of a sealed gallery.

    Args:
        gallery: Names it; probes and answers carry it.
        parameters: Of the encryption.
        recogniser: Name of the public recogniser of faces.
        recogniser_digest: Its digest.
        size: Numbers of its vectors.
        faces: How faces come out of photos, as everywhere: "as-is", or "auto" with the detector's digest.
        keys: The public keys by their purpose.
        blocks: Every block of people, in order.
        masquerade: Version of the program that wrote it.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal["masquerade sealed gallery"] = FORMAT
    version: Literal[1] = 1
    gallery: Identifier
    parameters: Parameters
    recogniser: str
    recogniser_digest: Digest
    size: Annotated[int, Field(ge=1, le=4096)]
    faces: Annotated[str, Field(pattern=r"^(as-is|auto:[0-9a-f]{64})$")]
    keys: dict[str, KeyEntry]
    blocks: tuple[BlockEntry, ...]
    masquerade: str

    @model_validator(mode="after")
    def _names_keys(self) -> "SealedManifest":
        if set(self.keys) != set(KEYS):
            raise ValueError(f"keys for {', '.join(KEYS)} are needed")
        return self

    @property
    def public_key(self) -> str:
        """SHA-256 of the key that probes are encrypted under."""
        return self.keys["encryption"].sha256

    def to_bytes(self) -> bytes:
        """The manifest's file."""
        return checked(self.model_dump(mode="json"))

    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return sha256(self.to_bytes()).hexdigest()

    def require_people(self, place: object) -> None:
        """Pass if there is a block.

        Raises:
            EmptyGallery: If there is none.
        """
        if not self.blocks:
            raise EmptyGallery(
                "nobody is in the gallery",
                place=place,
                remedy="Take people in first: `masquerade sealed enrol`.",
            )

    @classmethod
    def from_bytes(cls, data: bytes, place: object) -> "SealedManifest":
        """Read a manifest file, which is taken for hostile.

        Raises:
            DamagedCiphertext: If one bit is not as it was written.
            RefusedParameters: If its parameters are not hard enough, or not those of this version.
            UsageError: If it is the manifest of something else.
        """
        fields = _fields(data, place)
        _require_standard(fields, place)
        manifest = read_checked(cls, fields, lambda what: _damaged(what, place))
        if manifest.to_bytes() != data:
            raise _damaged("its checksum does not fit", place)
        return manifest

    @classmethod
    def load(cls, folder: Path) -> "SealedManifest":
        """Read the manifest in a public part's folder.

        Raises:
            UsageError: If there is none.
            SealedError: As ``from_bytes``.
        """
        path = folder / MANIFEST
        try:
            data = read_file(path, LARGEST_MANIFEST)
        except OSError as error:
            raise UsageError(
                "not the public part of a sealed gallery",
                value=error.strerror,
                place=folder,
                remedy="`masquerade sealed new` makes one, in the folder public.",
            ) from None
        return cls.from_bytes(data, path)


def _fields(data: bytes, place: object) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise _damaged("no JSON", place) from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise UsageError(
            "not the manifest of a sealed gallery",
            place=place,
            remedy="Name the folder public of what `masquerade sealed new` made.",
        )
    if fields.get("version") != 1:
        raise UsageError(
            "a sealed gallery of a newer format",
            value=str(fields.get("version"))[:20],
            place=place,
            remedy="Update masquerade.",
        )
    return fields


def _require_standard(fields: dict[str, Any], place: object) -> None:
    """Refuse weak parameters by their own name, whoever wrote them; then any but the one set of this version."""
    try:
        parameters = Parameters.model_validate_json(json.dumps(fields.get("parameters")))
    except (ValidationError, ValueError):
        raise _damaged("its parameters", place) from None
    parameters.require_hard()
    if parameters != STANDARD:
        raise RefusedParameters(
            "encryption parameters that this version does not use",
            value=parameters.model_dump_json(),
            place=place,
            remedy="Update masquerade.",
        )


def _damaged(what: str, place: object) -> DamagedCiphertext:
    return DamagedCiphertext(
        "the manifest is damaged", value=what, place=place, remedy="Copy the manifest from the owner again."
    )
