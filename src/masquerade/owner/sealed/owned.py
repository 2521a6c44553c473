"""A sealed gallery in its owner's hands: where its two parts are, and what the record says."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, final

from masquerade.errors import UsageError
from masquerade.files.opening import read_file
from masquerade.keys import Key
from masquerade.keys.opaque import Secret
from masquerade.owner.records import Records
from masquerade.owner.sealed.record import LARGEST, SealedRecord, from_bytes
from masquerade.owner.sealed.secret_key import SecretKey

POINTER: Final = "gallery.json"
PUBLIC: Final = "public"
FORMAT: Final = "masquerade sealed gallery of an owner"
_LARGEST_POINTER: Final = 64 << 10


@final
@dataclass(frozen=True)
class Pointer:
    """What lies beside the public part: which gallery it is, and where the owner's key was."""

    gallery: str
    key: Path

    @classmethod
    def read(cls, folder: Path) -> "Pointer":
        """The pointer in a gallery's folder.

        Raises:
            UsageError: If it is no such folder.
        """
        try:
            fields: Any = json.loads(read_file(folder / POINTER, _LARGEST_POINTER))
            known = fields["format"] == FORMAT
            pointer = cls(str(fields["gallery"]), Path(str(fields["key"])))
        except (OSError, ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise UsageError(
                "not a sealed gallery", place=folder, remedy="`masquerade sealed new` makes one."
            )
        return pointer

    def to_bytes(self) -> bytes:
        """The file."""
        fields = {"format": FORMAT, "gallery": self.gallery, "key": str(self.key)}
        return (json.dumps(fields, indent=1) + "\n").encode("ascii")


@final
@dataclass(frozen=True, eq=False)
class OwnedGallery:
    """A gallery with its owner's key.

    Args:
        folder: What ``sealed new`` made.
        key: The owner's key.
        records: The owner's records.
        record: What they say of the gallery.
        secret: SEAL's secret key.
    """

    folder: Path
    key: Key
    records: Records
    record: SealedRecord
    secret: Secret

    @classmethod
    def open(cls, folder: Path, key: Key, records: Records) -> "OwnedGallery":
        """The gallery in a folder.

        Raises:
            UsageError: If it is none, or there is no record of it.
            WrongKey: If it belongs to another key.
            CorruptKey: If the record is damaged.
        """
        pointer = Pointer.read(folder)
        path = record_path(records, pointer.gallery)
        try:
            data = read_file(path, LARGEST)
        except OSError as error:
            raise UsageError(
                "no record of this sealed gallery",
                value=error.strerror,
                place=path,
                remedy="It is among the records beside the key file that the gallery was made with, in the folder "
                ".records: name that key with --key, or restore a backup with `masquerade key restore`.",
            ) from None
        record, secret = from_bytes(data, pointer.gallery, key, path)
        return cls(folder, key, records, record, secret)

    @property
    def public(self) -> Path:
        """The folder of the public part."""
        return self.folder / PUBLIC

    @property
    def path(self) -> Path:
        """The record's file."""
        return record_path(self.records, self.record.gallery)

    def opened(self) -> SecretKey:
        """SEAL's secret key, ready."""
        return SecretKey(self.secret)

    def after(self, record: SealedRecord, secret: Secret | None = None) -> "OwnedGallery":
        """The same gallery in another state."""
        return replace(self, record=record, secret=secret or self.secret)


def record_path(records: Records, gallery: str) -> Path:
    """Where a gallery's record lies.

    Raises:
        UsageError: If that is no gallery's id.
    """
    if len(gallery) != 32 or not set(gallery) <= set("0123456789abcdef"):
        raise UsageError("not the id of a gallery", value=repr(gallery)[:80])
    return records.folder / f"{gallery}.sealed"
